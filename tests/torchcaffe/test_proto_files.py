"""Atomic writes: the name holds the old content or all of the new."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from torchcaffe.errors import CaffeError
from torchcaffe.files import put_in_place, read_bytes, write_bytes_atomically

ROOT = Path(__file__).resolve().parents[2]


def test_write_and_replace(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_bytes_atomically(path, b"one")
    write_bytes_atomically(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_new_files_have_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes_atomically(tmp_path / "atomic", b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "no space is left on the device"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EACCES, "this user may not write there"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CaffeError) as caught:
        write_bytes_atomically(path, b"new")
    assert str(caught.value).startswith(f"cannot write {path}: {words}")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_real_lack_of_room_leaves_the_old_file(tmp_path: Path) -> None:
    """A limit on file sizes makes the system itself refuse the write part of the way."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    code = (
        "import resource, signal, sys\n"
        "from torchcaffe.errors import CaffeError\n"
        "from torchcaffe.files import write_bytes_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_bytes_atomically(sys.argv[1], bytes(100_000))\n"
        "except CaffeError as error: print(error)\n"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, path],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"cannot write {path}: it would be larger than this process may write: raise")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_bad_places(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CaffeError, match="the directory does not exist: create it first"):
        write_bytes_atomically(tmp_path / "none" / "a", b"")
    with pytest.raises(CaffeError, match="a part of its path is a file"):
        write_bytes_atomically(tmp_path / "file" / "a", b"")
    with pytest.raises(CaffeError, match="it is a directory: give a file name"):
        write_bytes_atomically(tmp_path, b"")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "big_disk").mkdir()
    link = tmp_path / "a.bin"
    link.symlink_to(tmp_path / "big_disk" / "a.bin")
    write_bytes_atomically(link, b"x")
    assert link.is_symlink()
    assert (tmp_path / "big_disk" / "a.bin").read_bytes() == b"x"


def test_the_content_is_on_the_device_before_the_name_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    names_at_sync: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: names_at_sync.append(path.exists()))
    write_bytes_atomically(path, b"new")
    assert names_at_sync == [False, True], "the file, then, under its name, the directory"


def test_a_whole_directory_takes_its_name(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "a").write_text("x")
    put_in_place(made, tmp_path / "final")
    assert (tmp_path / "final" / "a").read_text() == "x"


def test_read_bytes_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(CaffeError, match="it holds 5 bytes, and at most 4 can be read"):
        read_bytes(path, 4)
