"""Caffemodels and other binary messages: round trips and damaged or foreign files."""

import random
from pathlib import Path

import numpy as np
import pytest

from torchcaffe.errors import CaffeError, ProtoError
from torchcaffe.proto import binary
from torchcaffe.proto.binary import array_to_blob, read_binary, read_caffemodel, write_binary
from torchcaffe.proto.caffe_pb2 import BlobProto, Datum, NetParameter, SolverState


def small_net() -> NetParameter:
    net = NetParameter(name="n")
    for i, name in enumerate(("conv", "ip")):
        layer = net.layer.add(name=name, type="Convolution", bottom=["x"], top=[name])
        layer.blobs.append(array_to_blob(np.full((2, 3 + i), 0.5, np.float32)))
    return net


def small_state() -> SolverState:
    return SolverState(iter=0, learned_net="s_iter_0.caffemodel", history=[BlobProto(data=[1.0])])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.bin"


def test_round_trip(path: Path) -> None:
    write_binary(path, small_net())
    assert read_caffemodel(path) == small_net()
    write_binary(path, small_state())
    assert read_binary(path, SolverState) == small_state()
    write_binary(path, small_net().layer[0].blobs[0])
    assert read_binary(path, BlobProto) == small_net().layer[0].blobs[0]


def test_old_caffemodel_is_upgraded(path: Path) -> None:
    net = NetParameter(input=["data"])
    net.layers.add(name="c", type="CONVOLUTION", blobs=[BlobProto(num=1, channels=1, height=1, width=2, data=[1, 2])])
    write_binary(path, net)
    new = read_caffemodel(path)
    assert (new.layer[0].type, len(new.layers), len(new.input)) == ("Convolution", 0, 0)
    assert list(new.layer[0].blobs[0].data) == [1, 2]


def test_file_that_ends_too_soon(path: Path) -> None:
    data = small_net().SerializeToString()
    path.write_bytes(data[:-3])
    with pytest.raises(
        ProtoError,
        match=f"the caffemodel is cut short: it holds {len(data) - 3} bytes, and its last"
        f" field ends at byte {len(data)} or later",
    ):
        read_caffemodel(path)


def test_no_cut_goes_unnoticed_unless_between_layers(path: Path) -> None:
    data = small_net().SerializeToString()
    whole = small_net()
    for end in range(len(data)):
        path.write_bytes(data[:end])
        try:
            read = read_caffemodel(path)
        except ProtoError:
            continue
        assert list(read.layer) == list(whole.layer[: len(read.layer)])


def test_damage_raises_nothing_but_proto_errors(path: Path) -> None:
    rng = random.Random(5)
    data = small_net().SerializeToString()
    refused = 0
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            read_caffemodel(path)
        except ProtoError:
            refused += 1
    assert 100 < refused < 300


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (
            b"\x89HDF\r\n\x1a\n\0\0\0\0",
            "it looks like an HDF5 file, such as a snapshot written with snapshot_format: HDF5",
        ),
        (b'name: "n"\nlayer { }\n', "it is not a caffemodel: it looks like a text file"),
        (b"<!DOCTYPE html><html>404</html>", "it looks like a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "it looks like a Git LFS pointer"),
        (b"PK\x03\x04\0\0", "it looks like a zip archive, as PyTorch's checkpoints are"),
        (small_state().SerializeToString(), "it is not a caffemodel: it looks like a solverstate"),
        (
            BlobProto(num=1, channels=3, height=1, width=1, data=[1, 2, 3]).SerializeToString(),
            "a binaryproto of one blob",
        ),
        (
            Datum(channels=1, height=1, width=1, data=b"\x05", label=3).SerializeToString(),
            "it looks like a Datum",
        ),
        (
            NetParameter(name="n\x01").SerializeToString(),
            "a binary file of another kind, and it has no layers",
        ),
        (bytes(range(255, 0, -1)), "a binary file of another kind"),
    ],
)
def test_other_files_given_as_caffemodel(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ProtoError) as caught:
        read_caffemodel(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_caffemodel_given_as_solverstate_or_mean(path: Path) -> None:
    write_binary(path, small_net())
    with pytest.raises(ProtoError, match="it is not a solverstate: it looks like a caffemodel"):
        read_binary(path, SolverState)
    with pytest.raises(ProtoError, match="it is not a binaryproto: it looks like a caffemodel"):
        read_binary(path, BlobProto)


def test_fields_of_forks_are_let_pass(path: Path) -> None:
    """Forks of Caffe add fields; 200 is not in use: tag 200 * 8 = 1600 = C0 0C."""
    path.write_bytes(small_net().SerializeToString() + bytes.fromhex("c00c 01"))
    assert [layer.name for layer in read_caffemodel(path).layer] == ["conv", "ip"]


def test_strings_that_are_not_utf8(path: Path) -> None:
    """Field 100 (tag A2 06), 8 bytes: name "y" (0A 01 79), then top (22) of the three bytes 61 D0 62."""
    path.write_bytes(bytes.fromhex("a206 08 0a0179 2203 61d062"))
    with pytest.raises(ProtoError):
        read_caffemodel(path)


def test_file_beyond_protobufs_limit(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**31)  # sparse: takes no space
    with pytest.raises(ProtoError, match="it holds 2147483648 bytes, and at most 2147483647 can be read"):
        read_caffemodel(path)


def test_message_beyond_protobufs_limit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "MAX_BYTES", 50)
    with pytest.raises(ProtoError, match=r"beyond protobuf's limit of 2 GiB: use snapshot_format: HDF5"):
        write_binary(path, small_net())
    assert not path.exists()


def test_required_field_that_is_missing(path: Path) -> None:
    net = NetParameter()
    net.layer.add(name="c").clip_param.min = 0
    with pytest.raises(ProtoError, match=r"it lacks layer\[0\]\.clip_param\.max"):
        write_binary(path, net)
    path.write_bytes(net.SerializePartialToString())
    with pytest.raises(ProtoError, match=r"it lacks layer\[0\]\.clip_param\.max, which the format requires"):
        read_caffemodel(path)


def test_missing_file_and_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(ProtoError, match="no such file"):
        read_caffemodel(tmp_path / "none.caffemodel")
    with pytest.raises(CaffeError, match="the directory does not exist: create it first"):
        write_binary(tmp_path / "none" / "a.caffemodel", small_net())
