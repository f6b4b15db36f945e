"""An experiment as the driver recorded it: its rows, their trainings, the paper's numbers and claims."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from layerhint.records.drawn_nets import DrawnNets
from layerhint.records.experiment_description import DescribedNet, ExperimentDescription, ReportedFigures, Shows
from layerhint.report.statistics.intervals import Sample, sample_of

NETS_IN_AN_AVERAGE = 3
"""The paper's averages are over three nets, whether or not it prints them."""
STEP = 0.01
"""It prints a net's figure with two decimals."""


@dataclass(frozen=True)
class Reported:
    """What the paper reports for a row, in %: single nets, and their average over `count` nets."""

    nets: tuple[float, ...] = ()
    average: float | None = None
    count: int = NETS_IN_AN_AVERAGE

    @property
    def sample(self) -> Sample | None:
        """Its average as printed, with the spread of its nets where those are printed."""
        if self.average is None:
            return None
        nets = sample_of(self.nets, STEP)
        return replace(nets, mean=self.average) if nets else Sample(self.average, self.count)


@dataclass(frozen=True)
class NetRecord:
    """A net of an experiment; `training` is the plain training that made it, None where none is part of it.

    A teacher that its owner has trained has a name instead of a depth and filters, and a test, `checked`, instead of
    a training.
    """

    depth: int | None
    filters: tuple[int, ...]
    training: str | None
    name: str = ""
    checked: str = ""

    @property
    def label(self) -> str:
        return self.name if self.depth is None else f"ResNet-{self.depth}"

    @property
    def widths(self) -> str:
        """Its filters as the paper writes them: {16, 32, 64}; "" where there are none."""
        return "{" + ", ".join(map(str, self.filters)) + "}" if self.filters else ""


@dataclass(frozen=True)
class MethodRow:
    """A method of an experiment: the ids of its Stage 2 nets and of its Stage 1 trainings.

    Where Stage 1 is repeated for each net, `stage1` is net 1's, and `others` has those of nets 2, 3, ...
    """

    method: str
    title: str
    nets: tuple[str, ...]
    stage1: tuple[str, ...]
    others: tuple[tuple[str, ...], ...] = ()

    @property
    def trainings(self) -> tuple[str, ...]:
        """All of them, each after those it starts from."""
        return (*self.stage1, *itertools.chain.from_iterable(self.others), *self.nets)

    def nets_for(self, training: str) -> int:
        """How many nets the method must have for a training to be among them."""
        for number, (net, stage1) in enumerate(itertools.zip_longest(self.nets, (self.stage1, *self.others)), start=1):
            if training == net or training in (stage1 or ()):
                return number
        return 1


@dataclass(frozen=True)
class ExperimentRecord:
    """An experiment. `measure` is "accuracy" (P_c) or "error" (P_e = 100 - P_c).

    `against` is the experiment whose rows stand beside its own; `variant_of` the name of the one that it is a variant
    of, by the setting `variant`. `nets` says how its nets are to be drawn; `file` is the YAML of one's own that it was
    read from. `papers_schedules` says whether lengths and rates are the paper's, times `scale`; None where the paper
    has none for the data set, or that is not recorded. What records of older versions lack has its default.
    """

    name: str
    title: str
    heading: str
    dataset: str
    profile: str
    scale: float
    measure: str
    teacher: NetRecord
    student: NetRecord
    methods: tuple[MethodRow, ...]
    reported: Mapping[str, Reported]
    shows: Shows = "table"
    claims: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    independent_stage1: bool = False
    switches: Mapping[str, str] = field(default_factory=dict)
    variant_of: str | None = None
    variant: str = ""
    against: "ExperimentRecord | None" = None
    nets: DrawnNets | None = None
    file: str | None = None
    papers_schedules: bool | None = True

    @property
    def base_name(self) -> str:
        """The name without the setting of a variant: `fig7` of `fig7@lambda=4`."""
        return self.name.partition("@")[0]

    @property
    def own_trainings(self) -> tuple[str, ...]:
        """The ids of the trainings of its own rows, in the order of the table; each once."""
        plain = [net.training for net in (self.teacher, self.student) if net.training]
        rows = [i for row in self.methods for i in row.trainings]
        return tuple(dict.fromkeys([*plain, *rows]))

    @property
    def trainings(self) -> tuple[str, ...]:
        """The ids of all its trainings, those of the rows beside its own last."""
        return tuple(dict.fromkeys([*self.own_trainings, *(self.against.trainings if self.against else ())]))

    @property
    def short(self) -> str:
        """What the paper calls it: Table 1."""
        return self.title.partition(":")[0]

    @property
    def differs_from_paper(self) -> bool:
        """Whether it is known to have run at other lengths or rates than the paper's, or not on the whole data set."""
        return self.profile != "paper" or self.scale != 1 or self.papers_schedules is False

    @property
    def is_error(self) -> bool:
        """Whether its figures are errors, of which the smaller is the better."""
        return self.measure == "error"

    def reading(self, switch: str, default: str) -> str:
        """The chosen reading of one of the paper's open points."""
        return self.switches.get(switch, default)


def experiment_of(described: ExperimentDescription) -> ExperimentRecord:
    """An experiment from its record."""
    return ExperimentRecord(
        name=described.name,
        title=described.title,
        heading=described.heading,
        dataset=described.dataset,
        profile=described.profile,
        scale=described.scale,
        measure=described.measure,
        teacher=_net(described.teacher),
        student=_net(described.student),
        methods=tuple(
            MethodRow(row.method, row.title, row.nets, row.stage1, row.stage1_of_others) for row in described.methods
        ),
        reported=_reported(described.reported),
        shows=described.shows,
        claims=described.claims,
        comparisons=described.comparisons,
        overrides=described.overrides,
        independent_stage1=described.independent_stage1,
        switches=described.switches,
        variant_of=described.variant_of,
        variant=described.variant or "",
        against=experiment_of(described.against) if described.against else None,
        nets=described.nets,
        file=described.file,
        papers_schedules=_papers_schedules(described),
    )


_OF_SCHEDULES = frozenset(
    ("base_lr", "gamma", "stepvalue", "max_iter", "single", "layer_wise", "concurrent", "iterations")
)


def _papers_schedules(described: ExperimentDescription) -> bool | None:
    """An older record tells its settings alone, and not what a file of one's own changed."""
    if described.says_schedules:
        return described.papers_schedules
    if described.file:
        return None
    return not any(name.rpartition(".")[2] in _OF_SCHEDULES for name in described.overrides)


def _net(net: DescribedNet) -> NetRecord:
    return NetRecord(net.depth, net.filters, net.training, net.name, net.checked)


def _reported(figures: ReportedFigures | None) -> Mapping[str, Reported]:
    alone = {"teacher": figures.teacher if figures else None, "student": figures.student if figures else None}
    plain = {role: Reported(average=figure, count=1) for role, figure in alone.items()}
    rows = {method: Reported(row.nets, row.average) for method, row in figures.methods.items()} if figures else {}
    return {**plain, **rows}
