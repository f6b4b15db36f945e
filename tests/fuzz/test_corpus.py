"""Each reader of foreign files: what fuzzing has found before, and some new inputs. `make fuzz` runs long."""

import random
import time
from pathlib import Path

import pytest

from fuzz import corpus
from fuzz.judge import judge
from fuzz.mutate import Mutator
from fuzz.reader import MAX_BYTES
from fuzz.readers import READERS, reader_class

SECONDS_EACH = 1.5
"""By the processor's clock, so that all of it takes about half a minute."""


@pytest.mark.parametrize("name", READERS)
def test_the_kept_inputs_are_read_or_refused(name: str, tmp_path: Path) -> None:
    reader = reader_class(name)(tmp_path)
    for path in corpus.kept(name):
        assert path.stat().st_size <= MAX_BYTES
        assert judge(reader, path.read_bytes()) is None, f"{name}/{path.name}"


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_new_inputs_are_read_or_refused(name: str, tmp_path: Path) -> None:
    """The same ones each time on the same machine, as many as there is time for."""
    reader = reader_class(name)(tmp_path)
    seeds = [*reader.seeds()]
    mutator = Mutator(random.Random(2), [word.encode() for word in reader.words()], seeds)
    end = time.process_time() + SECONDS_EACH
    while time.process_time() < end:
        data = mutator.change(mutator.rng.choice(seeds), MAX_BYTES, reader.text)
        finding = judge(reader, data)
        assert finding is None, f"{finding}, by the input {corpus.keep(name, data, tmp_path / 'found')}"


@pytest.mark.parametrize("name", READERS)
def test_a_valid_file_is_read(name: str, tmp_path: Path) -> None:
    """A reader that refused everything would find nothing."""
    reader = reader_class(name)(tmp_path)
    reader.read(next(iter(reader.seeds())))


def test_every_kept_input_belongs_to_a_reader() -> None:
    assert {path.name for path in corpus.KEPT.iterdir()} <= READERS.keys()
