"""Where the log of the command goes."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from torchcaffe.glog import log_to_stderr, logger

Result = tuple[int, str]


def test_a_log_file_as_glog_keeps_it(caffe: Callable[..., Result], folder: Path) -> None:
    status, err = caffe("train", "-solver", folder / "solver.prototxt", "-log_dir", folder)
    assert status == 0
    (file,) = folder.glob("caffe.*.log.INFO.*")
    assert re.fullmatch(rf"caffe\..+\..+\.log\.INFO\.\d{{8}}-\d{{6}}\.{os.getpid()}", file.name)
    link = folder / "caffe.INFO"
    assert link.readlink() == Path(file.name)
    created, machine, form, *log = link.read_text().splitlines()
    assert re.fullmatch(r"Log file created at: \d{4}/\d\d/\d\d \d\d:\d\d:\d\d", created)
    assert machine.startswith("Running on machine: ")
    assert form == "Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg"
    assert log == err.splitlines()


def test_the_link_points_at_the_latest(caffe: Callable[..., Result], folder: Path) -> None:
    (folder / "caffe.INFO").symlink_to("an older one")
    assert caffe("device_query", "-log_dir", folder)[0] == 0
    assert (folder / "caffe.INFO").readlink().name.endswith(str(os.getpid()))


def test_the_file_tells_what_ended_the_command(caffe: Callable[..., Result], folder: Path) -> None:
    status, err = caffe("train", "-solver", folder / "gone.prototxt", "-log_dir", folder)
    assert status == 1
    last = (folder / "caffe.INFO").read_text().splitlines()[-1]
    assert last[0] == "F"
    assert last.partition("] ")[2] == err.splitlines()[-1].removeprefix("error: ")


def test_a_program_that_shows_the_log_already_gets_each_line_once(caffe: Callable[..., Result], folder: Path) -> None:
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    log_to_stderr()
    try:
        status, err = caffe("train", "-solver", folder / "solver.prototxt")
        assert (status, err.count("] Creating Layer conv\n")) == (0, 1)
    finally:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_only_what_is_asked_for(caffe: Callable[..., Result], folder: Path) -> None:
    assert caffe("train", "-solver", folder / "solver.prototxt", "-minloglevel", "2") == (0, "")
    status, err = caffe("train", "-solver", folder / "gone.prototxt", "-minloglevel", "3")
    assert (status, err.count("\n")) == (1, 1)
