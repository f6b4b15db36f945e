"""The real Caffe that torchcaffe is compared with, and the tables of how far they were apart."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

# The tests here share modules, which pytest's importlib mode does not find by itself.
sys.path.insert(0, str(Path(__file__).parent))

import bounds
from engines import Case, distance, given_arrays, results_of_real, run_real, run_torchcaffe
from record import Record
from scene import Scene, make_scene

from layerhint.realcaffe.find import RealCaffe, find_real_caffe
from layerhint.realcaffe.gpu import Gpu, ask_for_gpu
from torchcaffe import mode
from torchcaffe.errors import DeviceError


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-parity",
        metavar="FILE",
        type=Path,
        help="write the tables of worst errors to FILE, as Markdown, if all of the parity tests ran and passed",
    )
    parser.addoption(
        "--parity-device",
        choices=("cpu", "cuda:0"),
        default="cpu",
        help="where both engines compute; on a GPU only what compares them there is run",
    )


def pytest_configure(config: pytest.Config) -> None:
    record = Record(config.getoption("--write-parity", None), _device(config))
    config.pluginmanager.register(record, "parity record")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _device(config).type == "cpu":
        return
    for item in items:
        if isinstance(item, pytest.Function) and "device" not in item.fixturenames:
            item.add_marker(pytest.mark.skip("it compares nothing on a GPU"))


def _device(config: pytest.Config) -> torch.device:
    # Where the tests of another folder are asked for, this file is read too late to have options.
    return torch.device(config.getoption("--parity-device", "cpu"))


@pytest.fixture(scope="session")
def real(pytestconfig: pytest.Config) -> RealCaffe:
    on_gpu = _device(pytestconfig).type == "cuda"
    found = find_real_caffe(cuda=on_gpu)
    if found is None:
        command = "python tools/build_caffe.py --cuda" if on_gpu else "make caffe"
        pytest.skip(f"no real Caffe on this machine: build one with `{command}`, or name one with CAFFE_ROOT")
    if on_gpu:
        answer = ask_for_gpu(found)
        if answer.gpu is not Gpu.READY:
            pytest.skip(f"{found.describe()} is {answer.gpu.value}: {answer.why}")
    return found


@pytest.fixture(scope="session")
def device(pytestconfig: pytest.Config) -> Iterator[torch.device]:
    """Where both engines compute; torchcaffe's `mode` says so too."""
    found = _device(pytestconfig)
    if found.type == "cuda":
        try:
            mode.set_device(found.index)
            mode.set_mode_gpu()
        except DeviceError as fault:
            pytest.skip(str(fault))
    yield found
    mode.set_mode_cpu()


@pytest.fixture(scope="session")
def scene(real: RealCaffe, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("scene"), real)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """The nets are small, and sums are the same then on every machine's number of cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Callable[[str, str, str, float], None]:
    """`record(table, row, column, error)` keeps an error for a table of `record.py`; the largest of a cell counts."""

    def keep(table: str, row: str, column: str, error: float) -> None:
        record_property("parity", [table, row, column, float(error)])

    return keep


@pytest.fixture(scope="module")
def ran(
    request: pytest.FixtureRequest, real: RealCaffe, device: torch.device, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder with what the real Caffe did in the module's `CASES`."""
    folder = tmp_path_factory.mktemp("parity")
    run_real(request.module.CASES, real, folder, device)
    return folder


@pytest.fixture
def compare(
    request: pytest.FixtureRequest, ran: Path, device: torch.device, record: Callable[[str, str, str, float], None]
) -> Callable[[str], None]:
    """`compare(name)` holds torchcaffe to the real Caffe in one of the module's `CASES`.

    Compared are the names of the blobs, the params that the fillers drew, all blobs after forward, the loss, the
    gradients of inputs and params after backward, and the params at the end (which BatchNorm moves). Where the real
    Caffe got other layers (`there`), it is what both have.
    """

    def check(name: str) -> None:
        case: Case = request.module.CASES[name]
        if device.type == "cuda" and case.cpu_only:
            pytest.skip(case.cpu_only)
        got = run_torchcaffe(case, ran, given_arrays(case, ran), device=device)
        want = results_of_real(ran, name)
        if case.there:
            shared = sorted((want.keys() & got.keys()) - {"names", "outputs"})
            got, want = ({key: arrays[key] for key in shared} for arrays in (got, want))
        else:
            for key in ("names", "outputs"):
                assert got.pop(key).tolist() == want.pop(key).tolist()
        assert sorted(got) == sorted(want)
        distances = {key: distance(got[key], want[key]) for key in want}
        record("layers", case.kind, "worst", max(distances.values(), default=0.0))
        assert {key: value for key, value in distances.items() if value > bounds.LAYERS} == {}

    return check
