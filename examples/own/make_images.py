"""Writes a folder of images for the walkthrough in docs/your-own.md: four classes of the CIFAR-10 sample, as PNG files.

python examples/own/make_images.py FOLDER
"""

import argparse
from pathlib import Path

from PIL import Image

from layerhint.datasets.progress import silent
from layerhint.datasets.published import Published

CLASSES = {2: "bird", 3: "cat", 8: "ship", 9: "truck"}


def main(folder: Path) -> None:
    read = Published("cifar10", downloads=folder, source=None, sample=True).read(silent)
    for split, images in (("train", read.images.train), ("test", read.images.test)):
        for number, (pixels, label) in enumerate(zip(images.images, images.labels, strict=True)):
            if label in CLASSES:
                file = folder / split / CLASSES[label] / f"{number:04d}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels.transpose(1, 2, 0)).save(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes four classes of the CIFAR-10 sample as a folder of PNG files.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write train/CLASS/ and test/CLASS/")
    main(parser.parse_args().folder)
