"""What a run records of an experiment: its rows, their trainings, the paper's numbers and claims."""

from typing import Any, Literal

from layerhint.records.drawn_nets import DrawnNets
from layerhint.records.recorded import Recorded

Shows = Literal["table", "curves", "bars", "hint_losses"]


class DescribedNet(Recorded):
    """A net, and the plain training that makes it, None where none is part of the experiment.

    A teacher that its owner has trained has a name in the place of depth and filters, a test, `checked`, in the place
    of a training, and the files that its owner named.
    """

    depth: int | None
    filters: tuple[int, ...]
    training: str | None
    checked: str = ""
    name: str = ""
    net: str = ""
    weights: str = ""
    logits: str = ""
    input: str = ""


class DescribedMethod(Recorded):
    """A row: the ids of its Stage 2 nets and of its Stage 1 trainings.

    `stage1` is what the nets share or, where each has its own, net 1's; `stage1_of_others` has nets 2's, 3's, ...
    """

    method: str
    title: str
    nets: tuple[str, ...]
    stage1: tuple[str, ...]
    stage1_of_others: tuple[tuple[str, ...], ...]


class ReportedRow(Recorded):
    """What the paper prints of a row, in %."""

    nets: tuple[float, ...]
    average: float | None


class ReportedFigures(Recorded):
    """What the paper prints of an experiment: accuracies or errors, in %."""

    measure: Literal["accuracy", "error"]
    teacher: float | None
    student: float | None
    methods: dict[str, ReportedRow]


class ExperimentDescription(Recorded):
    """An experiment.

    `against` is the experiment whose rows stand beside this one's; it has no `nets` to be drawn. `file` is the YAML of
    one's own that it was read from, None for an experiment of the repository. `papers_schedules` says whether lengths
    and rates are the paper's, times `scale`; None where the paper has none for the data set. `protocol` stands for all
    numbers of the protocol, and for the pairs of layers.
    """

    kind: Literal["experiment"]
    name: str
    file: str | None
    title: str
    heading: str
    dataset: str
    profile: str
    scale: float
    overrides: dict[str, Any]
    papers_schedules: bool | None = None
    protocol: str = ""
    independent_stage1: bool
    switches: dict[str, str]
    variant_of: str | None
    variant: str | None
    shows: Shows
    claims: tuple[str, ...]
    comparisons: tuple[str, ...] = ()
    measure: Literal["accuracy", "error"]
    teacher: DescribedNet
    student: DescribedNet
    methods: tuple[DescribedMethod, ...]
    reported: ReportedFigures | None
    against: "ExperimentDescription | None"
    nets: DrawnNets | None = None

    @property
    def says_schedules(self) -> bool:
        """Whether it says whose schedules they are, which older ones leave open."""
        return "papers_schedules" in self.model_fields_set
