"""Templates and an experiment's trainings to text: nets, solvers and surgery files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import jinja2

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.files import write_text
from layerhint.paths import repository_folder
from layerhint.rendering.frozen_layers import frozen_layers
from layerhint.rendering.layout import Layout
from layerhint.rendering.numbers import number
from layerhint.rendering.text_filters import quoted, shell_word, yaml_scalar
from layerhint.trainings.architecture import ResNet
from layerhint.trainings.expand import expand_all
from layerhint.trainings.methods.own_teacher import teacher_tests
from layerhint.trainings.trainings import Images, Training

Mode = Literal["GPU", "CPU"]


@dataclass(frozen=True)
class DataLayer:
    """Caffe's Data layer over one split."""

    source: str
    batch_size: int
    mean_file: str | None = None
    crop_size: int | None = None
    mirror: bool = False
    scale: float | None = None


def render(
    experiments: Experiment | Iterable[Experiment], layout: Layout | None = None, mode: Mode = "GPU"
) -> dict[str, str]:
    """Every generated file of the experiments: its path, as `layout` spells it, and its text.

    Raises LayerhintError where two experiments mean different trainings by one name.
    """
    layout = layout or Layout()
    chosen = [experiments] if isinstance(experiments, Experiment) else list(experiments)
    trainings = expand_all(chosen)
    by_id = {training.id: training for training in trainings}
    files: dict[str, str] = {}
    for training in trainings:
        files |= _render_training(training, by_id, layout, mode)
    for test in teacher_tests(chosen):
        data = _data_layer(test.dataset, test.images, test.batch_size, layout)
        context = {"t": test, "data": data, "net_file": layout.teacher_test(test)}
        files[layout.teacher_test(test)] = _text("nets/own_teacher_test.prototxt.j2", context)
    return files


def _render_training(training: Training, by_id: Mapping[str, Training], layout: Layout, mode: Mode) -> dict[str, str]:
    sources = training.init.sources if training.init else ()
    parents = [layout.source_weights(source, by_id) for source in sources]
    common = {"t": training, "layout": layout, "parents": parents, "mode": mode}
    folder = f"{layout.generated}/{training.folder}"
    files = {
        f"{folder}/{net.file}": _text(
            net.template,
            {
                **common,
                "f": net,
                "data": _data_layer(training.dataset, net.images, net.batch_size, layout),
                "bn": net.batch_norm,
            },
        )
        for net in training.net_files
    }
    files[layout.solver(training)] = _text("solvers/solver.prototxt.j2", common)
    surgery = layout.surgery(training)
    if surgery:
        files[surgery] = _text("solvers/surgery.yaml.j2", common)
    return files


def _data_layer(dataset: str, images: Images, batch_size: int, layout: Layout) -> DataLayer:
    return DataLayer(
        source=layout.database(dataset, images.split),
        batch_size=batch_size,
        mean_file=layout.mean_file(dataset, images.mean, images.split) if images.mean else None,
        crop_size=images.crop_size,
        mirror=images.mirror,
        scale=images.scale,
    )


def _text(template: str, context: Mapping[str, object]) -> str:
    try:
        return _environment().get_template(template).render(context)
    except jinja2.TemplateError as error:
        raise LayerhintError(f"templates/{template}: {error}") from error


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(repository_folder("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"number": number, "quoted": quoted, "shell": shell_word, "yaml": yaml_scalar}
    environment.filters["frozen_layers"] = frozen_layers
    environment.tests["resnet"] = lambda net: isinstance(net, ResNet)
    return environment


def write(files: Mapping[str, str], root: Path = Path()) -> tuple[str, ...]:
    """Writes each file below `root` whose text differs from what stands there; returns those paths.

    A file is written beside its place and renamed, so that no half file is ever read.
    Raises LayerhintError where a folder or file cannot be written.
    """
    return tuple(path for path, text in files.items() if _write_one(root / path, text))


def _write_one(path: Path, text: str) -> bool:
    if _read(path) == text:
        return False
    write_text(path, text)
    return True


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


@dataclass(frozen=True)
class Drift:
    """How the files on disk differ from the rendered ones."""

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    stray: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed or self.stray)


def drift(files: Mapping[str, str], root: Path = Path(), whole: str | None = None) -> Drift:
    """What is missing or changed below `root`, and what no template makes.

    Strays are looked for in the folders that `files` fill; with `whole`, in all of that folder.
    """
    on_disk = {path: _read(root / path) for path in files}
    folders = [whole] if whole else sorted({path.rpartition("/")[0] for path in files})
    found = {
        f"{folder}/{path.relative_to(root / folder).as_posix()}"
        for folder in folders
        for path in (root / folder).glob("**/*" if whole else "*")
        if path.is_file()
    }
    return Drift(
        missing=tuple(path for path, text in on_disk.items() if text is None),
        changed=tuple(path for path, text in files.items() if on_disk[path] not in (None, text)),
        stray=tuple(sorted(found - files.keys())),
    )
