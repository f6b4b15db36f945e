"""Experiments as data: a YAML file, a data set's protocol, a profile and overrides, resolved."""

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment_file import (
    ExperimentFile,
    NetChoice,
    OwnTeacherChoice,
    PairChoice,
    Reported,
)
from layerhint.experiments.methods import Method
from layerhint.experiments.overrides import as_setting, merged, split_overrides
from layerhint.experiments.own_teacher import OwnTeacher, own_teacher
from layerhint.experiments.profiles import PAPER_PROFILE, profile_names, read_profile, shortened
from layerhint.experiments.protocol import A_NAME, NAME, Protocol
from layerhint.experiments.protocol_file import protocol_of, protocol_path
from layerhint.experiments.scaling import scaled_protocol
from layerhint.experiments.switches import OF_HINT_LAYERS, READINGS, Switches
from layerhint.paths import repository_folder, seen_from_root
from layerhint.records.experiment_description import Shows
from layerhint.validation import Frozen, nearest, validated
from layerhint.yaml_io import is_yaml, read_mapping


class Net(Frozen):
    """A ResNet's depth and the filters of its three stages."""

    depth: int
    filters: tuple[int, int, int]


class Experiment(Frozen):
    """One table or figure, ready to expand: nothing is left to look up.

    `profile` is "paper" or a file of experiments/profiles; `scale` is what the iteration counts were
    multiplied by; `overrides` are the switches and numbers set from outside, under the names they were given.
    `independent_stage1` repeats Stage 1 for each net. `pairs` are the hint and guided layers that its file names;
    without them the switches choose. `against` is another experiment, whose rows are shown beside this one's. A
    `variant` is its `base` with one other switch or number; they share the trainings that this does not change.
    """

    name: str
    title: str
    file: str
    protocol: Protocol
    teacher: Net | OwnTeacher
    student: Net
    pairs: tuple[PairChoice, ...]
    methods: tuple[Method, ...]
    nets: int
    stages: tuple[Literal[1, 2], ...]
    shows: Shows
    claims: tuple[str, ...]
    comparisons: tuple[str, ...]
    against: "Experiment | None"
    switches: Switches
    reported: Reported | None = None
    profile: str = PAPER_PROFILE
    profile_title: str | None = None
    data: Literal["full", "sample"] = "full"
    scale: float = 1.0
    overrides: dict[str, Any] = Field(default_factory=dict)
    independent_stage1: bool = False
    base: "Experiment | None" = None
    variant: str = ""

    @property
    def dataset(self) -> str:
        return self.protocol.dataset

    @property
    def is_own(self) -> bool:
        """Whether it was read from a user's own file, and not from the repository's experiments."""
        return _is_own(Path(self.file))

    @property
    def heading(self) -> str:
        """The title, with what sets this run apart from the paper's protocol."""
        notes = [self.profile_title] if self.profile_title else []
        if self.scale != 1:
            notes.append(f"schedules scaled by {self.scale:g}")
        notes += settings_of(self.overrides)
        notes += ["Stage 1 repeated for each net"] if self.independent_stage1 else []
        return f"{self.title} ({'; '.join(notes)})" if notes else self.title

    def scaled(self, factor: float) -> "Experiment":
        """All iteration counts times `factor` (see `scaled_protocol`)."""
        if not (math.isfinite(factor) and 0 < factor <= 100):
            raise LayerhintError(f"scale {factor:g}: expected a number above 0, up to 100; 1 is the paper's length")
        kept = any(key.endswith("moving_average_fraction") for key in self.overrides)
        protocol = scaled_protocol(self.protocol, factor, keep_window=kept)
        against = self.against and self.against.scaled(factor)
        return self.model_copy(update={"protocol": protocol, "scale": self.scale * factor, "against": against})

    def with_methods(self, methods: Iterable[str]) -> "Experiment":
        """The experiment with only these methods, in its own order."""
        wanted = list(methods)
        for method in wanted:
            if method not in self.methods:
                raise LayerhintError(f"{self.name} has no method {method!r}{nearest(method, self.methods)}")
        against = self.against and self.against.with_methods(wanted)
        return self.model_copy(update={"methods": tuple(m for m in self.methods if m in wanted), "against": against})

    def with_nets(self, nets: int) -> "Experiment":
        """The experiment with so many students of each method."""
        if not 1 <= nets <= 99:
            raise LayerhintError(f"nets {nets}: expected 1 to 99")
        return self.model_copy(update={"nets": nets, "against": self.against and self.against.with_nets(nets)})

    def with_independent_stage1(self) -> "Experiment":
        """Stage 1 once for each net, in place of one that the nets of a method share as the paper's do."""
        against = self.against and self.against.with_independent_stage1()
        return self.model_copy(update={"independent_stage1": True, "against": against})

    def asked_alike(self, other: "Experiment") -> "Experiment":
        """`other` with this one's choice of methods and nets."""
        chosen = other.with_methods(self.methods).with_nets(self.nets)
        return chosen.with_independent_stage1() if self.independent_stage1 else chosen

    def under(self, key: str, value: Any) -> "Experiment":
        """This experiment with one more switch or number set: a variant, named `<name>@<key>=<value>`."""
        loaded = load_experiment(
            Path(self.file), {**self.overrides, key: value}, profile=self.profile, scale=self.scale
        )
        changed = self.asked_alike(loaded)
        variant = settings_of({key: value})[0]
        against = self.against and self.against.under(key, value)
        update = {"name": f"{self.name}@{variant}", "base": self, "variant": variant, "against": against}
        return changed.model_copy(update=update)


