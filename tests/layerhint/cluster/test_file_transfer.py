"""Files on their way between the driver and an attempt."""

import os
import time
from pathlib import Path

import pytest

from layerhint.cluster.file_transfer import FolderWatcher, pack, portable, receive, unpack
from layerhint.cluster.order import Parcel
from layerhint.errors import LayerhintError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def grown(path: Path, text: str, age: float = 10) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)
    os.utime(path, (time.time() - age, time.time() - age))


def test_files_keep_their_order_of_age_and_are_older_than_what_comes(tmp_path: Path) -> None:
    grown(Path("runs/init"), "initial", age=5)
    grown(Path("runs/snapshot"), "later", age=3)
    there = tmp_path / "there"
    unpack(there, pack([Path("runs/snapshot"), Path("runs/absent"), Path("runs/init")]))
    assert (there / "runs/init").read_text() == "initial"
    ages = [(there / f"runs/{name}").stat().st_mtime for name in ("init", "snapshot")]
    assert ages[1] - ages[0] == pytest.approx(2, abs=0.5)
    assert ages[1] < time.time() - 300 * 24 * 3600


@pytest.mark.parametrize("path", ["/etc/x", "../x", "runs/../../x"])
def test_nothing_leaves_the_repository(path: str, tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match="lies outside the repository"):
        portable(path)
    with pytest.raises(LayerhintError, match="lies outside the repository"):
        unpack(tmp_path, [Parcel(path, b"x")])
    with pytest.raises(LayerhintError, match="lies outside the repository"):
        receive(Parcel(path, b"x"))


def test_what_is_new_is_found_once(tmp_path: Path) -> None:
    there = tmp_path / "there"
    grown(there / "old", "laid")
    watcher = FolderWatcher(there, hidden={".own"})
    assert watcher.look(last=False) == ((), ())
    grown(there / ".own/order", "hidden")
    grown(there / "half.tmp", "hidden")
    grown(there / "w/x_iter_5.solverstate", "state")
    grown(there / "w/x_iter_5.caffemodel", "model")
    grown(there / "records/x.json", "record")
    parcels, gone = watcher.look(last=False)
    assert [(p.path, p.content) for p in parcels] == [
        ("w/x_iter_5.caffemodel", b"model"),
        ("w/x_iter_5.solverstate", b"state"),
        ("records/x.json", b"record"),
    ], "a solverstate after its caffemodel, records last"
    assert gone == ()
    assert watcher.look(last=True) == ((), ())
    (there / "old").unlink()
    assert watcher.look(last=True) == ((), ("old",))


def test_a_file_that_is_being_written_waits_but_a_log_does_not(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    watcher = FolderWatcher(there, hidden=())
    grown(there / "x.caffemodel", "half", age=0)
    grown(there / "x.log", "line 1\n", age=0)
    parcels, _ = watcher.look(last=False)
    assert [(p.path, p.content, p.start) for p in parcels] == [("x.log", b"line 1\n", 0)]
    grown(there / "x.caffemodel", " whole", age=5)
    grown(there / "x.log", "line 2\n", age=0)
    parcels, _ = watcher.look(last=False)
    assert {p.path: (p.content, p.start) for p in parcels} == {
        "x.caffemodel": (b"half whole", 0),
        "x.log": (b"line 2\n", 7),
    }


def test_a_log_that_was_begun_anew_comes_whole(tmp_path: Path) -> None:
    there = tmp_path / "there"
    grown(there / "x.log", "the log of an attempt before\n", age=60)
    watcher = FolderWatcher(there, hidden=())
    (there / "x.log").unlink()
    grown(there / "x.log", "new\n", age=0)
    (parcel,), _ = watcher.look(last=False)
    assert (parcel.content, parcel.start) == (b"new\n", 0)


def test_a_grown_file_is_received_where_it_goes_on() -> None:
    receive(Parcel("logs/x.log", b"line 1\nhalf"))
    receive(Parcel("logs/x.log", b"line 2\n", start=7))
    assert Path("logs/x.log").read_bytes() == b"line 1\nline 2\n"
