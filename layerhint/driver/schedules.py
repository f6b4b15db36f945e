"""Whether an experiment trains as long, and at the rates, that the paper says."""

from typing import Any

from layerhint.experiments.experiment import Experiment
from layerhint.experiments.protocol import Protocol
from layerhint.experiments.protocol_file import read_protocol
from layerhint.experiments.scaling import scaled_protocol
from layerhint.paths import repository_folder


def has_papers_schedules(experiment: Experiment) -> bool | None:
    """Whether its schedules are those of the repository's protocol for its data set, every length times `scale`.

    None for a data set that has no protocol there: the paper says nothing of it.
    """
    path = repository_folder("experiments") / "protocols" / f"{experiment.dataset}.yaml"
    if not path.is_file():
        return None
    papers = read_protocol(path)
    if experiment.scale != 1:
        papers = scaled_protocol(papers, experiment.scale, keep_window=True)
    return _schedules(experiment.protocol) == _schedules(papers)


def _schedules(protocol: Protocol) -> tuple[Any, ...]:
    hint = protocol.hint.model_dump(exclude={"concurrent_weight"})
    return protocol.plain, hint, protocol.sl_resnet and protocol.sl_resnet.iterations
