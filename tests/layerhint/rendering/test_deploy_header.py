"""What the header of a deploy net says of the images that it takes."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from image_folders import write_protocol

from layerhint.experiments.experiment import load_experiment
from layerhint.rendering.render import render

FILE = "generated/insects/resnet8/plain/deploy.prototxt"


def header(folder: Path, source: dict[str, Any], images: dict[str, Any], reading: str = "unit") -> str:
    """The comment about the blob data, on one line."""
    switches = {"shortcut": ["zero_pad"], "mean": ["pixel"], "input_scale": [reading]}
    write_protocol(folder / "protocols/insects.yaml", {"folder": "images", **source}, images, switches=switches)
    content = {"title": "Own", "dataset": "insects", "teacher": {"depth": 14}, "student": {"depth": 8}}
    (folder / "own.yaml").write_text(yaml.safe_dump({**content, "methods": ["kd"], "nets": 1}), encoding="utf-8")
    lines = render(load_experiment(folder / "own.yaml"))[FILE].splitlines()
    comment = " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))
    return comment.partition("as the test net sees them: ")[2].partition(". The blob prob")[0]


MEAN = "less the mean image of data/insects/mean_pixel_test.binaryproto"


@pytest.mark.parametrize(
    ("source", "images", "reading", "said"),
    [
        ({}, {"scale": 0.5}, "unit", f"values from 0 to 255, channels red, green, blue, {MEAN}, times 0.5"),
        ({}, {"scale": 0.5}, "raw", f"values from 0 to 255, channels red, green, blue, {MEAN}"),
        (
            {"order": "bgr"},
            {"scale": 0.5, "subtract_mean": False},
            "unit",
            "values from 0 to 255, channels blue, green, red, times 0.5",
        ),
        ({"order": "bgr"}, {"channels": 1, "subtract_mean": False}, "raw", "values from 0 to 255"),
    ],
)
def test_mean_and_scale_and_the_order_of_the_channels(
    tmp_path: Path, source: dict[str, Any], images: dict[str, Any], reading: str, said: str
) -> None:
    assert header(tmp_path, source, images, reading) == said
