"""Builds a real Caffe beside its prefix, checks it, then renames it: an incomplete build is never found."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.realcaffe import recipe, source
from layerhint.realcaffe.cuda import cuda_settings
from layerhint.realcaffe.edits import apply_all
from layerhint.realcaffe.find import MANIFEST, cache_root, default_prefix, open_root, read_manifest
from layerhint.realcaffe.prerequisites import compiler, find_nvcc, require_everything, search_prefixes
from layerhint.realcaffe.probe import verify

Report = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """One call of tools/build_caffe.py."""

    options: recipe.Options
    prefix: Path
    jobs: int
    archive: Path | None = None

    @classmethod
    def of(cls, options: recipe.Options, prefix: Path | None, jobs: int | None, archive: Path | None) -> "Request":
        """Fills in the default prefix and one job per core.

        Raises:
            LayerhintError: fewer than one job.
        """
        jobs = os.cpu_count() or 1 if jobs is None else jobs
        if jobs < 1:
            raise LayerhintError(f"--jobs {jobs}: expected at least 1")
        return cls(options, (prefix or default_prefix(options)).absolute(), jobs, archive)


def build(request: Request, report: Report = print) -> bool:
    """Builds what is asked for; returns False, in seconds, where it is built already.

    Raises:
        LayerhintError: something is missing, the source is another one, the compiler failed, the prefix holds
            something else, or the built Caffe does not compute what it should.
    """
    identity = recipe.recipe_hash(request.options)
    if _is_built(request.prefix, identity):
        report(f"already built: {request.prefix}")
        return False
    if request.options.cuda and find_nvcc() is None:
        raise LayerhintError(
            "--cuda: no CUDA compiler: nvcc is not on PATH, in $CUDACXX or in /usr/local/cuda/bin; install "
            "NVIDIA's CUDA toolkit, or leave --cuda out"
        )
    require_everything()
    started = time.monotonic()
    request.prefix.parent.mkdir(parents=True, exist_ok=True)
    log = request.prefix.parent / f"{request.prefix.name}.log"
    with tempfile.TemporaryDirectory(dir=request.prefix.parent, prefix=f".{request.prefix.name}-") as name:
        work = Path(name)
        report(f"source: {recipe.ARCHIVE}")
        tree = source.unpack(source.fetch(cache_root() / "downloads", request.archive), work)
        changes = recipe.changes(request.options)
        report(f"edits: {len(changes)}")
        apply_all(changes, tree)
        stage = _compile(request, tree, work, log, report)
        seconds = round(time.monotonic() - started)
        _write_manifest(request, identity, stage, seconds)
        report("checking the built Caffe")
        verify(open_root(stage))
        _install(stage, request.prefix)
    log.unlink(missing_ok=True)
    report(f"built in {seconds // 60} min {seconds % 60} s: {request.prefix}")
    return True


def _is_built(prefix: Path, identity: str) -> bool:
    """Whether the prefix has this recipe's Caffe. Raises LayerhintError if it is no Caffe built here."""
    if not prefix.exists():
        return False
    if not prefix.is_dir():
        raise LayerhintError(f"--prefix {prefix}: this is a file; expected a folder, or nothing yet")
    found = read_manifest(prefix).get("recipe")
    if found is None and any(prefix.iterdir()):
        raise LayerhintError(
            f"--prefix {prefix}: the folder holds something that `make caffe` did not write; name another"
        )
    return bool(found == identity)


def _compile(request: Request, tree: Path, work: Path, log: Path, report: Report) -> Path:
    objects, stage = work / "build", work / "stage"
    settings = {
        "CMAKE_BUILD_TYPE": "Release",
        "CAFFE_SOURCE": str(tree),
        "Python3_EXECUTABLE": sys.executable,
        "CPU_ONLY": "OFF" if request.options.cuda else "ON",
        "CMAKE_PREFIX_PATH": ";".join(map(str, search_prefixes())),
    }
    if request.options.cuda:
        settings |= cuda_settings(request.options)
    lists = str(recipe.CMAKE_LISTS.parent)
    definitions = [f"-D{name}={value}" for name, value in settings.items()]
    with log.open("w", encoding="utf-8", buffering=1) as stream:
        report(f"compiling with {request.jobs} jobs; log: {log}")
        for command in (
            ["cmake", "-S", lists, "-B", str(objects), *definitions],
            ["cmake", "--build", str(objects), "--parallel", str(request.jobs)],
            ["cmake", "--install", str(objects), "--prefix", str(stage)],
        ):
            if _logged(command, stream.write, report) != 0:
                raise LayerhintError(f"`{' '.join(command[:3])} ...` failed; {log} ends:\n{_faults(log)}")
    return stage


def _logged(command: list[str], write: Callable[[str], object], report: Report) -> int:
    """Runs a command, its output to the log; reports make's progress at each tenth."""
    reported = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            write(line)
            found = re.match(r"\[ *(\d+)%\]", line)
            if found and int(found[1]) >= reported + 10:
                reported = int(found[1]) // 10 * 10
                report(f"  {reported:3d} %")
    return process.returncode


def _faults(log: Path) -> str:
    """The compiler's own error lines and what CMake says below its own, or the end of the log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors: list[str] = []
    said_by_cmake = False
    for line in lines:
        if re.search(r"\berror\b", line, re.IGNORECASE) or (said_by_cmake and line.startswith("  ")):
            errors.append(line)
        said_by_cmake = line.startswith("CMake Error") or (said_by_cmake and (not line or line.startswith("  ")))
    return "\n".join((errors or lines)[-15:])


def _write_manifest(request: Request, identity: str, stage: Path, seconds: int) -> None:
    manifest: dict[str, Any] = {
        "recipe": identity,
        "source": {"project": recipe.PROJECT, "version": recipe.VERSION, "sha256": recipe.SHA256},
        "edits": [change.describe() for change in recipe.changes(request.options)],
        "options": asdict(request.options),
        "python": {
            "version": platform.python_version(),
            "executable": sys.executable,
            "soabi": sysconfig.get_config_var("SOABI"),
        },
        "versions": _versions(request.options),
        "seconds": seconds,
    }
    (stage / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _versions(options: recipe.Options) -> dict[str, str]:
    tools = {
        "compiler": [compiler(), "--version"],
        "cmake": ["cmake", "--version"],
        "protoc": ["protoc", "--version"],
    }
    if options.cuda:
        tools["nvcc"] = [str(find_nvcc()), "--version"]
    found = {
        name: _line(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for name, command in tools.items()
    }
    return found | {"platform": platform.platform(), "numpy": metadata.version("numpy")}


def _line(text: str) -> str:
    """The line of a tool's version text that holds the version: nvcc's third, else the first."""
    lines = text.splitlines()
    return next((line for line in lines if "release" in line), lines[0])


def _install(stage: Path, prefix: Path) -> None:
    """Renames the stage to the prefix; an older recipe's Caffe there is removed."""
    old = stage.parent / "old"
    if prefix.exists():
        prefix.rename(old)
    stage.rename(prefix)
    if old.exists():
        shutil.rmtree(old)
