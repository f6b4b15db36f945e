"""The driver's command line: from a name of experiments to their tables."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from layerhint import engines
from layerhint.catalogue import catalogue
from layerhint.describe import describe
from layerhint.engines.engine import FLOAT32, Engine
from layerhint.errors import LayerhintError
from layerhint.experiment import Experiment, is_file_name, load_experiment, resolve
from layerhint.forecast import Outlook, forecast_on_cpu
from layerhint.lint import faults_of, lint
from layerhint.overrides import parse_settings
from layerhint.paths import ROOT, seen_from_root
from layerhint.plan import Plan, make_plan
from layerhint.portrait import portray
from layerhint.progress import Display, duration
from layerhint.readings import OF_THE_REPORT, readings, sweep
from layerhint.records import write_record
from layerhint.render import render, write
from layerhint.report_plan import make_report_plan
from layerhint.run import run
from layerhint.run_lock import locked
from layerhint.steps.step import Context
from layerhint.steps.train import StoppedError
from layerhint.validation import nearest
from layerhint.workspace import Workspace
from torchcaffe.errors import CaffeError

LONG_SECONDS = 2 * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status: 0, 1 for an error, 2 for wrong usage, 130 if stopped."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    display = Display()
    try:
        return _run(options, display)
    except (StoppedError, KeyboardInterrupt):
        display.say("stopped; what is done is kept. Run the same command to go on")
        return 130
    except (LayerhintError, CaffeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        print("internal error: this is a fault of the program, not of what you asked for", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_pipeline.py",
        description="Runs the paper's method, step by step, as Caffe nets, and lays its tables beside the paper's.",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help="an experiment (table1), a group of them (cifar10), or a YAML file; "
        "`sensitivity NAME`: that one under every reading of what the paper leaves open",
    )
    parser.add_argument("--list", action="store_true", help="shows the experiments and groups; does nothing")
    parser.add_argument("--profile", default="paper", help="paper (default), or smoke: every step on the sample")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every schedule (0.01: a hundredth)")
    parser.add_argument("--methods", help="only these, separated by commas: kd,hint-kd,hint-kd-plus,proposed")
    parser.add_argument("--nets", type=int, help="how many students of each method (the paper: 3)")
    parser.add_argument(
        "--independent-stage1", action="store_true", help="repeats Stage 1 for each net (the paper's nets share one)"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a switch or a number")
    parser.add_argument("--engine", default="torch", help="torch (default), or caffe: a real one")
    parser.add_argument("--caffe-root", help="where the real Caffe is")
    parser.add_argument("--device", help="cpu, cuda:0, ... (default: a GPU if there is one)")
    parser.add_argument(
        "--precision", default=FLOAT32, help="float32 (default), or faster: tf32 on a GPU, bf16; in a folder of its own"
    )
    parser.add_argument(
        "--sweep",
        action="append",
        default=[],
        metavar="NAME=VALUE,VALUE...",
        help="the experiment under each value of a number or switch: --sweep lambda=3,4,5,6,7",
    )
    parser.add_argument("--plan", action="store_true", help="shows what would be done, and why; does nothing")
    parser.add_argument("--out", help="the run's folder")
    return parser


def _run(options: argparse.Namespace, display: Display) -> int:
    out = Path(options.out).resolve() if options.out else None
    options.names = [seen_from_root(Path(name)) if is_file_name(name) else name for name in options.names]
    os.chdir(ROOT)  # Caffe reads the paths in its files from where it is started.
    if options.list:
        display.console.print(catalogue(options.profile, options.scale))
        return 0
    experiments = _experiments(options)
    engine = engines.get_engine(options.engine, options.device, options.caffe_root, options.precision)
    workspace = _workspace(options, experiments, engine, out)
    texts = render(experiments, workspace.layout, engine.solver_mode)
    findings = lint(experiments, workspace.layout, texts)
    if findings:
        raise LayerhintError(f"nothing was started. {faults_of(findings)}")
    plan = make_plan(experiments, workspace)
    context = Context(workspace, engine, display, texts, Outlook(()))
    if options.plan:
        _show(plan, plan.pending(context), display)
        return 0
    with locked(workspace.folder, display.say):
        _carry_out(plan, context, experiments, options)
    return 0


def _carry_out(plan: Plan, context: Context, experiments: list[Experiment], options: argparse.Namespace) -> None:
    """Does what is to be done, and shows the tables; the run's folder is this driver's own meanwhile."""
    pending = plan.pending(context)
    _show(plan, pending, context.display)
    context = replace(context, outlook=_outlook(plan, pending))
    if pending:
        _warn_if_long(plan, pending, options, context.display)
        write(context.texts)
    _record_experiments(experiments, context)
    run(plan, context)
    run(make_report_plan(experiments, context.workspace), context)
    _conclude(experiments, context.workspace, context.display, done=bool(pending))


def _experiments(options: argparse.Namespace) -> list[Experiment]:
    overrides = parse_settings(options.set)
    names = resolve(_name(options))
    loaded = [load_experiment(name, overrides, profile=options.profile, scale=options.scale) for name in names]
    if options.methods:
        loaded = _with_methods(loaded, [method.strip() for method in options.methods.split(",")])
    if options.nets is not None:
        loaded = [experiment.with_nets(options.nets) for experiment in loaded]
    if options.independent_stage1:
        loaded = [experiment.with_independent_stage1() for experiment in loaded]
    return [one for experiment in loaded for one in (experiment, *_variants(options, experiment))]


def _with_methods(experiments: list[Experiment], wanted: list[str]) -> list[Experiment]:
    """The experiments of a group that have some of these methods, with those alone."""
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
    if len(names) != 1:
        raise LayerhintError("name one experiment, group or YAML file; `run_pipeline.py --list` shows what there is")
    return str(names[0])


def _is_sensitivity(options: argparse.Namespace) -> bool:
    return list(options.names[:1]) == ["sensitivity"]


def _variants(options: argparse.Namespace, experiment: Experiment) -> list[Experiment]:
    variants = readings(experiment) if _is_sensitivity(options) else []
    for text in options.sweep:
        variants += sweep(experiment, text)
    return variants


def _workspace(
    options: argparse.Namespace, experiments: list[Experiment], engine: Engine, out: Path | None
) -> Workspace:
    """The repository's own folders for the paper's protocol as it is committed; a run folder for the rest."""
    sample = any(e.data == "sample" for e in experiments)
    data = None if sample else "data"
    if out is not None:
        folder = out.relative_to(ROOT) if out.is_relative_to(ROOT) else out
        return Workspace.in_folder(folder.as_posix(), data)
    varied = _is_sensitivity(options) or options.sweep or options.independent_stage1
    own = any(experiment.is_own for experiment in experiments)
    settings = [text for text in options.set if text.partition("=")[0].strip() not in OF_THE_REPORT]
    as_committed = options.profile == "paper" and options.scale == 1 and not (settings or varied or own)
    as_committed &= engine.precision == FLOAT32
    if as_committed and engine.solver_mode == "GPU" and (options.nets or 3) <= 3:
        return Workspace.of_repository()
    parts = [options.profile if sample else Path(_name(options)).stem]
    parts += ["sensitivity"] if _is_sensitivity(options) else []
    parts += ["sweep", *(text.partition("=")[0] for text in options.sweep)] if options.sweep else []
    parts += [f"scale{options.scale:g}"] if options.scale != 1 else []
    parts += [f"nets{options.nets}"] if (options.nets or 3) > 3 else []
    parts += ["independent-stage1"] if options.independent_stage1 else []
    parts += sorted(setting.replace("/", "_") for setting in settings)
    parts += [engine.name] if engine.name != "torch" else []
    parts += [engine.precision] if engine.precision != FLOAT32 else []
    return Workspace.in_folder(f"runs/{'-'.join(parts)}", data)


def _show(plan: Plan, pending: dict[str, str], display: Display) -> None:
    if not pending:
        display.say(f"all {len(plan.steps)} steps are up to date")
        return
    display.say(f"{len(plan.steps)} steps, {len(plan.steps) - len(pending)} of them up to date; to do:")
    for step in plan.steps:
        if step.id in pending:
            display.say(f"  {step.kind:<12} {step.id}  ({pending[step.id]})")


def _outlook(plan: Plan, pending: dict[str, str]) -> Outlook:
    return Outlook([step.training for step in plan.trains if step.id in pending])


def _warn_if_long(plan: Plan, pending: dict[str, str], options: argparse.Namespace, display: Display) -> None:
    """Before hours on a CPU: says how many, and how to have a smaller run."""
    if options.profile != "paper" or (options.device or "").startswith("cuda"):
        return
    seconds = forecast_on_cpu(step.training for step in plan.trains if step.id in pending)
    if seconds < LONG_SECONDS or (options.device is None and _sees_gpu(options.engine)):
        return
    smaller = options.scale / 100 if options.scale > 0.01 else options.scale / 10
    display.say(
        f"On this CPU that will take about {duration(seconds)}. It starts now, and can be stopped (Ctrl-C) and "
        f"taken up again. For a smaller run: --scale {smaller:g}, or --profile smoke"
    )


def _sees_gpu(engine: str) -> bool:
    if engine != "torch":
        return False
    import torch

    return torch.cuda.is_available()


def _record_experiments(experiments: list[Experiment], context: Context) -> None:
    workspace = context.workspace
    for experiment in experiments:
        nets = portray(experiment, workspace.layout, context.texts)
        write_record(workspace.records, f"experiments/{experiment.name}", {**describe(experiment), "nets": nets})


def _conclude(experiments: list[Experiment], workspace: Workspace, display: Display, done: bool) -> None:
    from layerhint.report import terminal_table

    for experiment in experiments:
        if experiment.base is None:  # A variant is a line below its base's table.
            display.console.print(terminal_table(workspace.records, experiment.name))
    display.say(f"report: {workspace.report / 'index.html'}")
