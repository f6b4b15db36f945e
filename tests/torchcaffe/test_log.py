"""The log's handler: a full disk is an error, and nothing else is."""

import io
import logging
from pathlib import Path

import pytest

from torchcaffe.log import LogError, LogHandler, logger, sync_log

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
