"""The builder around the compiler: what it refuses, what it leaves behind, and that it builds once."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from layerhint.commands import build_caffe
from layerhint.errors import LayerhintError
from layerhint.paths import ROOT
from layerhint.realcaffe import build as builder
from layerhint.realcaffe import prerequisites, recipe
from layerhint.realcaffe.build import Request, build
from layerhint.realcaffe.gpu import Gpu
from layerhint.realcaffe.probe import BATCHNORM_FACTOR, Probe, first_loss
from layerhint.run_command import run_command

NOTHING = prerequisites.Package("", "")

GOOD = Probe("caffe version 1.0.0", ("ReLU",), Gpu.NO_CODE, honours_weights=True, batchnorm_factor=19.8111)


@pytest.fixture
def request_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Request]:
    """Requests whose download, edits, compiler and checks are stood in for; the rest is the real thing."""

    def fake_compile(request: Request, tree: Path, work: Path, log: Path, report: object) -> Path:
        log.write_text("compiled", encoding="utf-8")
        for name in ("bin/caffe", "python/caffe/_caffe.so"):
            (work / "stage" / name).parent.mkdir(parents=True)
            (work / "stage" / name).write_text("built", encoding="utf-8")
        return work / "stage"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(builder, "require_everything", lambda: None)
    monkeypatch.setattr(builder.source, "fetch", lambda cache, given: given)
    monkeypatch.setattr(builder.source, "unpack", lambda archive, target: target)
    monkeypatch.setattr(builder, "apply_all", lambda changes, tree: None)
    monkeypatch.setattr(builder, "_compile", fake_compile)
    monkeypatch.setattr(builder, "_versions", lambda options: {"compiler": "c++ 12"})
    monkeypatch.setattr(builder, "verify", lambda real: GOOD)

    def make(prefix: Path = tmp_path / "prefix", cuda: bool = False) -> Request:
        return Request.of(recipe.Options(cuda=cuda), prefix, 2, None)

    return make


def silent(line: str) -> None:
    """Takes the builder's progress."""


def entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_prefix_holds_the_build_and_its_manifest(request_for: Callable[..., Request], tmp_path: Path) -> None:
    request = request_for()
    assert build(request, silent)
    assert (request.prefix / "bin/caffe").read_text(encoding="utf-8") == "built"
    manifest = json.loads((request.prefix / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["recipe"] == recipe.recipe_hash(recipe.Options())
    assert manifest["source"]["sha256"] == recipe.SHA256
    assert len(manifest["edits"]) == len(recipe.CHANGES)
    assert any("weight decay ate the statistics" in reason for reason in manifest["edits"])
    assert manifest["options"]["cuda"] is False
    assert manifest["versions"] == {"compiler": "c++ 12"}
    # neither the work folder nor the log stays
    assert entries(tmp_path) == ["prefix"]


def test_second_call_builds_nothing(request_for: Callable[..., Request], monkeypatch: pytest.MonkeyPatch) -> None:
    build(request_for(), silent)

    def forbidden(*_: object) -> Path:
        raise AssertionError("compiled again")

    monkeypatch.setattr(builder, "_compile", forbidden)
    monkeypatch.setattr(builder, "require_everything", forbidden)
    lines: list[str] = []
    assert not build(request_for(), lines.append)
    assert lines == [f"already built: {request_for().prefix}"]


def test_older_recipe_is_replaced(request_for: Callable[..., Request]) -> None:
    prefix = request_for().prefix
    prefix.mkdir()
    (prefix / "manifest.json").write_text('{"recipe": "000000000000"}', encoding="utf-8")
    (prefix / "stale").touch()
    assert build(request_for(), silent)
    assert entries(prefix) == ["bin", "manifest.json", "python"]


def test_foreign_folder_is_left_alone(request_for: Callable[..., Request]) -> None:
    prefix = request_for().prefix
    prefix.mkdir()
    (prefix / "precious.txt").touch()
    with pytest.raises(LayerhintError, match="holds something that `make caffe` did not write"):
        build(request_for(), silent)
    assert entries(prefix) == ["precious.txt"]


def test_file_in_the_place_of_the_prefix_is_a_mistake(request_for: Callable[..., Request]) -> None:
    request_for().prefix.touch()
    with pytest.raises(LayerhintError, match="this is a file; expected a folder"):
        build(request_for(), silent)


def test_empty_folder_is_taken(request_for: Callable[..., Request]) -> None:
    request_for().prefix.mkdir()
    assert build(request_for(), silent)


def test_failed_check_leaves_no_prefix(
    request_for: Callable[..., Request], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(real: object) -> Probe:
        raise LayerhintError("it computes something else")

    monkeypatch.setattr(builder, "verify", refuse)
    with pytest.raises(LayerhintError, match="something else"):
        build(request_for(), silent)
    # the log stays for the person; nothing that could be found as a Caffe does
    assert entries(tmp_path) == ["prefix.log"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_nothing(
    request_for: Callable[..., Request],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    def stopped(request: Request, tree: Path, work: Path, *_: object) -> Path:
        (work / "half").write_text("built", encoding="utf-8")
        os.kill(os.getpid(), number)
        raise AssertionError("the signal did not end it")

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell ignores it for what it runs in the background.
    prefix = tmp_path / "builds" / "prefix"
    request_for(prefix)
    monkeypatch.setattr(builder, "_compile", stopped)
    try:
        assert run_command(build_caffe.main, ["--prefix", str(prefix)]) == 130
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
    assert capsys.readouterr().err == "stopped\n"
    assert entries(prefix.parent) == []


def test_compiler_error_is_quoted_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_text("[ 10%] Building a.o\na.cpp:3: error: no such thing\nmake: stopped\n", encoding="utf-8")
    assert builder._faults(log) == "a.cpp:3: error: no such thing"
    log.write_text("line 1\nline 2\n", encoding="utf-8")
    assert builder._faults(log) == "line 1\nline 2"


def test_what_cmake_says_is_quoted_whole(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    said = "CMake Error at cuda.cmake:24 (message):\n  the toolkit is\n\n  without cuBLAS"
    log.write_text(f"-- Found Boost\n  an indented line\n{said}\nCall Stack:\n  CMakeLists.txt:65\n", encoding="utf-8")
    assert builder._faults(log) == said.replace("\n\n", "\n")


def test_progress_is_reported_by_tenths() -> None:
    output: list[str] = []
    lines: list[str] = []
    script = "printf '[  4%%] a\\n[ 12%%] b\\n[ 19%%] c\\n[100%%] d\\n'; exit 3"
    assert builder._logged(["sh", "-c", script], output.append, lines.append) == 3
    assert lines == ["   10 %", "  100 %"]
    assert len(output) == 4


def test_cuda_without_nvcc_says_so(
    request_for: Callable[..., Request], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(builder, "find_nvcc", lambda: None)
    with pytest.raises(LayerhintError, match="--cuda: no CUDA compiler: nvcc"):
        build(request_for(cuda=True), silent)
    assert entries(tmp_path) == []


def test_jobs_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match="--jobs 0: expected at least 1"):
        Request.of(recipe.Options(), tmp_path, 0, None)


def test_missing_packages_make_one_apt_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites.shutil, "which", lambda tool: None if tool == "protoc" else f"/usr/bin/{tool}")
    absent = {"libboost-python-dev", "liblmdb-dev"}
    monkeypatch.setattr(prerequisites, "_usable", lambda library: library.package.debian not in absent)
    monkeypatch.setattr(prerequisites, "_importable", lambda module: module != "google.protobuf")
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 0)
    monkeypatch.setattr(prerequisites.Path, "is_file", lambda self: True)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    with pytest.raises(LayerhintError) as caught:
        prerequisites.require_everything()
    lines = str(caught.value).splitlines()
    apt = "  apt-get install -y --no-install-recommends protobuf-compiler libboost-python-dev liblmdb-dev"
    assert [line for line in lines if "apt-get" in line] == [apt]
    assert next(line for line in lines if "pip install" in line).endswith("-m pip install protobuf")
    assert lines[2].startswith(f"(lib{prerequisites.BOOST_PYTHON} belongs to Python 3.")


def test_in_a_conda_environment_what_is_missing_comes_from_conda(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path))
    absent = {"libboost-thread-dev", "libboost-regex-dev", "liblmdb-dev"}
    monkeypatch.setattr(prerequisites, "_usable", lambda library: library.package.debian not in absent)
    monkeypatch.setattr(prerequisites.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(prerequisites, "_importable", lambda module: True)
    monkeypatch.setattr(prerequisites.Path, "is_file", lambda self: True)
    with pytest.raises(LayerhintError) as caught:
        prerequisites.require_everything()
    assert str(caught.value).splitlines()[1:] == [
        "  conda env update --file environment.yml",
        "(the active environment lacks libboost-devel, lmdb)",
    ]


def test_the_conda_environment_has_all_that_is_checked() -> None:
    told = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    names = {re.match(r"[\w-]+", line)[0] for line in told if isinstance(line, str)}
    libraries = [library.package for library in prerequisites.LIBRARIES]
    packages = [prerequisites.COMPILER, prerequisites.PYTHON_HEADERS, *prerequisites.TOOLS.values(), *libraries]
    assert {package.conda for package in packages} <= names
    assert {"numpy", "python"} <= names


def test_a_conda_environment_is_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Headers below its include/, which no compiler looks into by itself, and libraries below its lib/."""
    asked: list[list[str]] = []
    monkeypatch.setattr(prerequisites, "_compiles", lambda text, flags, libraries=None: asked.append(flags) or True)
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path))
    assert prerequisites._usable(prerequisites.LIBRARIES[0])
    assert asked == [["-E", f"-I{tmp_path}/include"], ["-shared", "-fPIC", f"-L{tmp_path}/lib"]]


def test_without_a_compiler_every_library_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites.shutil, "which", lambda tool: None)
    missing = prerequisites.missing_packages()
    assert [package.debian for package in missing[:4]] == ["g++", "cmake", "make", "protobuf-compiler"]
    assert [library.package for library in prerequisites.LIBRARIES] == missing[-len(prerequisites.LIBRARIES) :]


@pytest.mark.skipif(shutil.which(prerequisites.compiler()) is None, reason="no C++ compiler on this machine")
def test_library_check_tells_present_from_absent() -> None:
    # every C++ toolchain has the standard library's headers and libm
    assert prerequisites._usable(prerequisites.Library(NOTHING, ("nowhere.hpp", "vector"), ("no_such_library", "m")))
    assert not prerequisites._usable(prerequisites.Library(NOTHING, ("nowhere.hpp",), ("m",)))
    assert not prerequisites._usable(prerequisites.Library(NOTHING, ("vector",), ("no_such_library",)))


def test_compiler_is_taken_from_cxx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "x86_64-conda-linux-gnu-c++")
    assert prerequisites.compiler() == "x86_64-conda-linux-gnu-c++"
    monkeypatch.delenv("CXX")
    assert prerequisites.compiler() == "c++"


def test_nvcc_is_taken_from_cudacxx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = tmp_path / "nvcc"
    compiler.touch(mode=0o755)
    monkeypatch.setenv("CUDACXX", str(compiler))
    assert prerequisites.find_nvcc() == compiler


def test_probe_names_each_fault() -> None:
    assert GOOD.faults() == []
    # sum of 0.999^k over k < 20, added up by hand: 1 + 0.999 + 0.998001 + ... = 19.8111
    assert sum(0.999**k for k in range(20)) == pytest.approx(BATCHNORM_FACTOR, rel=1e-12)
    bad = Probe("caffe", (), Gpu.READY, honours_weights=False, batchnorm_factor=15.26, gpu_loss=36.5)
    weights, statistics, gpu = bad.faults()
    assert "-weights" in weights
    assert "15.2600, expected 19.8111" in statistics
    # 9 w^2 with w = 2
    assert gpu == "on the GPU a loss that is 36 came out as 36.5"


@pytest.mark.parametrize(
    "line",
    ["Iteration 0, loss = 81", "Iteration 0 (0 iter/s, 0.01s/1 iters), loss = 81"],
    ids=["older", "Caffe 1.0"],
)
def test_first_loss_is_read_from_either_log_line(line: str) -> None:
    assert first_loss(f"I1123 solver.cpp:231] {line}\nI1123 solver.cpp:231] Iteration 1, loss = 3\n") == 81.0


def test_tool_says_what_is_wrong_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(build_caffe.main, ["--caffe-root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path} is no root folder of a built Caffe")


def test_tool_passes_its_options_on(
    request_for: Callable[..., Request],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[Request] = []
    monkeypatch.setattr(build_caffe, "build", lambda request, report: asked.append(request))
    arguments = ["--prefix", str(tmp_path / "here"), "--jobs", "3", "--source", "file.tar.gz"]
    assert run_command(build_caffe.main, [*arguments, "--cuda", "--cuda-architectures", "80;90"]) == 0
    wanted = Request(recipe.Options(True, "80;90"), tmp_path / "here", 3, Path("file.tar.gz"))
    assert asked == [wanted]


def test_log_without_a_loss_is_an_error() -> None:
    with pytest.raises(LayerhintError, match="logged no"):
        first_loss("Starting Optimization")
