"""The compiled kernels against PyTorch's operations in float64, and what happens where there are none."""

import ctypes
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from torchcaffe.fast import kernels
from torchcaffe.fast.batch_norm.compiled import CompiledBatchNorm
from torchcaffe.fast.batch_norm.function import BatchNorm, Settings
from torchcaffe.fast.batch_norm.operations import CascadeCore, OperationsBatchNorm
from torchcaffe.fast.convolution.winograd import Filter
from torchcaffe.fast.kernels.library import _outcome
from torchcaffe.fast.sgd.choice import choose_update
from torchcaffe.fast.sgd.compiled import CompiledUpdate
from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.scale import ScaleLayer
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net

the_library = sys.modules["torchcaffe.fast.kernels.library"]  # The package has a function of this name.
CHANNELS = 32
SHAPES = [(5, CHANNELS, 9, 7), (3, CHANNELS, 1, 2), (41, CHANNELS, 13, 11)]  # Part of a chunk, a few rows, many chunks.


@pytest.fixture(autouse=True)
def _fresh_outcome() -> Iterator[None]:
    _outcome.cache_clear()
    yield
    _outcome.cache_clear()


def settings(dtype: torch.dtype, shape: tuple[int, ...], relu: bool) -> Settings:
    n, c, h, w = shape
    text = f"""
    layer {{ name: "x" type: "Input" top: "x"
      input_param {{ shape {{ dim: {n} dim: {c} dim: {h} dim: {w} }} }} }}
    layer {{ name: "bn" type: "BatchNorm" bottom: "x" top: "x"
      batch_norm_param {{ moving_average_fraction: 0.9 eps: 1e-3 }} }}
    layer {{ name: "scale" type: "Scale" bottom: "x" top: "x" scale_param {{ bias_term: true }} }}"""
    net = Net(parse_net(text, "kernels"), dtype=dtype)
    norm, scale = net.layer("bn"), net.layer("scale")
    assert isinstance(norm, BatchNormLayer)
    assert isinstance(scale, ScaleLayer)
    scale.blobs[0].data.copy_(torch.linspace(0.5, 2, c))
    scale.blobs[1].data.copy_(torch.linspace(-1, 1, c))
    norm.blobs[1].data.fill_(1)
    return Settings(norm, scale, relu)


def images(shape: tuple[int, ...], seed: int, dtype: torch.dtype) -> torch.Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + 0.3
    return values.to(dtype).contiguous(memory_format=torch.channels_last)


