"""The pycaffe interface: nets. What Caffe's own python tests check, and what a notebook does."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.errors import NetError, ProtoError
from torchcaffe.glog import logger

NET = """name: "testnet" force_backward: true
layer { type: "DummyData" name: "data" top: "data" top: "label" dummy_data_param {
        shape { dim: 5 dim: 2 dim: 3 dim: 4 } shape { dim: 5 dim: 1 dim: 1 dim: 1 }
        data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" } } }
layer { type: "Convolution" name: "conv" bottom: "data" top: "conv"
        convolution_param { num_output: 11 kernel_size: 2 pad: 3 weight_filler { type: "gaussian" std: 1 }
        bias_filler { type: "constant" value: 2 } } param { decay_mult: 1 } param { decay_mult: 0 } }
layer { type: "InnerProduct" name: "ip" bottom: "conv" top: "ip_blob" inner_product_param { num_output: 13
        weight_filler { type: "gaussian" std: 2.5 } bias_filler { type: "constant" value: -3 } } }
layer { type: "SoftmaxWithLoss" name: "loss" bottom: "ip_blob" bottom: "label" top: "loss" loss_weight: 2 }
"""
DEPLOY = """name: "deploy"
layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { type: "Power" name: "double" bottom: "x" top: "two" power_param { scale: 2 } }
layer { type: "Power" name: "shift" bottom: "two" top: "y" power_param { shift: 1 } }
"""


@pytest.fixture
def net_file(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path / "net.prototxt"


@pytest.fixture
def net(net_file: Path) -> caffe.Net:
    net = caffe.Net(str(net_file), caffe.TRAIN)
    net.blobs["label"].data[...] = np.arange(5).reshape(5, 1, 1, 1)
    return net


@pytest.fixture
def deploy(tmp_path: Path) -> caffe.Net:
    (tmp_path / "deploy.prototxt").write_text(DEPLOY)
    return caffe.Net(str(tmp_path / "deploy.prototxt"), caffe.TEST)


def test_init_log_shows_lines_once(net_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    try:
        caffe.init_log(2, True)
        caffe.Net(str(net_file), caffe.TRAIN)
        assert capsys.readouterr().err == ""
        caffe.init_log()
        caffe.Net(str(net_file), caffe.TRAIN)
        assert capsys.readouterr().err.count("] Creating Layer conv\n") == 1
    finally:
        logger.handlers = handlers
        logger.setLevel(level)
        logger.propagate = propagate


def test_names(net: caffe.Net) -> None:
    assert net.name == "testnet"
    assert list(net._layer_names) == ["data", "conv", "ip", "loss"]
    assert list(net.blobs) == ["data", "label", "conv", "ip_blob", "loss"]
    assert list(net.params) == ["conv", "ip"]
    assert (net.inputs, net.outputs) == ([], ["loss"])
    assert net.top_names == OrderedDict(data=["data", "label"], conv=["conv"], ip=["ip_blob"], loss=["loss"])
    bottoms = OrderedDict(data=[], conv=["data"], ip=["conv"], loss=["ip_blob", "label"])
    assert net.bottom_names == bottoms
    assert net.blob_loss_weights["loss"] == 2
    assert [layer.type for layer in net.layers] == ["DummyData", "Convolution", "InnerProduct", "SoftmaxWithLoss"]
    assert net.layer_dict["ip"].blobs[1].shape == (13,)


def test_blobs(net: caffe.Net) -> None:
    data = net.blobs["data"]
    assert (data.shape, data.count) == ((5, 2, 3, 4), 120)
    assert (data.num, data.channels, data.height, data.width) == (5, 2, 3, 4)
    bias = net.params["conv"][1]
    assert (bias.shape, bias.num, bias.channels, bias.width) == ((11,), 11, 1, 1)
    assert len(net.params["conv"]) == 2
    assert [p.data.dtype for p in net.params["conv"]] == [np.float32, np.float32]
    assert (bias.data == 2).all()


def test_params_are_written_through_and_keep_their_arrays(net: caffe.Net) -> None:
    weights = net.params["ip"][0].data
    weights[...] = 0
    net.params["ip"][1].data[...] = np.arange(13)
    scores = net.forward(blobs=["ip_blob"])["ip_blob"]
    np.testing.assert_array_equal(scores, np.tile(np.arange(13), (5, 1)))
    weights[3] = 1
    sums = net.forward(["conv", "ip_blob"])
    np.testing.assert_allclose(sums["ip_blob"][:, 3], sums["conv"].reshape(5, -1).sum(1) + 3, rtol=1e-4)


def test_forward_start_end(net: caffe.Net) -> None:
    sample = np.random.default_rng(1).uniform(size=net.blobs["conv"].shape)
    net.blobs["conv"].data[...] = sample
    (name, values), *rest = net.forward(start="ip", end="ip").items()
    assert (name, rest) == ("ip_blob", [])
    weights, bias = (p.data for p in net.params["ip"])
    np.testing.assert_allclose(values, sample.reshape(5, -1) @ weights.T + bias, rtol=1e-4, atol=1e-4)
    assert net.blobs["ip_blob"].data is not None


def test_backward_start_end(net: caffe.Net) -> None:
    net.forward()
    diff = np.random.default_rng(1).uniform(size=(5, 13)).astype(np.float32)
    net.blobs["ip_blob"].diff[...] = diff
    back = net.backward(start="ip", end="ip")
    assert set(back) == {"conv"}
    expected = (diff @ net.params["ip"][0].data).reshape(net.blobs["conv"].shape)
    np.testing.assert_allclose(back["conv"], expected, rtol=1e-4, atol=1e-5)


def test_backward_fills_and_clear_empties_param_diffs(net: caffe.Net) -> None:
    net.forward()
    net.backward()
    once = net.params["conv"][0].diff.copy()
    assert once.any()
    net.backward()
    np.testing.assert_allclose(net.params["conv"][0].diff, 2 * once, rtol=1e-5)
    net.clear_param_diffs()
    assert not net.params["conv"][0].diff.any()


def test_layer_types_are_listed() -> None:
    assert {"Convolution", "Data", "InnerProduct", "Python"} <= set(caffe.layer_type_list())


def test_inputs_by_keyword(deploy: caffe.Net) -> None:
    assert (deploy.inputs, deploy.outputs) == (["x"], ["y"])
    x = np.arange(12).reshape(4, 3)
    out = deploy.forward(x=x)
    np.testing.assert_array_equal(out["y"], 2 * x + 1)
    both = deploy.forward(["two"], x=x + 1)
    assert set(both) == {"two", "y"}
    np.testing.assert_array_equal(deploy.forward(end="double")["two"], 2 * (x + 1))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [({"z": (4, 3)}, "arguments z are not the net's inputs, x"), ({"x": (5, 3)}, "'x' got 5 items.* batch is 4")],
)
def test_wrong_inputs_are_refused(deploy: caffe.Net, inputs: dict[str, tuple[int, int]], said: str) -> None:
    with pytest.raises(NetError, match=said):
        deploy.forward(**{name: np.zeros(shape) for name, shape in inputs.items()})


def test_unknown_names_are_refused_with_the_nearest(deploy: caffe.Net) -> None:
    with pytest.raises(NetError, match=r"no layer 'dubble'\. Did you mean 'double'"):
        deploy.forward(end="dubble")
    with pytest.raises(NetError, match=r"no blob 'twoo'\. Did you mean 'two'"):
        deploy.forward(["twoo"])


@pytest.mark.parametrize("count", [1, 3, 4, 6, 8, 11])
def test_forward_all_takes_any_number_of_items(deploy: caffe.Net, count: int) -> None:
    x = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    out = deploy.forward_all(blobs=["two"], x=x)
    np.testing.assert_allclose(out["y"], 2 * x + 1, rtol=1e-6)
    np.testing.assert_allclose(out["two"], 2 * x, rtol=1e-6)


def test_a_loss_is_one_number_a_batch(tmp_path: Path) -> None:
    zero = 'layer { name: "zero" type: "DummyData" top: "zero" dummy_data_param { shape { dim: 4 dim: 3 } } }\n'
    loss = 'layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "zero" top: "loss" }\n'
    (tmp_path / "net.prototxt").write_text("force_backward: true\n" + DEPLOY + zero + loss)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    x = np.arange(12).reshape(4, 3)
    assert float(net.forward(x=x)["loss"]) == ((2 * x + 1) ** 2).sum() / 8
    np.testing.assert_allclose(net.backward(loss=3)["x"], 3 * 2 * (2 * x + 1) / 4)
    with pytest.raises(NetError, match="blob 'loss' is one number a batch"):
        net.forward_all(x=x)


def test_forward_backward_all(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text("force_backward: true\n" + DEPLOY)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    rng = np.random.default_rng(2)
    x, dy = rng.normal(size=(7, 3)).astype(np.float32), rng.normal(size=(7, 3)).astype(np.float32)
    values, diffs = net.forward_backward_all(diffs=["two"], x=x, y=dy)
    np.testing.assert_allclose(values["y"], 2 * x + 1, rtol=1e-6)
    np.testing.assert_allclose(diffs["x"], 2 * dy, rtol=1e-6)
    np.testing.assert_allclose(diffs["two"], dy, rtol=1e-6)


def test_batches_by_the_name_that_scripts_know(deploy: caffe.Net) -> None:
    items = np.ones((7, 3), np.float32)
    parts = list(deploy._batch({"x": items}))
    size = deploy.blobs["x"].shape[0]
    assert len(parts) == -(-7 // size)
    assert all(part["x"].shape == (size, 3) for part in parts)
    assert np.concatenate([part["x"] for part in parts])[:7].all()


def test_the_diff_of_a_loss_that_is_written_counts(net: caffe.Net) -> None:
    """In what forward gives and in the gradients, as in the real Caffe, also at the next forward."""
    last = len(net.layers) - 1
    weight = float(net.blobs["loss"].diff)
    assert net._forward(0, last) == pytest.approx(weight * float(net.blobs["loss"].data))
    net.backward()
    grad = net.blobs["ip_blob"].diff.copy()
    net.blobs["loss"].diff[...] *= 3
    net.backward()
    np.testing.assert_allclose(net.blobs["ip_blob"].diff, 3 * grad, rtol=1e-6, atol=1e-30)  # Some are subnormal.
    for _ in range(2):
        assert net._forward(0, last) == pytest.approx(3 * weight * float(net.blobs["loss"].data))


def test_reshape_of_an_input(deploy: caffe.Net) -> None:
    deploy.blobs["x"].reshape(2, 5)
    deploy.reshape()
    assert deploy.blobs["y"].shape == (2, 5)
    np.testing.assert_array_equal(deploy.forward(x=np.ones((2, 5)))["y"], np.full((2, 5), 3))
    deploy.blobs["x"].reshape(1, 7)
    np.testing.assert_array_equal(deploy.forward(x=np.ones((1, 7)))["y"], np.full((1, 7), 3))


def test_callbacks(deploy: caffe.Net) -> None:
    seen: list[str] = []
    deploy.before_forward(lambda i: seen.append(f"before {i}"))
    deploy.after_forward(lambda i: seen.append(f"after {i}"))
    deploy.forward(start="double", end="double")
    assert seen == ["before 1", "after 1"]


@pytest.mark.parametrize("form", ["binary", "hdf5"])
def test_save_and_read(net: caffe.Net, net_file: Path, tmp_path: Path, form: str) -> None:
    file = str(tmp_path / "saved")
    if form == "binary":
        net.save(file)
    else:
        net.save_hdf5(file)
    others = [
        caffe.Net(str(net_file), file, caffe.TRAIN),
        caffe.Net(str(net_file), caffe.TRAIN, weights=file),
        caffe.Net(network_file=str(net_file), phase=caffe.TEST, weights=file),
        caffe.Net(net_file, caffe.TRAIN, 0, None, file),
        caffe.Net(net_file, caffe.TRAIN),
    ]
    if form == "binary":
        others[-1].copy_from(file)
    else:
        others[-1].load_hdf5(file)
    for other in others:
        for name in net.params:
            for mine, its in zip(net.params[name], other.params[name], strict=True):
                np.testing.assert_array_equal(mine.data, its.data)


def test_share_with(net: caffe.Net, net_file: Path) -> None:
    other = caffe.Net(str(net_file), caffe.TEST)
    other.share_with(net)
    net.params["ip"][1].data[...] = 7
    assert (other.params["ip"][1].data == 7).all()


def test_level_and_stages(tmp_path: Path) -> None:
    layers = [
        f'layer {{ name: "{name}" type: "DummyData" top: "{name}" dummy_data_param {{ shape {{ dim: 2 }} }} {rule} }}'
        for name, rule in [
            ("any", ""),
            ("level0", "include { max_level: 0 }"),
            ("level1", "include { min_level: 1 }"),
            ("a", 'include { stage: "A" }'),
            ("not_a", 'exclude { stage: "A" }'),
            ("test", "include { phase: TEST }"),
        ]
    ]
    file = tmp_path / "net.prototxt"
    file.write_text("\n".join(layers))
    assert list(caffe.Net(str(file), caffe.TEST).blobs) == ["any", "level0", "not_a", "test"]
    assert list(caffe.Net(str(file), caffe.TRAIN, level=1).blobs) == ["any", "level1", "not_a"]
    assert list(caffe.Net(str(file), caffe.TRAIN, stages=["A"]).blobs) == ["any", "level0", "a"]


def test_mistakes_in_making_a_net(tmp_path: Path, net_file: Path) -> None:
    with pytest.raises(ProtoError, match="no such file"):
        caffe.Net(str(tmp_path / "absent.prototxt"), caffe.TEST)
    with pytest.raises(ProtoError, match="no such file"):
        caffe.Net(str(net_file), str(tmp_path / "absent.caffemodel"), caffe.TEST)
    with pytest.raises(NetError, match="needs a phase"):
        caffe.Net(str(net_file))


def test_arrays_outlive_their_net(net: caffe.Net) -> None:
    blobs = [*net.blobs.values(), *(p for params in net.params.values() for p in params)]
    arrays = [(blob.data, blob.diff) for blob in blobs]
    del net
    assert np.isfinite(sum(float(data.sum() + diff.sum()) for data, diff in arrays))
