"""The command line's flags, in the forms that gflags takes: -flag value, -flag=value, with one dash or two."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any

from torchcaffe.errors import CaffeError
from torchcaffe.nearest import did_you_mean


class UsageError(CaffeError):
    """A command line that cannot be understood."""


def _flag(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass
class TrainingFlags:
    """The flags of one of several trainings: given after its -solver, or for the first one also before it."""

    solver: str = ""
    weights: str = ""
    snapshot: str = ""
    log_file: str = ""


@dataclass
class Flags:
    """The flags of all commands, by Caffe's names.

    The fields of a training are those of the last -solver; `others` holds the earlier ones.
    """

    solver: str = _flag("", "the solver's prototxt; once for each of several trainings in lockstep (train)")
    model: str = _flag("", "the net's prototxt (test, time)")
    weights: str = _flag("", "caffemodels to start from, separated by ',' (train, test)")
    snapshot: str = _flag("", "the solverstate to continue from (train)")
    iterations: int = _flag(50, "how many batches to run (test, time)")
    gpu: str = _flag("", "the GPU to run on, by its number, or 'all', if there is just one")
    phase: str = _flag("", "TRAIN or TEST: the net's phase (time)")
    level: int = _flag(0, "the net's level")
    stage: str = _flag("", "the net's stages, separated by ','")
    sigint_effect: str = _flag("stop", "what SIGINT and SIGTERM do: snapshot, stop or none (train)")
    sighup_effect: str = _flag("snapshot", "what SIGHUP does: snapshot, stop or none (train)")
    plain: bool = _flag(False, "run layer by layer as defined, without fused layers (train, test)")
    precision: str = _flag(
        "float32", "float32 as in Caffe; faster: tf32, bf16, which round the factors of products (train, test)"
    )
    allow_python_layers: bool = _flag(False, "run Python layers: code that the prototxt names (train, test, time)")
    threads: int = _flag(0, "CPU threads to compute with; 0 leaves it to the snapshot, or to PyTorch")
    log_file: str = _flag("", "a file to add the training's log to, instead of stderr (train)")
    log_dir: str = _flag("", "a folder for the log, as a file there too ($GLOG_log_dir)")
    minloglevel: int = _flag(0, "what to log: 0 all, 1 warnings, 2 errors ($GLOG_minloglevel)")

    others: list[TrainingFlags] = field(default_factory=list)

    @property
    def stages(self) -> list[str]:
        return [stage.strip() for stage in self.stage.split(",") if stage.strip()]

    @property
    def trainings(self) -> list[TrainingFlags]:
        """One entry for each -solver, in their order."""
        return [*self.others, TrainingFlags(**{f.name: getattr(self, f.name) for f in fields(TrainingFlags)})]

    def begin_training(self) -> None:
        """Moves the flags of the last -solver to `others`, to make room for another."""
        self.others = self.trainings
        for f in fields(TrainingFlags):
            setattr(self, f.name, f.default)


# glog's flags that scripts for Caffe pass, without effect here: all lines go to stderr in any case, in one colour.
_GLOG_SWITCHES = {"logtostderr", "alsologtostderr", "colorlogtostderr"}
_GLOG_VALUES = {"stderrthreshold", "v", "vmodule"}
_FROM_ENVIRONMENT = ("log_dir", "minloglevel")
_HELP = {"h", "help"}


def parse(arguments: Sequence[str]) -> tuple[list[str], Flags, bool]:
    """Returns the words that are no flags, the flags, and whether help is asked for. Raises `UsageError`."""
    words: list[str] = []
    flags = _from_environment()
    wants_help = False
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            words.extend(rest)
        elif not argument.startswith("-") or argument == "-":
            words.append(argument)
        else:
            name, equals, value = argument.lstrip("-").partition("=")
            name = name.replace("-", "_")
            if name in _HELP:
                wants_help = True
            elif name in _GLOG_VALUES:
                _value(name, value if equals else None, rest)
            elif name.removeprefix("no") not in _GLOG_SWITCHES:
                _set(flags, name, value if equals else None, rest)
    return words, flags, wants_help


def _from_environment() -> Flags:
    """The default flags; those of glog come from the environment, as with glog."""
    flags = Flags()
    for name in _FROM_ENVIRONMENT:
        value = os.environ.get(f"GLOG_{name}")
        if value:
            _set(flags, name, value, iter(()))
    return flags


def _set(flags: Flags, name: str, value: str | None, rest: Iterator[str]) -> None:
    known = {f.name for f in _known()}
    if name not in known:
        raise UsageError(f"unknown flag '-{name}'.{did_you_mean(name, known)} The flags are {', '.join(sorted(known))}")
    if name == "solver" and flags.solver:
        flags.begin_training()
    if isinstance(getattr(flags, name), bool):
        setattr(flags, name, _truth(name, value))
        return
    value = _value(name, value, rest)
    if isinstance(getattr(flags, name), int):
        setattr(flags, name, _number(name, value))
    else:
        setattr(flags, name, value)


def _known() -> list[Field[Any]]:
    return [f for f in fields(Flags) if "help" in f.metadata]


def _value(name: str, value: str | None, rest: Iterator[str]) -> str:
    value = next(rest, None) if value is None else value
    if value is None:
        raise UsageError(f"the flag -{name} lacks its value: give -{name} VALUE or -{name}=VALUE")
    return value


def _truth(name: str, value: str | None) -> bool:
    if value not in (None, "true", "false"):
        raise UsageError(f"the flag -{name} takes no value, or =true or =false, got '{value}'")
    return value != "false"


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"the flag -{name} takes a whole number, got '{value}'") from None


def help_lines() -> list[str]:
    """One line for each flag, with its default."""
    lines = []
    width = max(len(f.name) for f in _known())
    for f in _known():
        default = f" [{f.default}]" if f.default not in ("", None) else ""
        lines.append(f"  -{f.name:<{width}} {f.metadata['help']}{default}")
    return lines
