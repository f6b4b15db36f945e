"""Fingerprints of prototxt texts and files."""

from pathlib import Path

from layerhint.records.fingerprint import MISSING, of_file, of_prototxt


def test_comments_and_layout_do_not_count() -> None:
    text = '# Solver\nbase_lr: 0.1   # paper\nnet: "a#b"\n'
    assert of_prototxt(text) == of_prototxt('base_lr:  0.1\n\n  net: "a#b" # other\n')
    assert of_prototxt(text) != of_prototxt('base_lr: 0.2\nnet: "a#b"\n')
    assert of_prototxt(text) != of_prototxt('base_lr: 0.1\nnet: "a#c"\n')


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "x"
    assert of_file(file) == MISSING
    file.write_bytes(b"abc")
    # FIPS 180-2's example.
    assert of_file(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
