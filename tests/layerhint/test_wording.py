"""How numbers, spans of time, shapes and engines are told."""

import pytest

from layerhint.wording import count, duration, engine_name, kilobytes, milliseconds, plural, spelt

AT = "brocolli-caffe 9.0.2, CPU, recipe 0123abcd"


def test_numbers() -> None:
    assert count(64000) == "64,000"
    assert [plural(number, "thread") for number in (0, 1, 4)] == ["0 threads", "1 thread", "4 threads"]
    assert spelt((64, 3, 5, 7)) == "64 x 3 x 5 x 7"
    assert kilobytes(701234) == "701 kB"
    assert [milliseconds(value) for value in (0.678, 12.34, 1234.5)] == ["0.68 ms", "12.3 ms", "1,234 ms"]


@pytest.mark.parametrize(
    ("seconds", "told"), [(45, "45 s"), (89, "89 s"), (720, "12 min"), (12240, "3.4 h"), (181440, "2.1 days")]
)
def test_spans_of_time(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ({"name": "torch", "version": "0.1.0", "torch": "2.13.0"}, "torchcaffe 0.1.0 (PyTorch 2.13.0)"),
        ({"name": "caffe", "version": f"{AT}, at /opt/caffe"}, AT),
        ({"name": "by hand"}, "trained by hand"),
        ({}, "not recorded"),
    ],
)
def test_engines(engine: dict[str, str], told: str) -> None:
    assert engine_name(engine) == told


def test_an_engine_without_what_it_stands_on() -> None:
    assert engine_name({"name": "torch", "version": "0.1.0", "torch": "2.13.0"}, whole=False) == "torchcaffe 0.1.0"
