"""An experiment's YAML, up to the trainings that it means."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from fuzz.reader import Reader
from fuzz.readers.protocol import words_of
from layerhint.experiments.experiment import load_experiment
from layerhint.trainings.expand import expand

_EXPERIMENTS = Path(__file__).parents[2] / "experiments"


class ExperimentReader(Reader):
    text = True

    def seeds(self) -> Iterable[bytes]:
        for path in sorted(_EXPERIMENTS.glob("*.yaml")):
            if path.stem != "groups":
                yield path.read_bytes()
        for path in (Path(__file__).parents[2] / "examples" / "own").rglob("*.yaml"):
            yield path.read_bytes()

    def words(self) -> Iterable[str]:
        for path in _EXPERIMENTS.rglob("*.yaml"):
            yield from words_of(yaml.safe_load(path.read_bytes()))

    def read(self, data: bytes) -> None:
        expand(load_experiment(self.file(data, "experiment.yaml")))
