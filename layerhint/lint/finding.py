"""A fault of a generated file."""

from collections.abc import Sequence
from dataclasses import dataclass

_NAMED = 3  # How many layers of one fault a message names.


@dataclass(frozen=True)
class Finding:
    """Where (`layer` is None where the whole file is meant), what is wrong, and what to do about it."""

    file: str
    layer: str | None
    fault: str
    remedy: str


def faults_of(findings: Sequence[Finding]) -> str:
    """Findings as a message: one line for each fault of a file, with the layers that have it."""
    layers: dict[tuple[str, str, str], list[str]] = {}
    for found in findings:
        named = layers.setdefault((found.file, found.fault, found.remedy), [])
        named += [found.layer] if found.layer is not None else []
    count = "1 fault" if len(layers) == 1 else f"{len(layers)} faults"
    lines = "".join(f"\n  {file}: {_listed(at)}{fault}. {remedy}" for (file, fault, remedy), at in layers.items())
    return f"{count} in the generated files, which templates/ makes from experiments/:{lines}"


def _listed(layers: Sequence[str]) -> str:
    if not layers:
        return ""
    names = ", ".join(f"'{layer}'" for layer in layers[:_NAMED])
    more = f" and {len(layers) - _NAMED} more" if len(layers) > _NAMED else ""
    return f"{'layer' if len(layers) == 1 else 'layers'} {names}{more}: "
