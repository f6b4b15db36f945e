"""The lock of a run's folder: who holds it, who waits, and what a dead owner leaves."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.records.run_lock import FILE, held, locked, owner

HOLD = """
import sys, time
from pathlib import Path
from layerhint.records.run_lock import locked
with locked(Path(sys.argv[1]), print):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def close(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_free_folder_is_taken_and_given_back(tmp_path: Path) -> None:
    said: list[str] = []
    with locked(tmp_path / "run", said.append):
        described = owner(tmp_path / "run")
        assert described is not None
        assert f"process {os.getpid()} on " in described
    assert owner(tmp_path / "run") is None
    assert said == []


def test_the_second_waits_and_is_told_for_whom(tmp_path: Path) -> None:
    first = holder(tmp_path)
    said: list[str] = []

    def say(text: str) -> None:
        """Once it is known that this one waits, the first lets go."""
        said.append(text)
        assert first.stdin is not None
        first.stdin.write("\n")
        first.stdin.flush()

    with locked(tmp_path, say):
        assert len(said) == 1
        assert f"{tmp_path} is in use by process {first.pid} on " in said[0]
    close(first)


def test_a_dead_owner_holds_nothing(tmp_path: Path) -> None:
    first = holder(tmp_path)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert str(first.pid) in (tmp_path / FILE).read_text()  # It could not tidy up.
    assert owner(tmp_path) is None
    said: list[str] = []
    with locked(tmp_path, said.append):
        assert said == []


def test_an_owner_is_named_though_its_note_is_damaged(tmp_path: Path) -> None:
    first = holder(tmp_path)
    (tmp_path / FILE).write_text("{")
    assert owner(tmp_path) == "another process"
    close(first)


def test_no_folder_no_owner(tmp_path: Path) -> None:
    assert owner(tmp_path / "absent") is None


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LayerhintError, match="cannot make the folder"), locked(tmp_path / "file" / "run", print):
        pass


ORPHAN = """
import subprocess, sys
from pathlib import Path
from layerhint.records.run_lock import held, locked
with locked(Path(sys.argv[1]), print):
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, pass_fds=held())
    print(child.pid, flush=True)
    sys.stdin.readline()
"""


def test_a_child_of_a_killed_owner_is_waited_for(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    close(process)
    said: list[str] = []

    def say(text: str) -> None:
        """Once it is known that this one waits, the child ends."""
        said.append(text)
        os.kill(child, signal.SIGKILL)

    with locked(tmp_path, say):
        assert len(said) == 1
        assert f"what is left of process {process.pid} on " in said[0]


def test_a_child_that_is_left_holds_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path, print):
        assert len(held()) == 1
        child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, pass_fds=held())
    assert held() == ()
    said: list[str] = []
    with_child = threading.Thread(target=lambda: (child.kill(), child.wait()))
    with locked(tmp_path, lambda text: (said.append(text), with_child.start())):
        pass
    with_child.join()
    assert len(said) == 1


def test_a_note_that_cannot_be_written_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with (
        pytest.raises(LayerhintError, match=r"cannot write .*lock: No space is left .*free some space"),
        locked(tmp_path, print),
    ):
        pass
    monkeypatch.undo()
    assert owner(tmp_path) is None