def settings_of(overrides: Mapping[str, Any]) -> list[str]:
    """Overrides as they are written on the command line, without spaces."""
    return [f"{key}={','.join(map(str, v)) if isinstance(v, list | tuple) else v}" for key, v in overrides.items()]


def experiment_names() -> tuple[str, ...]:
    """The names of experiments/*.yaml."""
    folder = repository_folder("experiments")
    return tuple(sorted(path.stem for path in folder.glob("*.yaml") if path.stem != "groups"))


def groups() -> dict[str, tuple[str, ...]]:
    """The experiments of each group by its name, from experiments/groups.yaml."""
    path = repository_folder("experiments") / "groups.yaml"
    known = experiment_names()
    result: dict[str, tuple[str, ...]] = {}
    for group, members in read_mapping(path).items():
        if not isinstance(members, list) or not members:
            raise LayerhintError(f"{path}: `{group}`: expected a list of experiments")
        for member in members:
            if member not in known:
                raise LayerhintError(f"{path}: `{group}`: unknown experiment {member!r}{nearest(member, known)}")
        result[group] = tuple(members)
    return result


def resolve(name: str) -> tuple[str, ...]:
    """The experiments that a name on the command line means: a group's, an experiment, or a YAML file."""
    known_groups = groups()
    if name in known_groups:
        return known_groups[name]
    if is_file_name(name) or name in experiment_names():
        return (name,)
    if "." in name or "/" in name:
        raise LayerhintError(f"{name}: expected an experiment's name or its YAML file, which ends in .yaml or .yml")
    raise LayerhintError(f"unknown experiment or group {name!r}{nearest(name, [*known_groups, *experiment_names()])}")


