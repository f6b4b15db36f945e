"""The deploy nets of an experiment as files: the committed ones, or ones made on demand."""

from collections.abc import Iterator
from pathlib import Path

from layerhint.experiments.experiment import Experiment
from layerhint.files import write_text
from layerhint.paths import ROOT
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render
from layerhint.trainings.expand import expand
from layerhint.trainings.methods.own_teacher import teacher_tests
from layerhint.trainings.own_net import OwnNet


def deploy_nets(experiment: Experiment, folder: Path) -> Iterator[tuple[Path, str]]:
    """The file of each deploy net with the net's name, teacher first.

    Those of the repository's experiments are committed in generated/. For a user's own experiment they are written
    below `folder`, the user's own teacher too: up to its class scores, as it acts in tests.
    """
    if not experiment.is_own:
        yield from _of_trainings(experiment, Layout(), ROOT)
        return
    for test in teacher_tests([experiment]):
        path = folder / "teacher.prototxt"
        write_text(path, _deployed(test.net))
        yield path, test.folder
    layout = Layout.under(str(folder))
    texts = render(experiment, layout)
    for path, name in _of_trainings(experiment, layout, folder):
        write_text(path, texts[str(path)])
        yield path, name


def _of_trainings(experiment: Experiment, layout: Layout, root: Path) -> Iterator[tuple[Path, str]]:
    for training in expand(experiment):
        path = layout.deploy_net(training)
        if path is not None:
            yield root / path, training.folder.removesuffix("/plain")


def _deployed(net: OwnNet) -> str:
    """A user's own net as a deploy prototxt, from one image to its class scores."""
    shape = " ".join(f"dim: {size}" for size in (1, *dict(net.shapes)[net.input]))
    head = f'layer {{ name: "the images" type: "Input" top: "{net.input}" input_param {{ shape {{ {shape} }} }} }}\n'
    return head + "".join(f"layer {{\n{layer.text}}}\n" for layer in net.below([net.logits]))
