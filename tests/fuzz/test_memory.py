"""What inputs leave behind is given back between them; what is still referred to is not."""

import gc
from collections.abc import Iterator

import pytest

from fuzz.limits import _data_bytes
from fuzz.memory import Upkeep, give_back, resident_bytes

MIB = 1 << 20


class Circle:
    """Garbage that only the collector finds."""

    def __init__(self, size: int) -> None:
        self.itself = self
        self.held = b"\xff" * size


@pytest.fixture(autouse=True)
def nothing_free_yet() -> Iterator[None]:
    """Nothing is left to be given back, and nothing comes between."""
    give_back()
    gc.disable()
    yield
    gc.enable()


def test_circles_of_garbage_are_given_back_once_they_weigh() -> None:
    upkeep = Upkeep(growth=50 * MIB)
    before = resident_bytes()
    Circle(100 * MIB)
    assert resident_bytes() > before + 90 * MIB
    upkeep.after_input()
    assert resident_bytes() < before + 50 * MIB


def test_below_the_growth_nothing_is_done() -> None:
    upkeep = Upkeep(growth=200 * MIB)
    before = resident_bytes()
    Circle(100 * MIB)
    upkeep.after_input()
    assert resident_bytes() > before + 90 * MIB


def test_what_is_in_use_stays_so_that_a_leak_shows() -> None:
    upkeep = Upkeep(growth=50 * MIB)
    before = resident_bytes()
    leak = b"\xff" * (100 * MIB)
    upkeep.after_input()
    assert resident_bytes() > before + 90 * MIB
    assert len(leak) == 100 * MIB


def test_what_a_large_input_has_used_is_no_room_for_the_next() -> None:
    Upkeep()
    before = _data_bytes()
    blocks = [bytearray(20 * MIB) for _ in range(20)]
    kept = bytearray(MIB // 2)  # Lies above them, where they come from one heap.
    assert _data_bytes() > before + 300 * MIB
    del blocks
    assert _data_bytes() < before + 100 * MIB
    assert kept
