"""The folders of a machine of the cluster."""

import hashlib
import shutil
import tempfile
from pathlib import Path

import pytest

from layerhint.cluster.scratch import find_data, keep_data, new_scratch, scratch_root
from layerhint.datasets.make import make_dataset
from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.errors import LayerhintError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_stays_while_its_lock_is_held() -> None:
    first, lock = new_scratch()
    second, other = new_scratch()
    assert first.is_dir()
    lock.close()
    third, last = new_scratch()
    assert [folder.is_dir() for folder in (first, second, third)] == [False, True, True]
    other.close()
    last.close()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    root = scratch_root()
    root.chmod(0o777)
    with pytest.raises(LayerhintError, match="not this user's alone"):
        new_scratch()
    root.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LayerhintError, match="not this user's alone"):
        new_scratch()


def test_a_data_set_is_seen_or_kept(tmp_path: Path) -> None:
    make_dataset("cifar10", tmp_path / "data", sample=True)
    made = tmp_path / "data" / "cifar10"
    wanted = dataset_fingerprint(made)
    assert find_data(wanted, made) == made
    assert find_data("0" * 64, made) is None
    hidden = tmp_path / "hidden"
    shutil.move(made, hidden)
    assert find_data(wanted, made) is None
    files = [(str(p.relative_to(hidden)), p.read_bytes()) for p in sorted(hidden.rglob("*")) if p.is_file()]
    sums = [(name, hashlib.sha256(text).hexdigest(), [text[:100], text[100:]]) for name, text in files]
    damaged = [(name, sha256, [*pieces, b"x"]) for name, sha256, pieces in sums]
    with pytest.raises(LayerhintError, match="arrived damaged"):
        keep_data(wanted, damaged)
    assert find_data(wanted, made) is None
    keep_data(wanted, sums)
    keep_data(wanted, sums)  # Another worker was faster.
    found = find_data(wanted, made)
    assert found is not None
    assert {str(p.relative_to(found)): p.read_bytes() for p in found.rglob("*") if p.is_file()} == dict(files)
    assert list(scratch_root().iterdir()) == [found], "nothing else is left"