def load_experiment(
    name_or_path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    *,
    profile: str = PAPER_PROFILE,
    scale: float = 1.0,
) -> Experiment:
    """The experiment of that name, or of a user's own YAML file.

    `overrides` maps switch names and number paths (`plain.max_iter`, or just `lambda`) to values. Numbers come from the
    protocol; the experiment's file, then the profile, then `overrides` replace some, and `scale` multiplies the result.
    Raises LayerhintError for anything absent, unknown, misspelt or out of range, naming file, key and remedy.
    """
    path = _experiment_path(name_or_path)
    file = validated(ExperimentFile, read_mapping(path), str(path))
    numbers = merged(protocol_of(file.dataset, path).model_dump(by_alias=True), file.numbers, str(path))
    if file.pairs:
        numbers["switches"] = {name: r for name, r in numbers["switches"].items() if name not in OF_HINT_LAYERS}
    validated(Protocol, numbers, str(path))
    short = read_profile(profile)
    if short:
        numbers = shortened(numbers, short, profile)
    its_protocol = seen_from_root(protocol_path(file.dataset, path))
    switched, overlay, settings = split_overrides(overrides or {}, numbers, its_protocol)
    protocol = validated(Protocol, merged(numbers, overlay, "--set"), str(path), settings)
    against = None
    if file.against is not None:
        against = load_experiment(file.against, overrides, profile=profile).with_methods(file.methods)
    experiment = Experiment(
        name=_name_of(path),
        title=file.title,
        file=str(path),
        protocol=protocol,
        teacher=_teacher(file.teacher, protocol, path),
        student=_net(file.student, protocol),
        pairs=file.pairs,
        methods=file.methods,
        nets=file.nets,
        stages=file.stages,
        shows=file.shows,
        claims=file.claims,
        comparisons=file.comparisons,
        against=against and against.model_copy(update={"nets": file.nets}),
        switches=_switches(file, switched, protocol, path),
        reported=file.reported,
        profile=profile,
        profile_title=short.title if short else None,
        data=short.data if short else "full",
        overrides=dict(overrides or {}),
    )
    return experiment if scale == 1 else experiment.scaled(scale)


def _is_own(path: Path) -> bool:
    return path.resolve().parent != repository_folder("experiments").resolve()


def _name_of(path: Path) -> str:
    """An experiment's name, which is that of its file. Raises LayerhintError for an unusable one.

    A user's own experiment cannot have a name of the repository's, since runs and records are found by it.
    """
    name = path.stem
    if not re.fullmatch(NAME, name):
        raise LayerhintError(f"{path}: the file's name is the experiment's: expected {A_NAME}; give the file another")
    if _is_own(path):
        known = {"an experiment": experiment_names(), "a group": groups(), "a profile": profile_names()}
        for kind, names in known.items():
            if name in names:
                raise LayerhintError(f"{path}: {name} is {kind} of the repository: give the file another name")
    return name


def _net(choice: NetChoice, protocol: Protocol) -> Net:
    return Net(depth=choice.depth, filters=choice.filters or protocol.network.filters)


def _teacher(choice: NetChoice | OwnTeacherChoice, protocol: Protocol, path: Path) -> Net | OwnTeacher:
    return _net(choice, protocol) if isinstance(choice, NetChoice) else own_teacher(choice, path)


def _switches(file: ExperimentFile, overrides: Mapping[str, Any], protocol: Protocol, path: Path) -> Switches:
    """The default of each switch, replaced by the file's value, and that by an override's."""
    chosen = {name: readings[0] for name, readings in protocol.switches.items()}
    chosen |= _checked_switches(file.switches, protocol, str(path))
    for name, reading in overrides.items():
        chosen |= _checked_switches({name: reading}, protocol, as_setting(name, reading))
    return validated(Switches, chosen, str(path))


def _checked_switches(changes: Mapping[str, Any], protocol: Protocol, origin: str) -> dict[str, str]:
    for name, reading in changes.items():
        if name not in protocol.switches:
            why = f"is no open point of {protocol.title}" if name in READINGS else "is unknown"
            raise LayerhintError(f"{origin}: switch `{name}` {why}{nearest(name, protocol.switches)}")
        readings = protocol.switches[name]
        if str(reading) not in readings:
            raise LayerhintError(f"{origin}: `{name}`: unknown value {reading!r}{nearest(reading, readings)}")
    return {name: str(reading) for name, reading in changes.items()}


def is_file_name(name: str) -> bool:
    """Whether a name on the command line is that of a YAML file."""
    return is_yaml(Path(name))


def _experiment_path(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, Path) or is_file_name(name_or_path):
        return Path(name_or_path)
    if name_or_path not in experiment_names():
        raise LayerhintError(f"unknown experiment {name_or_path!r}{nearest(name_or_path, experiment_names())}")
    return repository_folder("experiments") / f"{name_or_path}.yaml"
