"""What a run records of an experiment: its rows, their trainings, the paper's numbers and claims."""

import itertools
from typing import Any, Literal

from layerhint.records.drawn_nets import DrawnNets
from layerhint.records.recorded import Recorded

Shows = Literal["table", "curves", "bars", "hint_losses"]
"""How the paper shows an experiment: a table, curves over Stage 2, bars of averages, hint losses over Stage 1."""

Measure = Literal["accuracy", "error"]
"""P_c, the test accuracy, or P_e = 100 - P_c."""

_OF_SCHEDULES = frozenset(
    ("base_lr", "gamma", "stepvalue", "max_iter", "single", "layer_wise", "concurrent", "iterations")
)
"""The last parts of those settings' names that are lengths and rates."""


class DescribedNet(Recorded):
    """A net, and the plain training that makes it, None if the experiment has none.

    A user's own teacher has a name instead of depth and filters, a test, `checked`, instead of a training, and the
    files and blobs that the user named.
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

    @property
    def label(self) -> str:
        return self.name if self.depth is None else f"ResNet-{self.depth}"

    @property
    def widths(self) -> str:
        """Its filters as the paper writes them: {16, 32, 64}; "" where there are none."""
        return "{" + ", ".join(map(str, self.filters)) + "}" if self.filters else ""


class DescribedMethod(Recorded):
    """A row: the ids of its Stage 2 nets and of its Stage 1 trainings.

    `stage1` is what the nets share or, where each has its own, net 1's; `stage1_of_others` has nets 2's, 3's, ...
    """

    method: str
    title: str
    nets: tuple[str, ...]
    stage1: tuple[str, ...]
    stage1_of_others: tuple[tuple[str, ...], ...]

    @property
    def trainings(self) -> tuple[str, ...]:
        """The ids of all its trainings, each after those it starts from."""
        return (*self.stage1, *itertools.chain.from_iterable(self.stage1_of_others), *self.nets)

    def nets_for(self, training: str) -> int:
        """How many nets the method must have for a training to be among them."""
        chains = (self.stage1, *self.stage1_of_others)
        for number, (net, stage1) in enumerate(itertools.zip_longest(self.nets, chains), start=1):
            if training == net or training in (stage1 or ()):
                return number
        return 1


class ReportedRow(Recorded):
    """What the paper prints of a row, in %: single nets, and their average, or the figure of a lone net."""

    nets: tuple[float, ...]
    average: float | None


UNREPORTED = ReportedRow(nets=(), average=None)
"""The reported figures of a row that the paper does not have."""


class ReportedFigures(Recorded):
    """What the paper prints of an experiment: accuracies or errors, in %."""

    measure: Measure
    teacher: float | None
    student: float | None
    methods: dict[str, ReportedRow]

    def of(self, key: str) -> ReportedRow:
        """The row of a method, or of the net that is the "teacher" or the "student"."""
        alone = {"teacher": self.teacher, "student": self.student}
        return ReportedRow(nets=(), average=alone[key]) if key in alone else self.methods.get(key, UNREPORTED)


class ExperimentDescription(Recorded):
    """An experiment, as a run records it.

    `against` is the experiment whose rows are shown beside this one's; it has no `nets`. A variant has the name of its
    base as `variant_of`, and its setting as `variant`. `file` is the user's own YAML file, None for an experiment of
    the repository. `papers_schedules` says whether lengths and rates are the paper's, times `scale`; None if the paper
    has none for the data set. As older records lack it, readers ask `has_papers_schedules`. `protocol` is a fingerprint
    of all numbers of the protocol and of the pairs of layers.
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
    measure: Measure
    teacher: DescribedNet
    student: DescribedNet
    methods: tuple[DescribedMethod, ...]
    reported: ReportedFigures | None
    against: "ExperimentDescription | None"
    nets: DrawnNets | None = None

    @property
    def base_name(self) -> str:
        """The name without the setting of a variant: `fig7` of `fig7@lambda=4`."""
        return self.name.partition("@")[0]

    @property
    def short(self) -> str:
        """What the paper calls it: Table 1."""
        return self.title.partition(":")[0]

    @property
    def own_trainings(self) -> tuple[str, ...]:
        """The ids of the trainings of its own rows, in the order of the table; each once."""
        plain = [net.training for net in (self.teacher, self.student) if net.training]
        rows = [i for row in self.methods for i in row.trainings]
        return tuple(dict.fromkeys([*plain, *rows]))

    @property
    def trainings(self) -> tuple[str, ...]:
        """The ids of all its trainings; those of the rows shown beside its own come last."""
        return tuple(dict.fromkeys([*self.own_trainings, *(self.against.trainings if self.against else ())]))

    @property
    def has_papers_schedules(self) -> bool | None:
        """`papers_schedules`, or what follows from an older record's settings; None if that is unknown.

        It is unknown for a user's own file, whose changes to the protocol an older record does not have.
        """
        if "papers_schedules" in self.model_fields_set:
            return self.papers_schedules
        if self.file:
            return None
        return not any(name.rpartition(".")[2] in _OF_SCHEDULES for name in self.overrides)

    @property
    def differs_from_paper(self) -> bool:
        """Whether it is known to have run at other lengths or rates than the paper's, or not on the whole data set."""
        return self.profile != "paper" or self.scale != 1 or self.has_papers_schedules is False

    @property
    def is_error(self) -> bool:
        """Whether its figures are errors, of which the smaller is the better."""
        return self.measure == "error"

    def reported_of(self, key: str) -> ReportedRow:
        """What the paper prints of a row of its own, by the method, "teacher" or "student"."""
        return self.reported.of(key) if self.reported else UNREPORTED

    def reading(self, switch: str, default: str) -> str:
        """The value of a switch, or `default` if the record has none."""
        return self.switches.get(switch, default)
