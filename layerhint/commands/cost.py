"""The command line of `tools/cost.py`: what nets cost, teacher beside student."""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from layerhint import engines
from layerhint.commands.deploy_nets import deploy_nets
from layerhint.cost.count import count_cost, uncounted
from layerhint.cost.latency import measure_latency
from layerhint.cost.table import cost_table, layer_table
from layerhint.engines.engine import Engine
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment, resolve
from layerhint.files import write_bytes
from layerhint.records.cost import Cost, Latency
from layerhint.wording import engine_name, plural


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        _run(options, Path(folder), Console(highlight=False))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cost.py",
        description="Shows what nets cost: parameters, multiply-adds for one image, the size of a caffemodel, and "
        "how long one image takes. For an experiment these are its teacher and its student.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "what", nargs="+", help="an experiment (table1), a group of them, a YAML file of your own, or deploy prototxts"
    )
    parser.add_argument("--layers", action="store_true", help="also show each layer")
    parser.add_argument("--no-latency", action="store_true", help="do not measure the latency")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="CPU threads for the latency (default: 1)")
    parser.add_argument("--engine", default="torch", help="torch (default), or caffe: a real Caffe")
    parser.add_argument("--caffe-root", help="where the real Caffe is")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    return parser


def _run(options: argparse.Namespace, folder: Path, console: Console) -> None:
    if options.threads < 1:
        raise LayerhintError(f"--threads {options.threads}: it must be at least 1")
    engine = None if options.no_latency else engines.get_engine(options.engine, "cpu", options.caffe_root)
    known: dict[Path, Cost] = {}
    for title, models in _groups(options.what, folder):
        for model, name in models.items():
            known.setdefault(model, _cost(model, name, engine, options.threads))
        costs = [known[model] for model in models]
        _show(title, costs, options.layers, console)
    latency = next((cost.latency for cost in known.values() if cost.latency), None)
    if latency is not None:
        console.print(_conditions(latency), markup=False, soft_wrap=True)
    if options.json:
        content = json.dumps([cost.as_json() for cost in known.values()], indent=1) + "\n"
        write_bytes(Path(options.json), content.encode(), "Choose another place with --json")


def _cost(model: Path, name: str | None, engine: Engine | None, threads: int) -> Cost:
    if not model.is_file():
        raise LayerhintError(f"there is no net {model}. Correct its name, or render it: python tools/render.py")
    cost = count_cost(model, name)
    if engine is None:
        return cost
    return cost.model_copy(update={"latency": measure_latency(model, engine, threads)})


def _groups(what: Sequence[str], folder: Path) -> Iterator[tuple[str, dict[Path, str | None]]]:
    """Each table's heading, and its deploy nets with their names; nets that are made for it go to `folder`."""
    files = [name for name in what if name.endswith(".prototxt")]
    if files:
        yield "", {Path(name): None for name in files}
    for group in what:
        for name in resolve(group) if group not in files else ():
            experiment = load_experiment(name)
            yield experiment.title, dict(deploy_nets(experiment, folder / experiment.name))


def _show(title: str, costs: Sequence[Cost], layers: bool, console: Console) -> None:
    if title:
        console.print(title, style="bold", markup=False)
    console.print(cost_table(costs))
    for cost in costs:
        if types := uncounted(cost):
            kinds = ", ".join(types)
            sentence = f"The multiply-adds of {cost.name} are without those of its {kinds} layers, which are not known."
            console.print(sentence, markup=False, soft_wrap=True)
    for cost in costs if layers else ():
        console.print(layer_table(cost))


def _conditions(latency: Latency) -> str:
    threads = plural(latency.threads, "thread")
    return f"Latency: the median for one image, {engine_name(latency.engine)}, {threads}. {latency.machine}."
