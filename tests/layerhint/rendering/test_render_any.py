"""What holds for every generated file, under every reading, width and data set."""

import re

import pytest
import yaml
from rendering import layers, own

from layerhint.rendering.render import render
from layerhint.trainings.architecture import ResNet
from torchcaffe.proto.text import parse_net, parse_solver

STOCK = {
    "Accuracy",
    "BatchNorm",
    "Concat",
    "Convolution",
    "Data",
    "Eltwise",
    "EuclideanLoss",
    "InnerProduct",
    "Input",
    "Log",
    "Pooling",
    "Power",
    "ReLU",
    "Reduction",
    "Scale",
    "Softmax",
    "SoftmaxWithLoss",
}
OTHER_READINGS = {
    "shortcut": "projection",
    "mean": "channel",
    "hint_layers": "first_of_size",
    "middle_layer": "stage2_end",
    "hint_plus_layer": "pool",
    "regressor_kernel": 3,
    "soft_target_factor": "tau_squared",
    "true_label_term": "softened",
}


@pytest.fixture(scope="module", params=["default", "other", "wide", "mnist"])
def any_files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("experiment")
    match request.param:
        case "default":
            return render(own(folder))
        case "other":
            return render(own(folder, OTHER_READINGS, student={"depth": 14}))
        case "wide":
            filters = [80, 160, 320]
            return render(own(folder, dataset="cifar100", teacher={"depth": 14, "filters": filters}))
        case _:
            return render(own(folder, {"input_scale": "unit"}, dataset="mnist", methods=["proposed"]))


def test_every_file_is_tidy(any_files: dict[str, str]) -> None:
    for path, text in any_files.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert "\n\n\n" not in text, path
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), path
        assert "\t" not in text, path
        assert text.isascii(), path


def test_nets_are_made_of_stock_layers(any_files: dict[str, str]) -> None:
    nets = [text for path, text in any_files.items() if path.endswith(("train.prototxt", "test.prototxt"))]
    assert nets
    for text in nets:
        assert {layer.type for layer in layers(text).values()} <= STOCK


def test_every_bottom_was_a_top_before(any_files: dict[str, str]) -> None:
    for path, text in any_files.items():
        if path.endswith(".prototxt") and "solver" not in path:
            tops: set[str] = set()
            for layer in parse_net(text).layer:
                assert set(layer.bottom) <= tops, (path, layer.name)
                tops |= set(layer.top)


def test_a_frozen_teacher_does_not_move_and_the_student_does(any_files: dict[str, str]) -> None:
    params = {"Convolution": 1, "BatchNorm": 3, "Scale": 2, "InnerProduct": 2}
    for path, text in any_files.items():
        if not path.endswith("train.prototxt"):
            continue
        for name, layer in layers(text).items():
            specs = [(spec.lr_mult, spec.decay_mult) for spec in layer.param]
            statistics = layer.type == "BatchNorm" or name.endswith("/subsample")
            if name.startswith("teacher/") or statistics:
                assert specs == [(0, 0)] * params.get(layer.type, 0), (path, name)
            else:
                assert specs == [], (path, name)
            if layer.type == "BatchNorm":
                frozen = layer.batch_norm_param
                assert frozen.use_global_stats == name.startswith("teacher/"), (path, name)
                assert frozen.HasField("use_global_stats") == name.startswith("teacher/"), (path, name)
                assert frozen.eps == pytest.approx(1e-5)


def test_layers_are_those_of_the_architecture(any_files: dict[str, str]) -> None:
    """Names and order as `ResNet.layer_names` lists them, in the student and, with its prefix, in the teacher."""
    for path, text in any_files.items():
        if path.endswith("stage2_train.prototxt"):
            names = list(layers(text))
            first, last = names.index("conv1"), names.index("fc")
            shortcut = "zero_pad" if "res2_1/subsample" in names else "projection"
            depth = 14 if "res1_2/sum" in names else 8
            student = ResNet(depth, (16, 32, 64), 3, 32, 10, shortcut).layer_names()  # type: ignore[arg-type]
            teacher = ResNet(14, (16, 32, 64), 3, 32, 10, shortcut).layer_names()  # type: ignore[arg-type]
            assert tuple(names[first : last + 1]) == student
            assert tuple(names[last + 1 : names.index("teacher/fc") + 1]) == tuple(f"teacher/{n}" for n in teacher)


def test_every_solver_and_surgery_file_points_at_files_that_are_rendered(any_files: dict[str, str]) -> None:
    made = {yaml.safe_load(text)["output"] for path, text in any_files.items() if path.endswith(".yaml")}
    for path, text in any_files.items():
        if path.endswith("solver.prototxt"):
            solver = parse_solver(text)
            assert {solver.train_net, *solver.test_net} <= any_files.keys()
            made.add(f"{solver.snapshot_prefix}_iter_{solver.max_iter}.caffemodel")
    for path, text in any_files.items():
        if path.endswith(".yaml"):
            surgery = yaml.safe_load(text)
            assert set(surgery) == {"net", "seed", "output", "sources", "random"}
            assert surgery["net"] in any_files
            assert {source["weights"] for source in surgery["sources"]} <= made
