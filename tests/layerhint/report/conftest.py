"""An invented run of some of the paper's experiments, written once for all tests of the report; invented records."""

import shutil
from pathlib import Path

import pytest
from invented_run import Invented, write_run

from layerhint.experiments.experiment import load_experiment
from layerhint.report.reading.results import Results, read_results


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of Figures 7 and 9, of Table 5 with what stands beside it, and of two variants of Figure 7."""
    fig7, fig9, table5 = (load_experiment(name) for name in ("fig7", "fig9", "table5"))
    variants = (fig7.under("lambda", 4), fig7.under("middle_layer", "stage2_end"))
    return write_run(tmp_path_factory.mktemp("run"), Invented((fig7, *variants, fig9, table5)))


@pytest.fixture(scope="session")
def results(invented: Path) -> Results:
    return read_results(invented)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A copy of the records of `tests/cases/report` that a test may change."""
    return Path(shutil.copytree(Path(__file__).parents[2] / "cases/report/records", tmp_path / "records"))
