"""`caffe test`, `caffe time` and `caffe device_query`."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from torchcaffe.layer_types.accuracy import AccuracyLayer
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.layer_types.dummy_data import DummyDataLayer
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.softmax_with_loss import SoftmaxWithLossLayer

Result = tuple[int, str]
Backward = Callable[[Layer, Blobs, Sequence[bool], Blobs], None]


def messages(err: str) -> list[str]:
    return [line.split("] ", 1)[1] for line in err.splitlines()]


def test_test_scores_a_net(caffe: Callable[..., Result], folder: Path) -> None:
    """Three batches of zeros as data: the scores are the biases, which training moved towards label 0."""
    assert caffe("train", "-solver", folder / "solver.prototxt")[0] == 0
    status, err = caffe(
        "test", "-model", folder / "net.prototxt", "-weights", folder / "s_iter_4.caffemodel", "-iterations", "3"
    )
    assert status == 0
    said = messages(err)
    start = said.index("Running for 3 iterations.")
    batches = {}
    for line in said[start + 1 : start + 7]:
        i, name, value = re.fullmatch(r"Batch (\d), (\w+) = (\S+)", line).groups()
        batches[int(i), name] = float(value)
    assert set(batches) == {(i, name) for i in range(3) for name in ("acc", "loss")}
    mean = sum(batches[i, "loss"] for i in range(3)) / 3
    loss, acc, weighted = said[start + 7 :]
    assert float(loss.removeprefix("Loss: ")) == pytest.approx(2 * mean, rel=1e-5)
    assert acc.startswith("acc = ")
    shown = re.fullmatch(r"loss = (\S+) \(\* 2 = (\S+) loss\)", weighted)
    assert float(shown[1]) == pytest.approx(mean, rel=1e-5)
    assert float(shown[2]) == pytest.approx(2 * mean, rel=1e-5)


@pytest.mark.parametrize("ending", ["", ".h5"])
def test_weights_of_another_net_are_told(
    caffe: Callable[..., Result], folder: Path, rewrite: Callable[[str, str, str], None], ending: str
) -> None:
    """Half of the net keeps its fillers' values; a caffemodel that holds the rest makes it whole."""
    rewrite("solver.prototxt", "random_seed: 3", "random_seed: 3" + (" snapshot_format: HDF5" if ending else ""))
    assert caffe("train", "-solver", folder / "solver.prototxt")[0] == 0
    whole, part = folder / f"s_iter_4.caffemodel{ending}", folder / f"t_iter_4.caffemodel{ending}"
    rewrite("net.prototxt", 'name: "ip"', 'name: "fc"')
    command = ["test", "-model", folder / "net.prototxt", "-iterations=1", "-weights"]
    status, err = caffe(*command, whole)
    assert status == 0
    assert warnings(err) == [
        f"1 of 2 layers with params are not in {whole} and keep their fillers' values: fc",
        f"1 layer(s) of {whole} with params are not in the net, and are not used: ip",
    ]
    rewrite("solver.prototxt", '/s"', '/t"')
    assert caffe("train", "-solver", folder / "solver.prototxt")[0] == 0
    status, err = caffe(*command, part)
    assert (status, warnings(err)) == (0, [])
    status, err = caffe(*command, f"{whole},{part}")
    assert (status, warnings(err)) == (0, []), "what a filled net leaves out, such as a teacher, is no matter"


def test_params_that_are_shared_or_given_lack_no_weights(
    caffe: Callable[..., Result], folder: Path, rewrite: Callable[[str, str, str], None]
) -> None:
    spec = 'type: "InnerProduct" param { name: "w" } param { name: "b" }'
    rewrite("net.prototxt", 'type: "InnerProduct"', spec)
    assert caffe("train", "-solver", folder / "solver.prototxt")[0] == 0
    layer = 'bottom: "drop" inner_product_param { num_output: 4 }'
    more = [f'layer {{ name: "shares" {spec} top: "shares" {layer} }}']
    given = "parameter_param { shape { dim: 3 } } blobs { shape { dim: 3 } data: 1 data: 2 data: 3 }"
    more += [f'layer {{ name: "given" type: "Parameter" top: "given" {given} }}']
    more += [f'layer {{ name: "free{i}" type: "InnerProduct" top: "f{i}" {layer} }}' for i in range(6)]
    net = folder / "net.prototxt"
    net.write_text(net.read_text() + "\n".join(more))
    status, err = caffe("test", "-model", net, "-iterations=1", "-weights", folder / "s_iter_4.caffemodel")
    assert status == 0
    assert warnings(err) == [
        f"6 of 10 layers with params are not in {folder}/s_iter_4.caffemodel and keep their fillers' values: "
        "free0, free1, free2, free3, free4, ..."
    ]


def warnings(err: str) -> list[str]:
    return [line.split("] ", 1)[1] for line in err.splitlines() if line.startswith("W")]


def test_time_measures_every_layer(caffe: Callable[..., Result], folder: Path) -> None:
    status, err = caffe("time", "-model", folder / "net.prototxt", "-iterations=2", "-phase=TEST")
    assert status == 0
    said = messages(err)
    for name in ("data", "conv", "drop", "ip", "loss", "acc"):
        for way in ("forward", "backward"):
            (line,) = (line for line in said if re.match(rf" *{name}\t{way}: ", line))
            assert float(re.search(r": (\S+) ms\.", line)[1]) >= 0
    passes = {}
    for line in said:
        if match := re.match(r"(Average \S+|Total)(?: pass| Time)?: (\S+) ms\.", line):
            passes[match[1]] = float(match[2])
    assert passes["Total"] == pytest.approx(2 * passes["Average Forward-Backward"], rel=1e-4)
    assert passes["Average Forward-Backward"] >= passes["Average Forward"] + passes["Average Backward"]
    assert [line for line in said if line.startswith("***")] == ["*** Benchmark begins ***", "*** Benchmark ends ***"]


def test_time_runs_every_layer_backward(
    caffe: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the two iterations that are measured; once before, as training does."""
    ran: list[str] = []
    for kind in (DummyDataLayer, ConvolutionLayer, AccuracyLayer, SoftmaxWithLossLayer):

        def run(
            layer: Layer, tops: Blobs, down: Sequence[bool], bottoms: Blobs, backward: Backward = kind.backward
        ) -> None:
            ran.append(layer.name)
            backward(layer, tops, down, bottoms)

        monkeypatch.setattr(kind, "backward", run)
    model = folder / "net.prototxt"
    model.write_text("debug_info: true " + model.read_text())
    status, err = caffe("time", "-model", model, "-iterations=2", "-phase=TEST")
    assert status == 0
    assert ran == ["loss", "conv"] + ["acc", "loss", "conv", "data"] * 2
    lines = messages(err)
    assert [line for line in lines if line.startswith("    [")]
    assert not [line for line in lines[lines.index("*** Benchmark begins ***") :] if line.startswith("    [")]


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens where there is no GPU")
def test_device_query_without_a_gpu(caffe: Callable[..., Result]) -> None:
    status, err = caffe("device_query")
    assert status == 0
    assert "sees no GPU here; nets run on the CPU" in err
    status, err = caffe("device_query", "-gpu", "0")
    assert status == 1
    assert "error: -gpu 0: PyTorch" in err


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_device_query_shows_the_gpu(caffe: Callable[..., Result]) -> None:
    status, err = caffe("device_query", "-gpu", "0")
    assert status == 0
    assert torch.cuda.get_device_name(0) in err
