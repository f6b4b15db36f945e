"""What the tests of rendering share: the paper's Table 1, an experiment of one's own, a net's layers by name."""

from pathlib import Path
from typing import Any

import yaml

from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.rendering.render import render
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net


def table1(**overrides: Any) -> dict[str, str]:
    return render(load_experiment("table1", overrides))


def own(tmp_path: Path, overrides: dict[str, Any] | None = None, **changes: Any) -> Experiment:
    content: dict[str, Any] = {
        "title": "One's own",
        "dataset": "cifar10",
        "teacher": {"depth": 14},
        "student": {"depth": 8},
        "methods": ["kd", "hint-kd", "hint-kd-plus", "proposed", "concurrent"],
        "nets": 1,
    }
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf-8")
    return load_experiment(path, overrides)


def layers(text: str) -> dict[str, caffe_pb2.LayerParameter]:
    found = parse_net(text).layer
    by_name = {layer.name: layer for layer in found}
    assert len(by_name) == len(found), "two layers of one name"
    return by_name
