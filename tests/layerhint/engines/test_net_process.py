"""A net in a process of its own gives what it gives in this one."""

from pathlib import Path

import numpy as np
import pytest
from onnx_nets import input_layer, make_net, run_caffe

from layerhint import engines
from layerhint.engines.net_process import NetProcess
from layerhint.errors import LayerhintError

NET = input_layer(2, 3, 6, 5) + (
    'layer { name: "bn" type: "BatchNorm" bottom: "x" top: "bn" batch_norm_param { eps: 0 } }\n'
    'layer { name: "fc" type: "InnerProduct" bottom: "bn" top: "fc" inner_product_param { num_output: 4 } }\n'
    'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n'
)
IMAGES = np.random.default_rng(1).normal(size=(5, 3, 6, 5)).astype(np.float32)


@pytest.mark.slow
def test_batches_of_any_size_go_through(tmp_path: Path) -> None:
    model, weights = make_net(tmp_path, NET)
    with NetProcess(engines.get_engine("torch", "cpu"), model, weights, threads=1) as net:
        for size in (5, 2):
            fc, prob = net.forward(IMAGES[:size], ["fc", "prob"])
            want = run_caffe(tmp_path, IMAGES[:size])
            np.testing.assert_allclose(fc, want["fc"], rtol=1e-6)
            np.testing.assert_allclose(prob, want["prob"], rtol=1e-6)
        times = net.times(7)
    assert len(times) >= 10
    assert min(times) > 0


@pytest.mark.slow
def test_without_weights_batch_norm_leaves_values_as_they_are(tmp_path: Path) -> None:
    """Mean 0, variance 1 and eps 0; its statistics as they begin would divide by 0."""
    model, _ = make_net(tmp_path, NET)
    with NetProcess(engines.get_engine("torch", "cpu"), model, None, threads=1) as net:
        (values,) = net.forward(IMAGES, ["bn"])
    np.testing.assert_array_equal(values, IMAGES)


@pytest.mark.slow
def test_a_refused_net_is_one_message(tmp_path: Path) -> None:
    model, _ = make_net(tmp_path, NET)
    (tmp_path / "damaged.caffemodel").write_bytes(b"\x00" * 40)
    engine = engines.get_engine("torch", "cpu")
    with (
        pytest.raises(
            LayerhintError, match=r"net\.prototxt: cannot read .*damaged\.caffemodel: it is not a caffemodel"
        ),
        NetProcess(engine, model, tmp_path / "damaged.caffemodel", threads=1) as net,
    ):
        net.forward(IMAGES, ["fc"])


@pytest.mark.parity
def test_a_real_caffe_gives_what_torchcaffe_gives(tmp_path: Path) -> None:
    model, weights = make_net(tmp_path, NET)
    with NetProcess(engines.get_engine("caffe", "cpu"), model, weights, threads=1) as net:
        (fc,) = net.forward(IMAGES, ["fc"])
        assert len(net.times(3)) >= 10
    np.testing.assert_allclose(fc, run_caffe(tmp_path, IMAGES)["fc"], rtol=1e-5)


@pytest.mark.parity
def test_what_a_real_caffe_refuses_is_told_in_words(tmp_path: Path) -> None:
    model, _ = make_net(tmp_path, NET)
    _, weights = make_net(tmp_path, NET.replace("num_output: 4", "num_output: 6"), name="wider")
    engine = engines.get_engine("caffe", "cpu")
    with (
        pytest.raises(LayerhintError, match="param 0 of layer 'fc' has the shape"),
        NetProcess(engine, model, weights, threads=1) as net,
    ):
        net.forward(IMAGES, ["fc"])
