"""YAML is read as inert data, and what would be lost or multiplied silently is refused."""

from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.yaml_io import MAX_BYTES, read_mapping


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"line 3, column 1: key 'a' stands twice"),
        ("a:\n  b: 1\n  b: 2\n", r"line 3, column 3: key 'b' stands twice"),
        ("a: &x [1]\nb: *x\n", r"line 2, column 4: alias \*x is not allowed"),
        ("a: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        ("1: a\n", "key 1 is not a name"),
        ("a: [1\n", "line 2"),
        ("- a\n", "expected `key: value` lines at the top level, got a list"),
        ("", "got nothing"),
        ("a: " + "[" * 2000 + "]" * 2000, "nested too deeply"),
        ("a: 2001-99-99\n", "month must be in 1..12"),
        ("a: \x07\n", "not YAML"),
    ],
)
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LayerhintError, match=message) as caught:
        read_mapping(path)
    assert str(path) in str(caught.value)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: " + "x" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(LayerhintError, match="larger than 256 KiB"):
        read_mapping(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(LayerhintError, match="byte 3 is not UTF-8"):
        read_mapping(path)


@pytest.mark.parametrize("content", [b"layer {\n  name: 'a'\n}\n", b"\x80", b"text", b"x" * (MAX_BYTES + 1)])
def test_what_is_no_yaml_by_its_name_either_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.prototxt"
    path.write_bytes(content)
    with pytest.raises(LayerhintError, match=r"expected a YAML file, .* ends in \.yaml or \.yml: .*net\.prototxt"):
        read_mapping(path)


def test_plain_values_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1.0e-4\nb: [1, two]\nc: {d: yes}\n", encoding="utf-8")
    assert read_mapping(path) == {"a": 1e-4, "b": [1, "two"], "c": {"d": True}}
