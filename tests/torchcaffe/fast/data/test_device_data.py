"""Data on the device against the plain Data layer: the same batches bit for bit, and the same state after each."""

from pathlib import Path

import numpy as np
import pytest
import torch
from data_nets import RECORDS, SHAPE, TRANSFORMS, assert_same, build

from torchcaffe.errors import DataError
from torchcaffe.fast import compile_net
from torchcaffe.fast.data import records
from torchcaffe.fast.data.device_data import DeviceData
from torchcaffe.fast.data.sources import Resident, Streamed
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2


def on_device(net: Net) -> Net:
    net.program = compile_net(net, on_device=True)
    return net


def op_of(net: Net) -> DeviceData:
    (op,) = net.program.data
    return op


@pytest.fixture(params=["resident", "streamed"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type:
    """The database stays on the device, or is too large for it."""
    if request.param == "streamed":
        monkeypatch.setattr(records, "_room", lambda device: RECORDS * np.prod(SHAPE) - 1)
    return Resident if request.param == "resident" else Streamed


@pytest.mark.parametrize("phase", [caffe_pb2.TRAIN, caffe_pb2.TEST])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("source", ["bytes", "floats"])
def test_batches_and_state(source, transform, phase, kept, folder):
    text = TRANSFORMS[transform].format(folder=folder)
    plain, device = build(folder / source, text, phase), on_device(build(folder / source, text, phase))
    assert type(op_of(device)._source) is kept
    for _ in range(7):  # Twice over the end of the database.
        plain.forward()
        device.forward()
        assert_same(plain, device)


def test_float64_nets_compute_in_float32_first(folder):
    text = TRANSFORMS["mean file"].format(folder=folder)
    plain, device = (build(folder / "bytes", text, dtype=torch.float64) for _ in range(2))
    plain.forward()
    on_device(device).forward()
    assert_same(plain, device)


def test_batches_larger_than_the_database(folder, caplog):
    plain, device = (build(folder / "bytes", "mirror: true", batch=2 * RECORDS + 3) for _ in range(2))
    said = []
    for net in (plain, on_device(device)):
        caplog.clear()
        caplog.set_level("INFO", "torchcaffe")
        net.forward()
        said.append([record.getMessage() for record in caplog.records])
    assert_same(plain, device)
    assert said == [["Restarting data prefetching from start."] * 2] * 2


def test_plain_and_device_passes_alternate(kept, folder):
    """Both keep their place in the layer, so that each goes on where the other stopped."""
    plain, device = build(folder / "bytes", "mirror: true"), on_device(build(folder / "bytes", "mirror: true"))
    for i in range(5):
        plain.forward()
        device.forward() if i % 2 else device.forward_from_to(0, 1)
        assert_same(plain, device)


def test_staged_batches_are_what_passes_in_a_row_give(kept, folder):
    plain, device = build(folder / "bytes", "mirror: true"), on_device(build(folder / "bytes", "mirror: true"))
    device.program.stage(3)
    for _ in range(2):  # Begun again, they are read again.
        device.program.begin(3)
        shown = []
        for _ in range(3):
            device.forward()
            shown.append(device.blob("data").data)
    for data in shown:
        plain.forward()
        assert torch.equal(plain.blob("data").data, data)
    assert_same(plain, device)
    plain.forward()
    device.forward()  # Nothing is staged any more.
    assert_same(plain, device)


def test_state_is_taken_up(kept, folder):
    first, second = (on_device(build(folder / "bytes", "mirror: true crop_size: 3")) for _ in range(2))
    first.forward()
    state = first.layer("d").get_state()
    first.forward()
    second.forward()
    second.forward()
    second.layer("d").set_state(state)
    second.forward()
    assert_same(first, second)


def test_two_nets_share_one_copy(folder):
    nets = [on_device(build(folder / "bytes", "")) for _ in range(2)]
    first, second = (op_of(net)._source.room()[0] for net in nets)
    assert first.data_ptr() == second.data_ptr()


def test_images_of_several_sizes_are_left_to_the_plain_layer(unequal):
    plain, device = build(unequal, ""), on_device(build(unequal, ""))
    assert not device.program.data
    for _ in range(3):
        plain.forward()
        device.forward()
        assert_same(plain, device)


def test_images_of_several_sizes_in_a_stream(unequal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "_room", lambda device: 0)
    net = on_device(build(unequal, ""))
    net.forward()
    with pytest.raises(DataError, match=r"layer 'd' \(Data\): LMDB '.*unequal' holds images of several sizes.*-plain"):
        net.forward()


@pytest.mark.parametrize("where", ["GPU", "main memory"])
def test_the_share_of_memory(where: str, monkeypatch: pytest.MonkeyPatch, folder: Path):
    """Half of what is free, says the module; a database of that size is kept, one byte more is not."""
    device, size = torch.device("cuda", 0), RECORDS * int(np.prod(SHAPE))
    read: list[torch.device] = []
    monkeypatch.setattr(records, "_read", lambda reader, device: read.append(device) or records.Records(None, None, []))
    reader = build(folder / "bytes", "").layer("d").reader
    for free, kept in ((2 * size - 2, 0), (2 * size, 1)):
        gpu, main = (free, 10 * size) if where == "GPU" else (10 * size, free)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _, gpu=gpu: (gpu, 10 * size))
        monkeypatch.setattr(records, "available", lambda main=main: main)
        records.load_records(reader, device)
        assert len(read) == kept
