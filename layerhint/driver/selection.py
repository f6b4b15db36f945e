"""What the driver's options choose: the experiments, and the folder of their run."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from layerhint.engines.engine import FLOAT32, Engine
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import (
    Experiment,
    experiment_names,
    groups,
    is_file_name,
    load_experiment,
    resolve,
)
from layerhint.experiments.overrides import parse_settings
from layerhint.experiments.profiles import PAPER_PROFILE
from layerhint.paths import ROOT, absolute
from layerhint.steps.workspace import Workspace
from layerhint.trainings.readings import OF_THE_REPORT, impossible_readings, readings, sweep
from layerhint.validation import nearest


def chosen_experiments(options: argparse.Namespace) -> list[Experiment]:
    """The experiments that the options name, each followed by its variants.

    Raises LayerhintError for a wrong name or number.
    """
    overrides = parse_settings(options.set)
    names = resolve(_name(options))
    loaded = [load_experiment(name, overrides, profile=options.profile, scale=options.scale) for name in names]
    if options.methods:
        loaded = _with_methods(loaded, [method.strip() for method in options.methods.split(",")])
    if options.nets is not None:
        loaded = [experiment.with_nets(options.nets) for experiment in loaded]
    if options.independent_stage1:
        loaded = [experiment.with_independent_stage1() for experiment in loaded]
    variants = _variants(options, loaded)
    return [one for experiment, own in zip(loaded, variants, strict=True) for one in (experiment, *own)]


def left_out(options: argparse.Namespace, experiments: Sequence[Experiment]) -> Iterator[str]:
    """A sentence for each interpretation that `sensitivity` cannot try."""
    bases = [experiment for experiment in experiments if experiment.base is None] if _is_sensitivity(options) else []
    return (f"left out: {why}" for experiment in bases for why in impossible_readings(experiment))


def _with_methods(experiments: list[Experiment], wanted: list[str]) -> list[Experiment]:
    """The experiments with only the wanted methods; in a group, those without any of these are left out."""
    if len(experiments) == 1:
        return [experiments[0].with_methods(wanted)]
    known = {method for experiment in experiments for method in experiment.methods}
    for method in wanted:
        if method not in known:
            raise LayerhintError(f"no experiment of this group has a method {method!r}{nearest(method, known)}")
    own = [(experiment, [m for m in wanted if m in experiment.methods]) for experiment in experiments]
    return [experiment.with_methods(methods) for experiment, methods in own if methods]


def _name(options: argparse.Namespace) -> str:
    """The one name on the command line, after the word `sensitivity` if it is there."""
    names = options.names[1:] if _is_sensitivity(options) else options.names
    if len(names) > 1:
        raise LayerhintError(
            f"{' '.join(names)}: expected one name, got {len(names)}: name a group that has them "
            "(`run_pipeline.py --list` shows what there is), or give a command for each"
        )
    if not names:
        raise LayerhintError("name one experiment, group or YAML file; `run_pipeline.py --list` shows what there is")
    return str(names[0])


def _is_sensitivity(options: argparse.Namespace) -> bool:
    return list(options.names[:1]) == ["sensitivity"]


def _variants(options: argparse.Namespace, experiments: list[Experiment]) -> list[list[Experiment]]:
    """The variants of each experiment. Raises LayerhintError for a sweep that gives no experiment a variant."""
    variants = [readings(experiment) if _is_sensitivity(options) else [] for experiment in experiments]
    for text in options.sweep:
        swept = [sweep(experiment, text) for experiment in experiments]
        if not any(swept):
            raise LayerhintError(
                f"--sweep {text}: no training of {', '.join(e.name for e in experiments)} differs under any of these "
                "values: it has that value anyway, or nothing in it depends on it"
            )
        for own, more in zip(variants, swept, strict=True):
            own += more
    return variants


def watched_folder(names: Sequence[str]) -> Path | None:
    """The folder in `status FOLDER`; None if an experiment, a group or a YAML file is named."""
    if list(names[:1]) != ["status"] or len(names) != 2:
        return None
    given, path = names[1], Path(names[1])
    if is_file_name(given) or given in {*experiment_names(), *groups()}:
        return None
    return absolute(path) if path.is_dir() or len(path.parts) > 1 else None


def chosen_workspace(
    options: argparse.Namespace, experiments: list[Experiment], engine: Engine, out: Path | None
) -> Workspace:
    """The repository's own folders for the paper's protocol as committed, else a folder for this run."""
    sample = any(e.data == "sample" for e in experiments)
    data = None if sample else "data"
    if out is not None:
        folder = out.relative_to(ROOT) if out.is_relative_to(ROOT) else out
        return Workspace.in_folder(folder.as_posix(), data)
    differences = [*_differences(options, engine)]
    if options.profile == PAPER_PROFILE and not (differences or any(e.is_own for e in experiments)):
        return Workspace.of_repository()
    what = options.profile if sample else Path(_name(options)).stem
    return Workspace.in_folder(f"runs/{'-'.join([what, *differences])}", data)


def _differences(options: argparse.Namespace, engine: Engine) -> Iterator[str]:
    """What sets a run apart from the paper's protocol as committed, as parts of its folder's name."""
    if _is_sensitivity(options):
        yield "sensitivity"
    if options.sweep:
        yield from ("sweep", *(text.partition("=")[0] for text in options.sweep))
    if options.scale != 1:
        yield f"scale{options.scale:g}"
    if (options.nets or 3) > 3:
        yield f"nets{options.nets}"
    if options.independent_stage1:
        yield "independent-stage1"
    if options.teacher_from:
        yield f"teacher-{Path(options.teacher_from).stem}"
    settings = [text for text in options.set if text.partition("=")[0].strip() not in OF_THE_REPORT]
    yield from sorted(setting.replace("/", "_") for setting in settings)
    if engine.name != "torch":
        yield engine.name
    if engine.precision != FLOAT32:
        yield engine.precision
