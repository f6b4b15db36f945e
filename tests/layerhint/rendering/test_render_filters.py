"""How values are spelt in the generated files."""

import struct

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from layerhint.errors import LayerhintError
from layerhint.rendering.text_filters import number, quoted, shell_word, yaml_scalar
from torchcaffe.proto.text import parse_net


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (5.0, "5"),
        (-0.0078125, "-0.0078125"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (0.999, "0.999"),
        (1 / 3, "0.33333333"),
        (100.0, "100"),
        (0, "0"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_numbers_are_the_same_float32(value: float) -> None:
    assert struct.pack("f", float(number(value))) == struct.pack("f", value) or value == 0


def test_a_number_beyond_float32_is_refused() -> None:
    with pytest.raises(LayerhintError, match="float32"):
        number(1e300)


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), min_size=1))
def test_strings_survive_prototxt_and_yaml(text: str) -> None:
    assert parse_net(f"name: {quoted(text)}").name == text
    assert yaml.safe_load(f"a: {yaml_scalar(text)}") == {"a": text}


def test_yaml_words_are_quoted() -> None:
    assert [yaml_scalar(text) for text in ("no", "1e3", "", "data/x_1.yaml", "/tmp/x")] == [
        '"no"',
        '"1e3"',
        '""',
        "data/x_1.yaml",
        "/tmp/x",
    ]


@pytest.mark.parametrize("spell", [quoted, shell_word, yaml_scalar])
def test_control_characters_are_refused(spell: object) -> None:
    with pytest.raises(LayerhintError, match="control character"):
        spell("a\nb")  # type: ignore[operator]
