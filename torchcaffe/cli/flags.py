"""The command line's flags, in the forms that gflags takes: -flag value, -flag=value, with one dash or two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from torchcaffe.errors import CaffeError
from torchcaffe.nearest import did_you_mean


class UsageError(CaffeError):
    """A command line that cannot be understood."""


def _flag(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass
class Flags:
    """The flags of all commands, as Caffe names them; `threads` and the defaults' meaning are the help's."""

    solver: str = _flag("", "the solver's prototxt (train)")
    model: str = _flag("", "the net's prototxt (test, time)")
    weights: str = _flag("", "caffemodels to start from, separated by ',' (train, test)")
    snapshot: str = _flag("", "the solverstate to go on from (train)")
    iterations: int = _flag(50, "how many batches to run (test, time)")
    gpu: str = _flag("", "the GPU to run on, by its number, or 'all' for the only one")
    phase: str = _flag("", "TRAIN or TEST: the net's phase (time)")
    level: int = _flag(0, "the net's level")
    stage: str = _flag("", "the net's stages, separated by ','")
    sigint_effect: str = _flag("stop", "what SIGINT and SIGTERM do: snapshot, stop or none (train)")
    sighup_effect: str = _flag("snapshot", "what SIGHUP does: snapshot, stop or none (train)")
    plain: bool = _flag(False, "run layer by layer as defined, without fused layers (train, test)")
    threads: int = _flag(0, "CPU threads to compute with; 0 leaves it to PyTorch")

    @property
    def stages(self) -> list[str]:
        return [stage.strip() for stage in self.stage.split(",") if stage.strip()]


# glog's flags that scripts for Caffe pass: all lines go to stderr here in any case.
_GLOG = {"logtostderr", "alsologtostderr"}
_HELP = {"h", "help"}


def parse(arguments: Sequence[str]) -> tuple[list[str], Flags, bool]:
    """The words that are no flags, the flags, and whether help is asked for. Raises `UsageError`."""
    words: list[str] = []
    flags = Flags()
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
            elif name not in _GLOG:
                _set(flags, name, value if equals else None, rest)
    return words, flags, wants_help


def _set(flags: Flags, name: str, value: str | None, rest: Iterator[str]) -> None:
    known = {f.name for f in fields(Flags)}
    if name not in known:
        raise UsageError(f"unknown flag '-{name}'.{did_you_mean(name, known)} The flags are {', '.join(sorted(known))}")
    if isinstance(getattr(flags, name), bool):
        setattr(flags, name, _truth(name, value))
        return
    if value is None:
        value = next(rest, None)
        if value is None:
            raise UsageError(f"the flag -{name} lacks its value: give -{name} VALUE or -{name}=VALUE")
    if isinstance(getattr(flags, name), int):
        setattr(flags, name, _number(name, value))
    else:
        setattr(flags, name, value)


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
    for f in fields(Flags):
        default = f" [{f.default}]" if f.default not in ("", None) else ""
        lines.append(f"  -{f.name:<15} {f.metadata['help']}{default}")
    return lines
