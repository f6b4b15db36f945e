"""A tool that its person stops says so in one line."""

import os
import signal
from collections.abc import Iterator

import pytest

from layerhint.commands.stoppable import stoppable


@pytest.fixture(autouse=True)
def same_handler_afterwards() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_so(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        os.kill(os.getpid(), number)
        return 0

    assert stoppable(main) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_left_alone_it_gives_its_own_status() -> None:
    assert stoppable(lambda: 3) == 3
