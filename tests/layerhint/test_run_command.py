"""A command line says in one line what went wrong, and that it was stopped."""

import os
import signal
from collections.abc import Iterator

import pytest

from layerhint.errors import LayerhintError
from layerhint.run_command import run_command
from torchcaffe.errors import ProtoError


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
    assert run_command(lambda _: os.kill(os.getpid(), number)) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_left_alone_it_gives_its_own_status() -> None:
    assert run_command(lambda _: 3) == 3
    assert run_command(lambda _: None) == 0
    assert run_command(lambda arguments: len(arguments or ()), ["two", "words"]) == 2


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (LayerhintError("name a training"), "name a training"),
        (ProtoError("net.prototxt: no net"), "net.prototxt: no net"),
        (PermissionError(13, "Permission denied", "data"), "[Errno 13] Permission denied: 'data'"),
    ],
)
def test_a_mistake_is_one_line(mistake: Exception, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    def main(_: object) -> None:
        raise mistake

    assert run_command(main) == 1
    assert capsys.readouterr().err == f"error: {said}\n"


def test_a_fault_of_the_program_is_no_mistake() -> None:
    def main(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_command(main)
