"""What the tests of lint share: an experiment's files, and what lint finds once some of their text is broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.lint import Finding, lint
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render

PAIR = "generated/cifar100/resnet14-resnet8"
"""Where the files of `hints` are."""


@dataclass(frozen=True)
class Generated:
    """Experiments and the files that they make."""

    experiments: tuple[Experiment, ...]
    files: dict[str, str]

    def findings(self) -> tuple[Finding, ...]:
        return lint(self.experiments, Layout(), self.files)

    def edited(self, file: str, old: str, new: str, layer: str | None = None, count: int = 1) -> "Generated":
        """With `old` replaced where it stands, `count` times in the file, or in one of its layers."""
        text = self.files[file]
        part = text if layer is None else layer_text(text, layer)
        assert text.count(part) == 1, f"{layer} is not in {file}"
        assert part.count(old) == count, f"{old!r} stands {part.count(old)} times in {layer or file}"
        return self.with_file(file, text.replace(part, part.replace(old, new)))

    def with_file(self, file: str, text: str) -> "Generated":
        return Generated(self.experiments, {**self.files, file: text})

    def without_layer(self, file: str, layer: str) -> "Generated":
        return self.edited(file, layer_text(self.files[file], layer), "")


def generated(*experiments: Experiment) -> Generated:
    return Generated(experiments, render(experiments))


@cache
def hints() -> Generated:
    """CIFAR-100, 14 to 8 layers: Hint-KD, concurrent hints and the proposed method, two nets of each."""
    return generated(load_experiment("fig10").with_nets(2))


@cache
def of(name: str, *methods: str, **overrides: Any) -> Generated:
    """Two nets of an experiment's methods."""
    return generated(load_experiment(name, overrides).with_methods(methods).with_nets(2))


def layer_text(text: str, layer: str) -> str:
    """A layer as a generated file has it, on one line or on several."""
    at = text.index(f'name: "{layer}" type:')
    start = text.rindex("layer {", 0, at)
    line_end = text.index("\n", start)
    end = line_end if text[line_end - 1] == "}" else text.index("\n}\n", start) + 2
    return text[start : end + 1]


def assert_found(findings: Sequence[Finding], file: str, layer: str | None, *words: str) -> None:
    """Just one finding is of this file and layer and has all the words, in its fault and its remedy."""
    texts = [f"{f.fault}. {f.remedy}" for f in findings if (f.file, f.layer) == (file, layer)]
    matching = [text for text in texts if all(word in text for word in words)]
    assert len(matching) == 1, f"{words} in {texts or findings}"
