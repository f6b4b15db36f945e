"""The nets of a method: something must tell them apart."""

from collections.abc import Iterator, Sequence

from layerhint.lint.cases import TrainingCase
from layerhint.lint.finding import Finding


def check_seeds(cases: Sequence[TrainingCase]) -> Iterator[Finding]:
    """No two trainings of one net start from the same weights and see the same images."""
    first: dict[object, TrainingCase] = {}
    for case in cases:
        seed = case.solver.random_seed if _solver_draws(case) else None
        twin = first.setdefault((case.solver.train_net, _start(case), seed), case)
        if twin is not case:
            yield Finding(
                case.surgery_file or case.solver_file,
                None,
                f"it gives {case.training.name} the weights and the images of {twin.training.name}: the two would be "
                "one net",
                "Give what sets them apart a seed of its own: the surgery's, or the solver's where images are cropped",
            )


def _start(case: TrainingCase) -> object:
    """What the initial weights depend on; the surgery's seed counts where something is random."""
    declaration = case.surgery
    if declaration is None:
        return None
    return declaration.sources, declaration.random, declaration.seed if declaration.random else None


def _solver_draws(case: TrainingCase) -> bool:
    """Whether the solver's seed has an effect: on fillers that no surgery replaces, or on crops and mirrors."""
    transforms = [layer.transform_param for layer in case.train.layers if layer.type == "Data"]
    return case.surgery is None or any(transform.crop_size or transform.mirror for transform in transforms)
