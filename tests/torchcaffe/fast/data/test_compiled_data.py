"""Data by a compiled kernel against the plain Data layer: the same batches, bit for bit, and the same state after."""

import ctypes
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from data_nets import BATCH, RECORDS, TRANSFORMS, assert_same, build, write

from torchcaffe.data.transformer import DataTransformer
from torchcaffe.errors import DataError
from torchcaffe.fast import compile_net, kernels
from torchcaffe.fast.common_pass import join, summary
from torchcaffe.fast.data.compiled import CompiledTransform
from torchcaffe.fast.data.compiled_data import CompiledData
from torchcaffe.fast.op import PlainOp
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import array_to_blob, write_binary

pytestmark = pytest.mark.usefixtures("library")


def compiled(net: Net, kind: type = CompiledData) -> Net:
    """The net with a program whose first operation, the Data layer's, is of this kind."""
    net.program = compile_net(net)
    assert type(net.program.ops[0]) is kind
    return net


@pytest.mark.parametrize("phase", [caffe_pb2.TRAIN, caffe_pb2.TEST])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("source", ["bytes", "floats"])
def test_batches_and_state(source: str, transform: str, phase: int, folder: Path) -> None:
    text = TRANSFORMS[transform].format(folder=folder)
    plain, fast = build(folder / source, text, phase), compiled(build(folder / source, text, phase))
    for _ in range(7):  # Twice over the end of the database.
        plain.forward()
        fast.forward()
        assert_same(plain, fast)
    if source == "bytes":
        assert fast.blob("data").data.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [(70, 83), (9, 8)])  # Rows of several registers, and of less than one.
def test_any_number_of_channels_and_threads(
    channels: int,
    threads: int,
    size: tuple[int, int],
    library: ctypes.CDLL,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (6, channels, *size), dtype=np.uint8)
    write_binary(tmp_path / "mean", array_to_blob(rng.normal(120, 5, (1, channels, *size)).astype(np.float32)))
    param = caffe_pb2.TransformationParameter(mirror=True, mean_file=str(tmp_path / "mean"), scale=0.3)
    request.addfinalizer(partial(torch.set_num_threads, torch.get_num_threads()))
    torch.set_num_threads(threads)
    for crop in (0, 1, 7, min(size)):
        param.crop_size = crop
        transformer = DataTransformer(param, caffe_pb2.TRAIN)
        transformer.init_rand(lambda: 8)
        found = CompiledTransform(transformer, library)(images)
        transformer.init_rand(lambda: 8)
        assert torch.equal(found, torch.from_numpy(transformer.transform(images)))


def test_the_kernel_has_a_type_of_its_own(library: ctypes.CDLL, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(partial(torch.set_default_dtype, torch.get_default_dtype()))
    torch.set_default_dtype(torch.float64)
    images = np.arange(2 * 3 * 5 * 4, dtype=np.uint8).reshape(2, 3, 5, 4)
    transformer = DataTransformer(caffe_pb2.TransformationParameter(scale=0.5), caffe_pb2.TRAIN)
    found = CompiledTransform(transformer, library)(images)
    assert found.dtype == torch.float32
    assert torch.equal(found, torch.from_numpy(images).to(torch.float32) * 0.5)


def test_plain_and_compiled_passes_alternate(folder: Path) -> None:
    """Both keep their place in the layer, so that each goes on where the other stopped."""
    plain, fast = build(folder / "bytes", "mirror: true"), compiled(build(folder / "bytes", "mirror: true"))
    for i in range(5):
        plain.forward()
        fast.forward() if i % 2 else fast.forward_from_to(0, 1)
        assert_same(plain, fast)


def test_state_is_taken_up(folder: Path) -> None:
    first, second = (compiled(build(folder / "bytes", "mirror: true crop_size: 3")) for _ in range(2))
    first.forward()
    state = first.layer("d").get_state()
    first.forward()
    for _ in range(2):
        second.forward()
    second.layer("d").set_state(state)
    second.forward()
    assert_same(first, second)


def test_nets_in_lockstep_read_once(folder: Path) -> None:
    text = "mirror: true crop_size: 4 mean_value: 100"
    plain, *nets = build(folder / "bytes", text), *(compiled(build(folder / "bytes", text)) for _ in range(2))
    assert summary(join(nets).works) == "1 Data for 2 nets"
    for _ in range(4):
        plain.forward()
        for net in nets:
            net.forward()
            assert_same(plain, net)


def test_images_of_several_sizes(unequal: Path) -> None:
    """A batch of each, as the plain layer takes them."""
    plain, fast = build(unequal, "mirror: true mean_value: 7"), compiled(build(unequal, "mirror: true mean_value: 7"))
    for _ in range(4):
        plain.forward()
        fast.forward()
        assert_same(plain, fast)


def test_images_that_do_not_fit(tmp_path: Path) -> None:
    """They are refused in the plain layer's words, and before a number is drawn."""
    sizes = [(1, 2, 3)] * BATCH + [(1, 1, 3)] * BATCH
    write(tmp_path / "small", [{"data": bytes(range(c * h * w))} for c, h, w in sizes], sizes)
    crop = "mirror: true crop_size: 2"
    plain, fast = build(tmp_path / "small", crop), compiled(build(tmp_path / "small", crop))
    told = []
    for net in (plain, fast):
        net.forward()
        with pytest.raises(DataError, match=r"layer 'd' \(Data\): crop_size 2 does not fit") as error:
            net.forward()
        told.append(str(error.value))
    assert told[0] == told[1]
    assert_same(plain, fast)


def test_batches_larger_than_the_database(folder: Path) -> None:
    plain, fast = (build(folder / "bytes", "mirror: true", batch=2 * RECORDS + 3) for _ in range(2))
    plain.forward()
    compiled(fast).forward()
    assert_same(plain, fast)


def test_float64_nets_take_the_plain_layer(folder: Path) -> None:
    compiled(build(folder / "bytes", "", dtype=torch.float64), PlainOp)


def test_data_with_a_part_in_the_loss_take_the_plain_layer(folder: Path) -> None:
    """It has that where no layer reads them: Caffe gives a Split the weight otherwise."""
    plain, fast = (build(folder / "bytes", "", more="loss_weight: 2 loss_weight: 0.5", after="") for _ in range(2))
    loss = plain.forward()
    assert loss > 0
    assert torch.equal(loss, compiled(fast, PlainOp).forward())


def test_without_a_compiler_the_plain_layer_does_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "library", lambda: None)
    plain, fast = build(folder / "bytes", "mirror: true"), compiled(build(folder / "bytes", "mirror: true"), PlainOp)
    plain.forward()
    fast.forward()
    assert_same(plain, fast)
