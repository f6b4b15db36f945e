"""Where the real Caffe is: the folder that CAFFE_ROOT names, else a prefix that this recipe built."""

import json
import os
import sys
import sysconfig
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.realcaffe.recipe import Options, recipe_hash

MANIFEST = "manifest.json"
# this project's own prefix, an installed Caffe, Caffe's Makefile and its CMake build
_BINARIES = ("bin/caffe", "build/tools/caffe", "build/tools/caffe.bin", ".build_release/tools/caffe.bin")
_LIBRARIES = ("lib", "build/lib", ".build_release/lib")


@dataclass(frozen=True)
class RealCaffe:
    """A real Caffe on this machine. It and torchcaffe never share a process: both define package `caffe`."""

    root: Path
    binary: Path
    pythonpath: Path
    python: Path
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The process environment under which `binary`, and `python` with `import caffe`, run."""
        variables = dict(os.environ)
        _prepend(variables, "PYTHONPATH", self.pythonpath)
        if not self.manifest:
            # a Caffe that this project builds finds its libraries itself
            for folder in reversed(_LIBRARIES):
                if (self.root / folder).is_dir():
                    _prepend(variables, "LD_LIBRARY_PATH", self.root / folder)
        return variables

    def describe(self) -> str:
        """One line for people and for run records: what it is and where."""
        if not self.manifest:
            return f"Caffe at {self.root}"
        source, options = self.manifest["source"], self.manifest["options"]
        device = "CUDA" if options["cuda"] else "CPU"
        made = f"{source['project']} {source['version']}, {device}, recipe {self.manifest['recipe']}"
        return f"{made}, at {self.root}"


def cache_root() -> Path:
    """The folder for built prefixes and downloads: $XDG_CACHE_HOME/layerhint, else ~/.cache/layerhint."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "layerhint"


def default_prefix(options: Options) -> Path:
    """The prefix of the current recipe with these options."""
    return cache_root() / f"caffe-{recipe_hash(options)}"


def find_real_caffe(cuda: bool = False) -> RealCaffe | None:
    """The Caffe under $CAFFE_ROOT if that is set, else the one that `make caffe` built, else None.

    Args:
        cuda: look for a CUDA prefix only; else for the CPU prefix, then for a CUDA one.

    Raises:
        LayerhintError: CAFFE_ROOT names a folder without a Caffe in it.
    """
    given = os.environ.get("CAFFE_ROOT")
    if given:
        return open_root(Path(given))
    prefixes = _current_prefixes()
    for wanted in (True,) if cuda else (False, True):
        if wanted in prefixes:
            return open_root(prefixes[wanted])
    return None


def _current_prefixes() -> dict[bool, Path]:
    """The built prefixes of the current recipe, without and with CUDA; of several for CUDA the newest."""
    found: dict[bool, Path] = {}
    for file in sorted(cache_root().glob(f"caffe-*/{MANIFEST}"), key=lambda file: file.stat().st_mtime):
        manifest = read_manifest(file.parent)
        options = _options(manifest)
        if manifest["recipe"] == recipe_hash(options):
            found[options.cuda] = file.parent
    return found


def _options(manifest: dict[str, Any]) -> Options:
    """The options of a build; an older manifest may lack some, or have others."""
    built_with = manifest["options"]
    return Options(**{option.name: built_with[option.name] for option in fields(Options) if option.name in built_with})


def open_root(root: Path) -> RealCaffe:
    """The Caffe in the folder `root`, as built by this project, by Caffe's own build, or by conda.

    Raises:
        LayerhintError: the `caffe` command or the Python package is not where any of these puts it.
    """
    root = root.resolve()
    binary = next((root / name for name in _BINARIES if (root / name).is_file()), None)
    packages = [root / "python", *sorted(root.glob("lib/python3*/site-packages"))]
    modules = [folder for folder in packages if any((folder / "caffe").glob("_caffe*.so"))]
    if binary is None or not modules:
        lacking = " or ".join(_BINARIES) if binary is None else "the module python/caffe/_caffe.so"
        raise LayerhintError(
            f"{root} is no root folder of a built Caffe: it lacks {lacking}; "
            "name another with CAFFE_ROOT or --caffe-root, or build one with `make caffe`"
        )
    manifest = read_manifest(root)
    return RealCaffe(root, binary, modules[0], _python_for(root, manifest), manifest)


def read_manifest(root: Path) -> dict[str, Any]:
    """The manifest of a prefix built by this project; empty where there is none.

    Raises:
        LayerhintError: the manifest is not readable.
    """
    file = root / MANIFEST
    if not file.is_file():
        return {}
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as fault:
        raise LayerhintError(f"{file}: {fault}; delete the folder and build again") from fault
    if not isinstance(manifest, dict) or "recipe" not in manifest:
        raise LayerhintError(f"{file}: not a manifest of `make caffe`; delete the folder and build again")
    return manifest


def _python_for(root: Path, manifest: dict[str, Any]) -> Path:
    """The interpreter that can import this _caffe: $CAFFE_PYTHON, one of the same ABI, or conda's."""
    given = os.environ.get("CAFFE_PYTHON")
    if given:
        return Path(given)
    if manifest.get("python", {}).get("soabi") not in (None, sysconfig.get_config_var("SOABI")):
        return Path(manifest["python"]["executable"])
    own = root / "bin" / "python3"
    return own if own.is_file() else Path(sys.executable)


def _prepend(variables: dict[str, str], name: str, folder: Path) -> None:
    rest = variables.get(name)
    variables[name] = f"{folder}{os.pathsep}{rest}" if rest else str(folder)