def results(norm: BatchNorm, given: Settings, shape: tuple[int, ...], more: dict[str, bool]) -> list[torch.Tensor]:
    """y, what was added to, the statistics and all gradients after two passes, in float64."""
    dtype = given.norm.blobs[0].data.dtype
    for seed in (1, 11):
        x, addend, d_y, d_y_2 = (images(shape, seed + i, dtype) for i in range(4))
        y = norm.forward(x, addend if more["added"] else None)
        normalised = norm.normalised()() if more["added"] else y
        diffs = [d_y, d_y_2] if more["two"] else [d_y]
        affine = [blob.diff.fill_(seed) for blob in given.scale.blobs]
        gradients = norm.backward(diffs, more["overwrite"])
        if not more["overwrite"]:
            torch.testing.assert_close(d_y, images(shape, seed + 2, dtype), rtol=0, atol=0)
    found = [y, normalised, *given.statistics(), gradients.x, *(diff - seed for diff in affine)]
    return [each.double() for each in (*found, gradients.addend if more["added"] else y)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize(("two", "overwrite"), [(True, True), (False, False), (False, True)])
def test_compiled_batch_norm(
    shape: tuple[int, ...], relu: bool, added: bool, two: bool, overwrite: bool, library: ctypes.CDLL
) -> None:
    more = {"added": added, "two": two, "overwrite": overwrite}
    exact = settings(torch.float64, shape, relu)
    want = results(OperationsBatchNorm(exact, CascadeCore(exact.norm.eps)), exact, shape, more)
    given = settings(torch.float32, shape, relu)
    got = results(CompiledBatchNorm(given, library), given, shape, more)
    for index, (a, b) in enumerate(zip(got, want, strict=True)):
        assert (a - b).norm() <= 3e-6 * b.norm(), index


def test_the_number_of_threads_changes_nothing(library: ctypes.CDLL) -> None:
    more = {"added": True, "two": True, "overwrite": False}
    found = []
    threads = torch.get_num_threads()
    for count in (1, 2):
        torch.set_num_threads(count)
        given = settings(torch.float32, SHAPES[2], True)
        found.append(results(CompiledBatchNorm(given, library), given, SHAPES[2], more))
    torch.set_num_threads(threads)
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_nan_stays_nan(library: ctypes.CDLL) -> None:
    given = settings(torch.float32, SHAPES[0], True)
    x = images(SHAPES[0], 1, torch.float32)
    x[2, 17, 3, 4] = torch.nan
    y = CompiledBatchNorm(given, library).forward(x, None)
    assert bool(y[:, 17].isnan().all())
    assert not bool(y[:, 16].isnan().any())


def test_sgd_update(library: ctypes.CDLL) -> None:
    """By hand: g = 1/2 * 4 + 0.1 * 10 = 3; h = 0.9 * 2 + 0.5 * 3 = 3.3; w = 10 - 3.3."""
    data, diff, history = ([torch.full((size,), value) for size in (3, 70_001)] for value in (10.0, 4.0, 2.0))
    CompiledUpdate(library)(data, diff, history, 0.5, 0.1, 0.9, 0.5)
    for tensors, value in ((data, 6.7), (diff, 3.3), (history, 3.3)):
        for tensor in tensors:
            torch.testing.assert_close(tensor, torch.full_like(tensor, value))


def test_without_a_compiler_pytorch_does_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernels.library() is None
    assert kernels.fault() == "there is no C++ compiler no-such-compiler"


def test_a_compiler_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXX", "false")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernels.library() is None
    assert "failed: no word" in kernels.fault()


def test_a_kept_file_that_is_broken_is_made_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernels.library() is not None
    (kept,) = (tmp_path / "torchcaffe").glob("kernels-*.so")
    content = kept.read_bytes()
    kept.unlink()  # It is mapped into this process: what is mapped must not change.
    kept.write_bytes(b"no library")
    _outcome.cache_clear()
    assert kernels.library() is not None
    assert kept.read_bytes() == content


def test_temporary_files_that_may_not_be_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load = the_library._load

    def refused(file: Path) -> ctypes.CDLL:
        if not file.is_relative_to(tmp_path):
            raise OSError("failed to map segment from shared object")
        return load(file)

    monkeypatch.setattr(the_library, "_load", refused)
    assert kernels.library() is not None, kernels.fault()


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ({"CXX": "g++ 'x"}, "$CXX cannot be read: No closing quotation"),
        ({"XDG_CACHE_HOME": ""}, "there is no folder to keep them in (Could not determine home directory.)"),
    ],
)
def test_what_is_odd_about_a_machine_is_told(
    cause: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, library: ctypes.CDLL
) -> None:
    _outcome.cache_clear()

    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name, value in cause.items():
        monkeypatch.setenv(name, value)
    assert kernels.library() is None
    assert kernels.fault().startswith(told)


def test_without_the_memory_for_its_arrays_a_kernel_says_so(library: ctypes.CDLL) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    x = images((2, 16, 4096, 4), 1, torch.float32)
    points, y = torch.zeros(36, 16, 16), torch.empty_like(x)
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 20, hard))
    try:
        with pytest.raises(MemoryError, match="a kernel's own arrays"):
            kernels.run(
                library.torchcaffe_winograd_forward,
                *(Filter.LARGE, 2, *(4096, 1 << 20, 16) * 2),
                *map(kernels.address, (x, points, None, None)),
                *(False, y.data_ptr()),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def test_other_numbers_of_channels_are_not_compiled() -> None:
    """Channels that are no multiple of 16 take PyTorch's operations."""
    from torchcaffe.fast.batch_norm.choice import choose_batch_norm

    odd = settings(torch.float32, (3, 20, 4, 5), True)
    even = settings(torch.float32, (3, 48, 4, 5), True)
    place = odd.norm.place
    assert isinstance(choose_batch_norm(odd, place), OperationsBatchNorm)
    assert isinstance(choose_batch_norm(even, place), CompiledBatchNorm)


def test_numbers_of_another_type_are_not_updated_by_the_kernel(library: ctypes.CDLL) -> None:
    single, double = (settings(dtype, SHAPES[1], True).norm.place for dtype in (torch.float32, torch.float64))
    assert isinstance(choose_update(single), CompiledUpdate)
    assert choose_update(double) is None
