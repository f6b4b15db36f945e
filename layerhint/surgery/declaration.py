"""A surgery file as data: the net, which of its modules come from which caffemodel, and which are left random."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import Field

from layerhint.validation import Frozen, validated
from layerhint.yaml_io import read_mapping

Modules = Literal["all"] | tuple[str, ...]
"""The parts to take of a net: modules by name, or all of it."""


def in_module(layer: str, module: str) -> bool:
    """Whether a layer is the module itself or lies in it (`res1_1/conv1/bn` lies in `res1_1`)."""
    return layer == module or layer.startswith(f"{module}/")


def is_filled(layer: str, prefix: str, modules: Modules) -> bool:
    """Whether a source fills a layer of the target: `<prefix>X` takes layer `X`, if `X` is in one of `modules`."""
    if not layer.startswith(prefix):
        return False
    own = layer.removeprefix(prefix)
    return modules == "all" or any(in_module(own, module) for module in modules)


class Source(Frozen):
    """A caffemodel and the modules taken from it: target layer `<prefix>X` takes layer `X`.

    With `layers: all` every target layer whose name begins with the prefix does, and no layer of the source that lies
    in between may be left out (`layers_between`).
    """

    weights: str
    prefix: str = ""
    layers: Modules

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of the target's modules to fill; none if all that the target has are to be filled."""
        if self.layers == "all":
            return (self.prefix.rstrip("/"),) if self.prefix.rstrip("/") else ()
        return tuple(self.prefix + module for module in self.layers)

    def fills(self, layer: str) -> bool:
        """Whether this source is declared to fill the target's `layer`."""
        return is_filled(layer, self.prefix, self.layers)


class Declaration(Frozen):
    """A surgery file: the merged caffemodel `output` for `net`, whose random part is drawn with `seed`."""

    net: str
    seed: int = Field(ge=0)
    output: str
    sources: tuple[Source, ...] = ()
    random: tuple[str, ...] = ()

    def origins_of(self, layer: str) -> list[Source | None]:
        """Each source that is declared to fill the target's `layer`; None, at the end, if it is declared random."""
        filling: list[Source | None] = [source for source in self.sources if source.fills(layer)]
        return [*filling, None] if any(in_module(layer, module) for module in self.random) else filling

    def in_vain(self, layers: Collection[str]) -> list[tuple[str, Source | None]]:
        """The declared modules, by their names in the target, that contain none of its layers with params.

        With each its source, or None for one that is declared random.
        """
        declared: list[tuple[str, Source | None]] = [(module, None) for module in self.random]
        declared += [(module, source) for source in self.sources for module in source.modules]
        return [
            (module, source) for module, source in declared if not any(in_module(layer, module) for layer in layers)
        ]


def read_declaration(path: Path) -> Declaration:
    """Reads and validates a surgery file; `LayerhintError` names what is wrong with it."""
    return validated(Declaration, read_mapping(path), str(path))
