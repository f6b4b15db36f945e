"""Make data: the LMDBs and mean files of a data set."""

from pathlib import Path

from layerhint.datasets.make import make_dataset
from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.datasets.state import Dataset, dataset_state, origin_of
from layerhint.records import ids
from layerhint.records.step_results import MakeDataResult
from layerhint.steps.step import Context, Step


class MakeData(Step):
    """Makes a data set unless its own manifest says that it is up to date."""

    kind = MakeDataResult.kind

    def __init__(self, name: str, dataset: Dataset, folder: Path, sample: bool) -> None:
        super().__init__(ids.data(name), ())
        self.name = name
        self.dataset = dataset
        self.folder = folder
        self.sample = sample

    def inputs(self, context: Context) -> dict[str, str]:
        return {"sample": str(self.sample)}

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return (self.folder / self.name / "manifest.json",)

    def execute(self, context: Context) -> MakeDataResult:
        with context.display.tasks() as report:
            manifest = make_dataset(self.dataset, self.folder, sample=self.sample, progress=report)
        return MakeDataResult(
            dataset=self.name,
            folder=str(self.folder),
            train=manifest.train_count,
            test=manifest.test_count,
            seed=manifest.seed,
            content=dataset_fingerprint(self.folder / self.name),
        )

    def why_not(self, context: Context) -> str | None:
        """Raises LayerhintError for a folder of images that the data set could not be made of."""
        state = dataset_state(self.dataset, self.folder, sample=self.sample)
        if not state.up_to_date:
            origin_of(self.dataset, self.folder, None, self.sample).check()
        return (None if state.up_to_date else state.reason) or super().why_not(context)
