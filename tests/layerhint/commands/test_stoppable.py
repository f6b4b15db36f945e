"""A tool that its person stops says so in one line."""

import os
import signal
from collections.abc import Iterator

import pytest

from layerhint.commands.stoppable import stoppable


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Ctrl-C as on a terminal (a shell ignores it for what it runs in the background), and all as before afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_so(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        os.kill(os.getpid(), number)
        return 0

    assert stoppable(main) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_left_alone_it_gives_its_own_status() -> None:
    assert stoppable(lambda: 3) == 3
