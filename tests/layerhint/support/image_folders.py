"""What the tests of data sets of one's own share: a small folder of images, and its protocol."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from layerhint.experiments.experiment import load_experiment
from layerhint.experiments.protocol_file import read_protocol

COUNTS = {"train": {"ant": 3, "bee": 2}, "test": {"ant": 1, "bee": 2}}
SIZE = 8


def pixels(split: str, label: str, number: int) -> np.ndarray:
    """The image (3, SIZE, SIZE) that `write_folder` writes there."""
    seed = [("train", "test").index(split), ("ant", "bee").index(label), number]
    return np.random.default_rng(seed).integers(0, 256, (3, SIZE, SIZE), dtype=np.uint8)


def write_folder(folder: Path) -> Path:
    for split, classes in COUNTS.items():
        for label, count in classes.items():
            (folder / split / label).mkdir(parents=True)
            for number in range(count):
                save(folder / split / label / f"{number}.png", pixels(split, label, number))
    return folder


def save(path: Path, image: np.ndarray, **options: Any) -> Path:
    """Writes (channels, height, width), or (height, width), in the format of the path's ending."""
    Image.fromarray(image.transpose(1, 2, 0) if image.ndim == 3 else image).save(path, **options)
    return path


def write_protocol(path: Path, source: dict[str, Any], images: dict[str, Any] | None = None, **changes: Any) -> Path:
    """The numbers of CIFAR-10 under another name, with images of SIZE pixels, two of padding."""
    content = load_experiment("table1").protocol.model_dump(by_alias=True, mode="json")
    content |= {"dataset": "insects", "title": "Insects", "classes": 2, "source": source, **changes}
    content["images"] |= {"size": SIZE, "pad": 2, "train": 5, "test": 3} | (images or {})
    content["batch_size"]["test"] = 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    read_protocol(path)
    return path
