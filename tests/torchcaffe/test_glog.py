"""The log's handler, for which a full disk is an error, and nothing else; and the log of who says nothing of it."""

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import torchcaffe as caffe
from torchcaffe.glog import LogError, LogHandler, log_to_stderr, logger, sync_log

ALL = ("info", "warning", "error")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs Linux's full device")


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("torchcaffe", logging.INFO, __file__, 1, text, (), None)


@needs_full
def test_a_full_disk_is_an_error() -> None:
    stream = FULL.open("w", encoding="utf-8", buffering=1)
    with pytest.raises(LogError, match=r"the log cannot be written: No space left on device: free some space"):
        LogHandler(stream).handle(record("Iteration 1"))
    with pytest.raises(OSError, match="No space"):
        stream.close()


def test_another_fault_stays_logging_s(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    stream.close()
    LogHandler(stream).handle(record("Iteration 1"))
    assert "--- Logging error ---" in capsys.readouterr().err


def test_lines_are_put_on_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:
        handler = LogHandler(stream)
        logger.addHandler(handler)
        try:
            sync_log()
        finally:
            logger.removeHandler(handler)
        assert stream.fileno() in synced


@contextmanager
def untouched_logging() -> Iterator[None]:
    """Logging as Python begins, pytest's own handlers away. (It adds them after the fixtures of a test have run.)"""
    root, own = logging.getLogger(), (logger.handlers, logger.level, logger.propagate)
    handlers, root.handlers = root.handlers, []
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)
    try:
        yield
    finally:
        root.handlers, logger.handlers, logger.propagate = handlers, own[0], own[2]
        logger.setLevel(own[1])


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]


@untouched_logging()
def test_the_first_use_of_pycaffe_shows_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GLOG_minloglevel", raising=False)
    caffe.log("hello")
    caffe.log("again")
    log_to_stderr()
    caffe.init_log()
    caffe.log("once")
    assert said(capsys) == ["hello", "again", "once"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [("0", [*ALL]), ("1", ["warning", "error"]), ("3", []), ("9", []), ("all", [*ALL])],
)
@untouched_logging()
def test_glog_minloglevel_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], told: str, shown: list[str]
) -> None:
    """9 is more than there are; what is no number counts as 0, as with glog. An argument of `init_log` goes before."""
    monkeypatch.setenv("GLOG_minloglevel", told)
    for begin in (lambda: None, caffe.init_log):
        begin()
        caffe.log("info")
        logger.warning("warning")
        logger.error("error")
        assert said(capsys) == shown
    caffe.init_log(2)
    logger.warning("warning")
    logger.error("error")
    assert said(capsys) == ["error"]


@pytest.mark.parametrize("way", ["a handler", "a handler of the root", "a level"])
@untouched_logging()
def test_who_sets_the_log_up_is_left_alone(capsys: pytest.CaptureFixture[str], way: str) -> None:
    stream = io.StringIO()
    if way == "a level":
        logger.setLevel(logging.WARNING)
    else:
        (logger if way == "a handler" else logging.getLogger()).addHandler(logging.StreamHandler(stream))
        logger.setLevel(logging.INFO)
    caffe.log("hello")
    assert capsys.readouterr().err == ""
    assert stream.getvalue() == ("" if way == "a level" else "hello\n")


def run(code: str) -> str:
    """What a program writes to stderr."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stderr


def test_a_process_of_layerhint_stays_quiet_but_for_warnings() -> None:
    code = (
        "import layerhint, logging, torchcaffe as caffe; "
        "caffe.log('hello'); logging.getLogger('torchcaffe').warning('careful')"
    )
    assert run(code) == "careful\n"


def test_the_core_alone_and_an_import_stay_quiet(tmp_path: Path) -> None:
    """A net of the core, then one of pycaffe."""
    net = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 } } }'
    (tmp_path / "net.prototxt").write_text(net)
    code = f"""
import sys, torchcaffe as caffe, torchcaffe.pycaffe
from torchcaffe.net import Net
from torchcaffe.proto.text import read_net
Net(read_net({str(tmp_path / "net.prototxt")!r}))
print("so far", file=sys.stderr, flush=True)
caffe.Net({str(tmp_path / "net.prototxt")!r}, caffe.TEST)
"""
    before, _, after = run(code).partition("so far\n")
    assert before == ""
    assert "] Creating Layer in\n" in after
