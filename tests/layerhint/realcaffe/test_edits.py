"""Edits fit exactly or fail loudly; the recipe's hash changes with whatever changes the build."""

from dataclasses import replace
from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.realcaffe import recipe
from layerhint.realcaffe.edits import Edit, EditError, Removal, apply_all


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/net.cpp").write_text("alpha\nbeta\nbeta\n", encoding="utf-8")
    return tmp_path


def test_edit_replaces_every_expected_occurrence(tree: Path) -> None:
    Edit("src/net.cpp", "beta\n", "gamma\n", "why", count=2).apply(tree)
    assert (tree / "src/net.cpp").read_text(encoding="utf-8") == "alpha\ngamma\ngamma\n"


@pytest.mark.parametrize(("find", "found"), [("delta", 0), ("beta", 2)])
def test_edit_that_does_not_fit_fails_and_leaves_the_file(tree: Path, find: str, found: int) -> None:
    with pytest.raises(EditError, match=rf"src/net\.cpp.*'{find}' was found {found} times, expected 1"):
        Edit("src/net.cpp", find, "x", "why").apply(tree)
    assert (tree / "src/net.cpp").read_text(encoding="utf-8") == "alpha\nbeta\nbeta\n"


@pytest.mark.parametrize("change", [Edit("src/gone.cpp", "a", "b", "why"), Removal("src/gone.cpp", "why")])
def test_change_of_a_missing_file_fails(tree: Path, change: Edit | Removal) -> None:
    with pytest.raises(EditError, match=r"src/gone\.cpp: the file is not in the source tree"):
        change.apply(tree)


def test_removal_deletes(tree: Path) -> None:
    Removal("src/net.cpp", "why").apply(tree)
    assert not (tree / "src/net.cpp").exists()


def test_apply_all_stops_at_the_first_that_does_not_fit(tree: Path) -> None:
    with pytest.raises(LayerhintError):
        apply_all(
            [
                Edit("src/net.cpp", "alpha", "first", "fits"),
                Edit("src/net.cpp", "delta", "second", "does not fit"),
                Removal("src/net.cpp", "would fit"),
            ],
            tree,
        )
    assert (tree / "src/net.cpp").read_text(encoding="utf-8") == "first\nbeta\nbeta\n"


def test_every_change_says_why_and_edits_the_tree_only() -> None:
    for change in recipe.changes(recipe.Options(cuda=True)):
        assert len(change.reason) > 15
        assert not Path(change.path).is_absolute()
        assert ".." not in Path(change.path).parts


def test_every_edit_changes_something() -> None:
    edits = [change for change in recipe.changes(recipe.Options(cuda=True)) if isinstance(change, Edit)]
    assert edits
    assert all(edit.find != edit.replace for edit in edits)


def test_cuda_adds_its_own_changes() -> None:
    plain, cuda = recipe.changes(recipe.Options()), recipe.changes(recipe.Options(cuda=True))
    assert cuda[: len(plain)] == plain
    # the three device properties that CUDA 13 removed
    assert len(cuda) - len(plain) == 3


def test_hash_names_12_hex_digits_and_is_stable() -> None:
    first = recipe.recipe_hash(recipe.Options())
    assert len(first) == 12
    assert int(first, 16) >= 0
    assert recipe.recipe_hash(recipe.Options()) == first


def test_hash_changes_with_each_ingredient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = {recipe.recipe_hash(recipe.Options()), recipe.recipe_hash(recipe.Options(cuda=True))}
    seen.add(recipe.recipe_hash(recipe.Options(cuda=True, cuda_architectures="80")))
    with monkeypatch.context() as patch:
        edit = next(change for change in recipe.CHANGES if isinstance(change, Edit))
        patch.setattr(recipe, "CHANGES", (replace(edit, replace="another"), *recipe.CHANGES[1:]))
        seen.add(recipe.recipe_hash(recipe.Options()))
    with monkeypatch.context() as patch:
        patch.setattr(recipe, "SHA256", "0" * 64)
        seen.add(recipe.recipe_hash(recipe.Options()))
    with monkeypatch.context() as patch:
        lists = tmp_path / "CMakeLists.txt"
        lists.write_text("another", encoding="utf-8")
        patch.setattr(recipe, "CMAKE_LISTS", lists)
        seen.add(recipe.recipe_hash(recipe.Options()))
    with monkeypatch.context() as patch:
        patch.setattr(recipe.sysconfig, "get_config_var", lambda name: "cpython-399")
        seen.add(recipe.recipe_hash(recipe.Options()))
    assert len(seen) == 7


def test_cuda_architectures_do_not_touch_the_cpu_prefix() -> None:
    assert recipe.recipe_hash(recipe.Options()) == recipe.recipe_hash(recipe.Options(cuda_architectures="80"))
