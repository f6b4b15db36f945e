"""`caffe train`: what it says of caffemodels that do not suit the net, and how it is told that a net is meant so."""

from collections.abc import Callable
from pathlib import Path

import torchcaffe as caffe_module
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_caffemodel, write_binary

Result = tuple[int, str]
Rewrite = Callable[[str, str, str], None]
FREEZE = "param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 }"


def warnings(err: str) -> list[str]:
    return [line.partition("] ")[2] for line in err.splitlines() if line.startswith("W")]


def test_a_caffemodel_of_another_net_is_told_of(caffe: Callable[..., Result], folder: Path, rewrite: Rewrite) -> None:
    """Both have a layer named `data`, but that has no params."""
    solver, weights = folder / "solver.prototxt", folder / "s_iter_4.caffemodel"
    assert caffe("train", "-solver", solver)[0] == 0
    kept = folder / "kept.caffemodel"
    weights.rename(kept)
    assert warnings(caffe("train", "-solver", solver, "-weights", kept)[1]) == []
    rewrite("net.prototxt", 'name: "conv"', 'name: "conv_1"')
    assert warnings(caffe("train", "-solver", solver, "-weights", kept)[1]) == [], "a part of it is used"
    rewrite("net.prototxt", 'name: "ip"', 'name: "fc"')
    status, err = caffe("train", "-solver", solver, "-weights", f"{kept},{weights}")
    assert status == 0
    assert warnings(err) == [f"{kept} is not used: the net has none of its 2 layers with params (conv, ip)"]


def test_a_caffemodel_without_params_is_told_of(caffe: Callable[..., Result], folder: Path) -> None:
    """Its one layer is the net's too, and has none in either."""
    empty = folder / "empty.caffemodel"
    write_binary(empty, caffe_pb2.NetParameter(layer=[caffe_pb2.LayerParameter(name="data", type="DummyData")]))
    status, err = caffe("train", "-solver", folder / "solver.prototxt", "-weights", empty)
    assert status == 0
    assert warnings(err) == [f"{empty} is not used: it has no layer with params"]


def test_a_frozen_layer_may_stay_random_if_its_net_is_saved_first(
    caffe: Callable[..., Result], folder: Path, rewrite: Rewrite
) -> None:
    """As the refusal says."""
    solver = folder / "solver.prototxt"
    rewrite("net.prototxt", 'name: "conv"', f'name: "conv" {FREEZE}')
    status, err = caffe("train", "-solver", solver)
    assert status == 1
    assert err.splitlines()[-1].endswith(
        "If it is meant to stay so, save the net as it is, `import torchcaffe as caffe; caffe.Net(FILE, "
        "caffe.TRAIN).save('begin.caffemodel')`, and pass -weights begin.caffemodel"
    )
    begin = folder / "begin.caffemodel"
    caffe_module.Net(folder / "net.prototxt", caffe_module.TRAIN).save(begin)
    assert caffe("train", "-solver", solver, "-weights", begin)[0] == 0
    before, after = (read_caffemodel(file).layer for file in (begin, folder / "s_iter_4.caffemodel"))
    assert any(before[1].blobs[0].data)
    assert before[1].blobs == after[1].blobs, "conv is frozen"
    assert before[3].blobs != after[3].blobs, "ip learns"
