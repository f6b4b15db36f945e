"""Sample images: a few of each class of a data set's LMDB, for the report."""

import base64
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from layerhint.datasets.manifest import dataset_fingerprint, read_manifest
from layerhint.records import ids
from layerhint.records.sample_sheet import SampleImagesResult, Strip
from layerhint.steps.step import Context, Step
from torchcaffe.data.db import DatumReader

Image = npt.NDArray[np.uint8]
EACH, EACH_OF_MANY, MANY = 3, 1, 20
GAP = 2
WHITE = 255
_BATCH = 500
_NAMES = {
    "cifar10": ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
}
"""The publishers' names of labels 0, 1, ...; CIFAR-100's hundred are too many to show, MNIST's are the digits."""


class SampleImages(Step):
    """Takes the first three images of each class from the test LMDB, or the first one where there are many classes."""

    kind = SampleImagesResult.kind

    def __init__(self, dataset: str, title: str, data: Path) -> None:
        super().__init__(ids.samples(dataset), (ids.data(dataset),))
        self.dataset = dataset
        self.title = title
        self.folder = data / dataset

    def inputs(self, context: Context) -> dict[str, str]:
        return {"data": dataset_fingerprint(self.folder)}

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return ()

    def execute(self, context: Context) -> SampleImagesResult:
        manifest = read_manifest(self.folder)
        if manifest is None:
            raise RuntimeError(f"{self.folder} has lost its manifest since the data set was made")
        database = Path(context.workspace.layout.database(self.dataset, "test"))
        count = EACH if manifest.classes <= MANY else EACH_OF_MANY
        samples = _first_of_each(database, manifest.classes, count)
        own = manifest.folder
        names = own.labels if own else _NAMES.get(self.dataset, ())
        backwards = own is not None and own.settings.get("order") == "bgr"
        return SampleImagesResult(
            dataset=self.dataset,
            title=self.title,
            database=database.as_posix(),
            size=max((image.shape[1] for images in samples.values() for image in images), default=0),
            classes=tuple(
                Strip(
                    label=label,
                    name=names[label] if label < len(names) else "",
                    count=len(images),
                    png=_strip(images, backwards),
                )
                for label, images in sorted(samples.items())
            ),
        )


def _first_of_each(source: Path, classes: int, count: int) -> dict[int, list[Image]]:
    """The first `count` images (C, H, W) of each class, in the LMDB's order; or all that there are."""
    reader = DatumReader(source, "sample images")
    samples: dict[int, list[Image]] = {}
    for start in range(0, len(reader), _BATCH):
        batch = reader.read(min(_BATCH, len(reader) - start))
        for image, label in zip(batch.images, batch.labels.astype(int), strict=True):
            images = samples.setdefault(int(label), [])
            if len(images) < count:
                images.append(np.asarray(image, dtype=np.uint8))
        if len(samples) == classes and all(len(images) == count for images in samples.values()):
            return samples
    return samples


def _strip(images: list[Image], backwards: bool) -> str:
    """The images side by side as a PNG in base64; `backwards` says that their channels are blue, green, red."""
    from PIL import Image as Pillow

    channels, height, _ = images[0].shape
    gap = np.full((channels, height, GAP), WHITE, np.uint8)
    joined = np.concatenate([part for image in images for part in (gap, image)][1:], axis=2)
    planes = joined[::-1] if backwards else joined
    stream = io.BytesIO()
    picture = Pillow.fromarray(planes[0] if channels == 1 else np.ascontiguousarray(planes.transpose(1, 2, 0)))
    picture.save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode("ascii")
