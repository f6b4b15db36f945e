"""Latency is measured in a process of its own, with the threads that are asked for."""

from pathlib import Path

import pytest
from onnx_nets import input_layer

from layerhint import engines
from layerhint.cost.latency import measure_latency
from layerhint.errors import LayerhintError

NET = input_layer(2, 3, 8, 7) + (
    'layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" '
    "convolution_param { num_output: 4 kernel_size: 3 } }\n"
    'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }\n'
)


@pytest.mark.slow
def test_a_net_without_weights_is_measured(tmp_path: Path) -> None:
    model = tmp_path / "net.prototxt"
    model.write_text(NET)
    latency = measure_latency(model, engines.get_engine("torch", "cpu"), threads=2)
    assert 0 < latency.milliseconds < 1000
    assert (latency.batch, latency.threads) == (1, 2)
    assert latency.runs >= 10
    assert latency.engine["name"] == "torch"
    assert latency.machine.endswith(("core", "cores"))


@pytest.mark.slow
def test_a_net_that_cannot_be_built_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "net.prototxt"
    model.write_text(NET.replace("Convolution", "Convolutoin"))
    with pytest.raises(LayerhintError, match="there is no layer type 'Convolutoin'"):
        measure_latency(model, engines.get_engine("torch", "cpu"))
