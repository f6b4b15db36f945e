"""What the tests of layers share: nets from prototxt with arrays as inputs, and the gradient check."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
import torch

from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net

STEP = 1e-5


def _build(
    text: str,
    phase: int = caffe_pb2.TRAIN,
    dtype: torch.dtype = torch.float64,
    force_backward: bool = True,
    **inputs: np.ndarray,
) -> Net:
    """A net of Input layers, one for each array, named as the array is, and then the layers in `text`."""
    heads = ""
    for name, values in inputs.items():
        shape = " ".join(f"dim: {d}" for d in np.shape(values))
        heads += f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {shape} }} }} }}\n'
    param = parse_net(heads + text)
    param.force_backward = force_backward
    param.state.phase = phase
    net = Net(param, device=torch.device("cpu"), dtype=dtype)
    for name, values in inputs.items():
        net.blob(name).data = torch.from_numpy(np.array(values)).to(dtype)
    return net


def _backward(net: Net, diffs: dict[str, np.ndarray]) -> None:
    """Runs the net backward from these gradients of some blobs, its params' diffs cleared before."""
    for param in net.params.learnable:
        param.blob.diff.zero_()
    for name, values in diffs.items():
        net.blob(name).diff = torch.as_tensor(values, dtype=net.place.dtype)
    net.backward()


def _check_gradients(net: Net, bottoms: Iterable[str], tops: Iterable[str] | None = None) -> None:
    """Compares backward with central differences, for these inputs and all params, in float64.

    The objective is a random weighting of the net's outputs (or of `tops`). Each forward starts from one
    state of the generator, so that what is drawn at random stays the same.
    """
    rng = np.random.default_rng(5)
    state = net.place.rng.state
    net.forward()
    names = list(tops) if tops is not None else [name for name, _, _ in net.outputs()]
    weights = {name: torch.from_numpy(np.array(rng.normal(size=net.blob(name).shape))) for name in names}
    _backward(net, weights)

    def objective() -> float:
        net.place.rng.state = state
        net.forward()
        return sum(float((net.blob(name).data * weight).sum()) for name, weight in weights.items())

    checked = [(name, net.blob(name)) for name in bottoms]
    checked += [(f"{p.layer}[{p.index}]", p.blob) for p in net.params.learnable if p.lr_mult != 0]
    assert checked
    for name, blob in checked:
        got = blob.diff.clone().numpy()
        flat = blob.data.view(-1)
        wanted = np.empty(blob.count)
        for i in range(blob.count):
            value = float(flat[i])
            flat[i] = value + STEP
            above = objective()
            flat[i] = value - STEP
            wanted[i] = (above - objective()) / (2 * STEP)
            flat[i] = value
        np.testing.assert_allclose(got, wanted.reshape(blob.shape), rtol=1e-6, atol=1e-8, err_msg=name)


@pytest.fixture
def build() -> Callable[..., Net]:
    return _build


@pytest.fixture
def run_backward() -> Callable[..., None]:
    return _backward


@pytest.fixture
def check_gradients() -> Callable[..., None]:
    return _check_gradients


@pytest.fixture
def draw() -> Callable[..., np.ndarray]:
    """`draw(2, 3)`: a fixed array of that shape, normal, another for each shape."""
    return lambda *shape: np.random.default_rng(list(shape)).normal(size=shape)
