"""What a mistyped name is taken for."""

import pytest

from torchcaffe.nearest import did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("RELU", ["ELU", "ReLU"], "ReLU"),
        ("relu", ["ELU", "ReLU"], "ReLU"),
        ("Convolutoin", ["Convolution", "Deconvolution"], "Convolution"),
        ("CONVOLUTOIN", ["Convolution", "Deconvolution"], "Convolution"),
        ("CuDNNConvolution", ["Convolution", "Deconvolution"], "Convolution"),
    ],
)
def test_what_is_meant(name: str, known: list[str], meant: str) -> None:
    assert did_you_mean(name, known) == f" Did you mean '{meant}'?"


def test_nothing_is_said_where_nothing_is_close() -> None:
    assert did_you_mean("data", ["conv", "loss"]) == ""
    assert did_you_mean("Upsample", ["Scale"]) == did_you_mean("IP", ["Clip"]) == ""
    assert did_you_mean("data", []) == ""
