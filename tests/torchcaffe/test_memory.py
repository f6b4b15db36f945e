"""What a file asks for is held against what can be had, before it is taken."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from torchcaffe import memory
from torchcaffe.blob import Blob, ShapeError
from torchcaffe.errors import CaffeError, NetError
from torchcaffe.files import read_bytes
from torchcaffe.memory import available, check_memory
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net

GIB = 1 << 30


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which 100 MiB are left."""
    monkeypatch.setattr(memory, "available", lambda: 100 << 20)


@pytest.fixture
def limit() -> Iterator[None]:
    """This process may take 300 MiB of data more."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    taken = memory._kilobytes(memory._STATUS, "VmData:")
    assert taken is not None
    resource.setrlimit(resource.RLIMIT_DATA, (taken + (300 << 20), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, before)


def test_what_does_not_fit_is_refused_by_name(little: None) -> None:
    with pytest.raises(NetError, match=r"the blob would take 0\.2 GiB of memory, and 0\.1 GiB can be had"):
        check_memory(200 << 20, "the blob", NetError)
    check_memory(60 << 20, "the blob")


def test_room_is_left_for_what_nobody_asks_about(little: None) -> None:
    with pytest.raises(CaffeError, match="the blob would take"):
        check_memory(99 << 20, "the blob")


def test_the_machine_says_what_is_left() -> None:
    free = available()
    assert free is not None
    assert 0 < free < 1 << 50


def test_the_limit_of_the_process_counts(limit: None) -> None:
    free = available()
    assert free is not None
    assert 200 << 20 < free <= 300 << 20


def test_the_limit_of_the_control_group_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    assert available() == 3_000_000
    (tmp_path / "memory.max").write_text("max\n")
    free = available()
    assert free is not None
    assert free > 3_000_000


def test_a_system_that_does_not_say_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_MEMINFO", "_STATUS", "_GROUP"):
        monkeypatch.setattr(memory, name, tmp_path / "absent")
    assert available() is None
    check_memory(1 << 60, "all of it")


@pytest.mark.parametrize("shape", [(2, -1), (1 << 16, 1 << 15), (1,) * 33])
def test_a_blob_has_the_limits_of_caffe(shape: tuple[int, ...]) -> None:
    """INT_MAX elements, which is 2^31 - 1, and 32 axes: Caffe 1.0, `blob.cpp`."""
    with pytest.raises(ShapeError, match="a blob cannot have the shape"):
        Blob(shape)
    with pytest.raises(ShapeError, match="a blob cannot have the shape"):
        Blob().reshape(*shape)


def test_the_largest_blobs_take_no_memory_until_they_are_read(little: None) -> None:
    blob = Blob((1 << 16, (1 << 15) - 1))
    with pytest.raises(NetError, match=r"a blob of shape 65536 32767 \(2147418112\) would take 8\.0 GiB"):
        _ = blob.data


@pytest.mark.parametrize("filler", ["", 'weight_filler { type: "xavier" }'])
def test_a_net_that_asks_for_too_much_is_refused_with_the_layer(filler: str, little: None) -> None:
    text = f"""
    layer {{ name: "in" type: "Input" top: "in" input_param {{ shape {{ dim: 1 dim: 100000 }} }} }}
    layer {{ name: "ip" type: "InnerProduct" bottom: "in" top: "ip" inner_product_param {{ num_output: 10000 {filler} }}
    }}
    """
    with pytest.raises(NetError, match=r"layer 'ip' \(InnerProduct\): .* would take 3\.7 GiB of memory"):
        Net(parse_net(text))


def test_a_negative_size_names_the_layer() -> None:
    text = 'layer { name: "in" type: "Input" top: "in" input_param { shape { dim: 2 dim: -3 } } }'
    with pytest.raises(NetError, match=r"layer 'in' \(Input\): a blob cannot have the shape 2 -3"):
        Net(parse_net(text))


def test_numbers_that_overflow_name_the_layer() -> None:
    text = """
    layer { name: "in" type: "Input" top: "in" input_param { shape { dim: 2 } } }
    layer { name: "exp" type: "Exp" bottom: "in" top: "out" exp_param { shift: 1e38 } }
    """
    with pytest.raises(NetError, match=r"layer 'exp' \(Exp\): with its numbers nothing can be computed"):
        Net(parse_net(text))


def test_a_device_is_no_file() -> None:
    """/dev/zero never ends."""
    with pytest.raises(CaffeError, match="it is a device or a socket"):
        read_bytes("/dev/zero", GIB)


def test_a_pipe_is_read_up_to_the_limit(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(b"x" * 5000)
    try:
        assert read_bytes(f"/dev/fd/{reading}", 5000) == b"x" * 5000
    finally:
        os.close(reading)
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(b"x" * 5001)
    try:
        with pytest.raises(CaffeError, match="at most 5000 can be read"):
            read_bytes(f"/dev/fd/{reading}", 5000)
    finally:
        os.close(reading)


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(CaffeError, match="null"):
        read_bytes("a\0b", GIB)
