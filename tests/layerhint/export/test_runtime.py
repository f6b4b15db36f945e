"""ONNX models in onnxruntime."""

from pathlib import Path

import numpy as np
import pytest
from onnx_nets import input_layer, make_net, run_caffe

from layerhint.export.convert import convert, read_deployed
from layerhint.export.preparation import Preparation
from layerhint.export.runtime import OnnxNet

NET = input_layer(1, 3, 6, 5) + (
    'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param { num_output: 4 } }\n'
    'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n'
)
PIXELS = np.random.default_rng(1).integers(256, size=(5, 3, 6, 5), dtype=np.uint8)


def test_outputs_come_in_the_order_that_is_asked_for(tmp_path: Path) -> None:
    net = OnnxNet(convert(read_deployed(*make_net(tmp_path, NET)), {}).SerializeToString(), threads=1)
    images = PIXELS.astype(np.float32) / 256
    fc, prob = net.forward(images, ["fc", "prob"])
    want = run_caffe(tmp_path, images)
    np.testing.assert_allclose(fc, want["fc"], rtol=1e-5)
    np.testing.assert_allclose(prob, want["prob"], rtol=1e-4)  # The exponential magnifies rounding.


@pytest.mark.parametrize("preparation", [None, Preparation(None, np.float32(1))])
def test_a_model_of_either_input_is_timed(preparation: Preparation | None, tmp_path: Path) -> None:
    deployed = read_deployed(*make_net(tmp_path, NET))
    net = OnnxNet(convert(deployed, {}, preparation).SerializeToString(), threads=1)
    assert net.dtype == (np.float32 if preparation is None else np.uint8)
    assert len(net.times(7)) >= 10
