"""How values are spelt in the generated files."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from layerhint.errors import LayerhintError
from layerhint.rendering.text_filters import quoted, shell_word, yaml_scalar
from torchcaffe.proto.text import parse_net


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
