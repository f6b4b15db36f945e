"""Files of a run: whole or not at all, with an error that names them, and nothing left of those that are dead."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from layerhint import files
from layerhint.errors import LayerhintError
from layerhint.files import make_folder
from layerhint.paths import ROOT
from torchcaffe.files import temporary


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    files.write_text(path, "old")
    files.write_text(path, "nüw\n")
    assert path.read_bytes() == "nüw\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EDQUOT, "free some space"), (errno.EFBIG, "ulimit -f")],
)
def test_no_room_leaves_the_old_file_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(LayerhintError, match=rf"cannot write .*a\.txt: .*{remedy}"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_to_do_knows_how_the_command_is_told_of_the_place(tmp_path: Path) -> None:
    """Without a word from the caller it names no option: the command may have none."""
    (tmp_path / "file").write_text("in the way")
    place = tmp_path / "file" / "a.txt"
    for remedy, said in (((), "Choose another place"), (("Choose another place with --shelf",), "place with --shelf")):
        with pytest.raises(LayerhintError, match=rf"cannot write .*a\.txt: .*\. .*{said}$"):
            files.write_text(place, "new", *remedy)
        with pytest.raises(LayerhintError, match=rf"cannot make the folder .*file: .*\. .*{said}$"):
            make_folder(tmp_path / "file", *remedy)


def test_what_a_killed_process_leaves_is_known(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from torchcaffe.files import write_bytes_atomically\n"
        "os.fsync = lambda _: os._exit(1)\n"
        "write_bytes_atomically(sys.argv[1], b'x')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.caffemodel")], cwd=ROOT, check=False)
    (left,) = tmp_path.iterdir()
    assert files.remove_leftovers([tmp_path]) == [left]


def test_leftovers_of_dead_processes_alone_are_removed(tmp_path: Path) -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    here = socket.gethostname()
    dead = tmp_path / "deep" / f".net1_iter_3.caffemodel.{here}.{done.pid}.0123abcd.tmp"
    elsewhere = tmp_path / f".net1_iter_3.caffemodel.not-{here}.{done.pid}.0123abcd.tmp"
    dead.parent.mkdir()
    alive = temporary(tmp_path / "a.txt")
    other = tmp_path / ".somebody.tmp"
    for path in (dead, alive, other, elsewhere):
        path.write_text("half")
    assert files.remove_leftovers([tmp_path]) == [dead]
    assert sorted(tmp_path.rglob("*.*")) == sorted([alive, other, elsewhere])
