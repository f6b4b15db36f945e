"""The data set that a protocol is for."""

from pathlib import Path

from layerhint.datasets.facts import Facts
from layerhint.datasets.own.image_folder import ImageFolder
from layerhint.datasets.state import Dataset
from layerhint.experiments.protocol import Protocol


def dataset_of(protocol: Protocol) -> Dataset:
    """A published data set's name, or the folder that the protocol names as the images' source."""
    source, images = protocol.source, protocol.images
    if source is None:
        return protocol.dataset
    return ImageFolder(
        facts=Facts(
            name=protocol.dataset,
            title=protocol.title,
            channels=images.channels,
            size=images.size,
            pad=images.pad,
            classes=protocol.classes,
            has_mean=images.subtract_mean,
        ),
        path=Path(source.folder),
        fit=source.fit,
        order=source.order,
        mean=source.mean,
        counts=(images.train, images.test),
    )
