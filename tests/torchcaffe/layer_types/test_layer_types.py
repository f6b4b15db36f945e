"""What is said of a layer type that there is not."""

import pytest

from torchcaffe.errors import NetError
from torchcaffe.layer_types import LAYERS, NOT_OFFERED
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('type: "Relu"', r"there is no layer type 'Relu'\. Did you mean 'ReLU'\? Known types: AbsVal, "),
        ('type: "RELU"', r"there is no layer type 'RELU'\. Did you mean 'ReLU'\?"),
        ('type: "RNN"', r"Caffe 1\.0 has the layer type 'RNN', but torchcaffe does not offer it\. Known types: "),
        ('type: "lstm"', r"Caffe 1\.0 has the layer type 'LSTM', but"),
        ('type: ""', r"it has no type\. Known types: AbsVal, "),
        ("", "it has no type"),
    ],
)
def test_it_is_named_with_what_is_meant(written: str, said: str) -> None:
    param = parse_net(f'state {{ phase: TEST }} layer {{ name: "x" {written} top: "x" }}')
    with pytest.raises(NetError, match=f"^layer 'x': {said}"):
        Net(param)


def test_a_type_is_offered_or_not() -> None:
    assert not LAYERS.keys() & set(NOT_OFFERED)
