"""How a process ended, in words."""

import pytest

from layerhint.process_end import how_it_ended


@pytest.mark.parametrize(
    ("status", "printed", "words"),
    [
        (
            1,
            ["Traceback", "  File x", "RuntimeError: out of luck", ""],
            "it ended with status 1: RuntimeError: out of luck",
        ),
        (3, [], "it ended with status 3: it printed nothing"),
        (
            -8,
            ["x"],
            "it was ended by SIGFPE, which is a division of whole numbers by zero: is a stepsize or a stride 0?",
        ),
        (-11, ["x"], "it was ended by SIGSEGV"),
        (-99, ["x"], "it was ended by signal 99"),
    ],
)
def test_status_or_signal(status: int, printed: list[str], words: str) -> None:
    assert how_it_ended(status, printed) == words
