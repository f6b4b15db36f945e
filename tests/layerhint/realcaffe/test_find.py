"""A real Caffe is found under CAFFE_ROOT, else under the prefix of the current recipe, else not at all."""

import json
import os
import sys
import sysconfig
from dataclasses import asdict
from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.realcaffe.find import default_prefix, find_real_caffe, open_root, read_manifest
from layerhint.realcaffe.recipe import Options, recipe_hash

CPU, CUDA = Options(), Options(cuda=True)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("CAFFE_ROOT", "CAFFE_PYTHON", "PYTHONPATH", "LD_LIBRARY_PATH"):
        monkeypatch.delenv(name, raising=False)


def lay_out(root: Path, binary: str = "bin/caffe", module: str = "python/caffe/_caffe.so") -> Path:
    for name in (binary, module):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def own_prefix(root: Path, options: Options = CPU, recipe: str | None = None, **python: str) -> Path:
    manifest = {
        "recipe": recipe or recipe_hash(options),
        "source": {"project": "brocolli-caffe", "version": "9.0.2"},
        "options": asdict(options),
        "python": {"soabi": sysconfig.get_config_var("SOABI"), "executable": "/elsewhere/python"} | python,
    }
    lay_out(root)
    (root / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return root


def test_nothing_built_gives_none() -> None:
    assert find_real_caffe() is None
    assert find_real_caffe(cuda=True) is None


def test_default_prefix_lies_in_the_cache(tmp_path: Path) -> None:
    assert default_prefix(CPU).parent == tmp_path / "cache/layerhint"
    assert default_prefix(CPU) != default_prefix(CUDA)


def test_default_prefix_is_found_and_says_what_it_is() -> None:
    prefix = own_prefix(default_prefix(CPU))
    found = find_real_caffe()
    assert found is not None
    assert (found.root, found.binary) == (prefix, prefix / "bin/caffe")
    assert found.pythonpath == prefix / "python"
    assert found.describe() == f"brocolli-caffe 9.0.2, CPU, recipe {recipe_hash(CPU)}, at {prefix}"
    assert find_real_caffe(cuda=True) is None


def test_cuda_prefix_serves_where_it_is_the_only_one() -> None:
    prefix = own_prefix(default_prefix(CUDA), CUDA)
    for found in (find_real_caffe(), find_real_caffe(cuda=True)):
        assert found is not None
        assert found.root == prefix
    own_prefix(default_prefix(CPU))
    cpu = find_real_caffe()
    assert cpu is not None
    assert cpu.root == default_prefix(CPU)


def test_a_cuda_prefix_for_other_gpus_is_found_too() -> None:
    options = Options(cuda=True, cuda_architectures="80")
    prefix = own_prefix(default_prefix(options), options)
    found = find_real_caffe(cuda=True)
    assert found is not None
    assert found.root == prefix != default_prefix(CUDA)


def test_of_several_cuda_prefixes_the_newest_counts() -> None:
    architectures = ("90", "80", "75")
    for age, name in zip((20, 0, 40), architectures, strict=True):
        options = Options(cuda=True, cuda_architectures=name)
        manifest = own_prefix(default_prefix(options), options) / "manifest.json"
        os.utime(manifest, (1e9 - age, 1e9 - age))
    found = find_real_caffe(cuda=True)
    assert found is not None
    assert found.manifest["options"]["cuda_architectures"] == "80"


def test_a_prefix_of_an_older_recipe_is_not_found(tmp_path: Path) -> None:
    own_prefix(tmp_path / "cache/layerhint/caffe-0123456789ab", recipe="0123456789ab")
    assert find_real_caffe() is None


def test_half_a_prefix_is_not_found() -> None:
    lay_out(default_prefix(CPU))  # no manifest: it is written last
    assert find_real_caffe() is None


def test_caffe_root_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_prefix(default_prefix(CPU))
    monkeypatch.setenv("CAFFE_ROOT", str(lay_out(tmp_path / "mine")))
    found = find_real_caffe()
    assert found is not None
    assert found.root == tmp_path / "mine"
    assert found.describe() == f"Caffe at {tmp_path / 'mine'}"


@pytest.mark.parametrize(
    ("binary", "module", "pythonpath"),
    [
        ("build/tools/caffe", "python/caffe/_caffe.so", "python"),
        (".build_release/tools/caffe.bin", "python/caffe/_caffe.so", "python"),
        ("bin/caffe", "lib/python3.8/site-packages/caffe/_caffe.so", "lib/python3.8/site-packages"),
        ("bin/caffe", "python/caffe/_caffe.cpython-38-x86_64-linux-gnu.so", "python"),
    ],
    ids=["cmake", "make", "conda", "tagged module"],
)
def test_layouts_of_other_builds(tmp_path: Path, binary: str, module: str, pythonpath: str) -> None:
    real = open_root(lay_out(tmp_path, binary, module))
    assert real.binary == tmp_path / binary
    assert real.pythonpath == tmp_path / pythonpath


@pytest.mark.parametrize(
    ("present", "lacking"),
    [("python/caffe/_caffe.so", "it lacks bin/caffe or"), ("bin/caffe", r"it lacks the module .*_caffe\.so")],
)
def test_caffe_root_without_a_caffe_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, present: str, lacking: str
) -> None:
    lay_out(tmp_path, present, present)
    monkeypatch.setenv("CAFFE_ROOT", str(tmp_path))
    with pytest.raises(LayerhintError, match=lacking):
        find_real_caffe()


def test_environment_of_an_own_prefix_needs_no_library_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (own_prefix(tmp_path) / "lib").mkdir()
    monkeypatch.setenv("PYTHONPATH", "/earlier")
    environment = open_root(tmp_path).environment
    assert environment["PYTHONPATH"] == f"{tmp_path / 'python'}{os.pathsep}/earlier"
    assert "LD_LIBRARY_PATH" not in environment


def test_environment_of_another_build_names_its_libraries(tmp_path: Path) -> None:
    lay_out(tmp_path, "build/tools/caffe")
    (tmp_path / "build/lib").mkdir()
    environment = open_root(tmp_path).environment
    assert environment["LD_LIBRARY_PATH"] == str(tmp_path / "build/lib")


def test_python_is_this_one_where_the_abi_is_the_same(tmp_path: Path) -> None:
    assert open_root(own_prefix(tmp_path)).python == Path(sys.executable)


def test_python_is_the_builders_where_the_abi_differs(tmp_path: Path) -> None:
    assert open_root(own_prefix(tmp_path, soabi="cpython-38")).python == Path("/elsewhere/python")


def test_python_of_a_conda_root_is_its_own(tmp_path: Path) -> None:
    lay_out(tmp_path, module="lib/python3.8/site-packages/caffe/_caffe.so")
    (tmp_path / "bin/python3").touch()
    assert open_root(tmp_path).python == tmp_path / "bin/python3"


def test_caffe_python_names_the_interpreter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAFFE_PYTHON", "/usr/bin/python3.8")
    assert open_root(lay_out(tmp_path)).python == Path("/usr/bin/python3.8")


@pytest.mark.parametrize("text", ["{", "[]", '{"other": 1}'])
def test_damaged_manifest_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(LayerhintError, match=r"manifest\.json.*delete the folder and build again"):
        read_manifest(tmp_path)
