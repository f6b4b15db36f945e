"""Surgery files: every param of the net comes from one place, which has it in the same shape."""

from collections.abc import Iterator

from layerhint.lint.cases import TrainingCase
from layerhint.lint.finding import Finding
from layerhint.nets.net_shapes import Shape
from layerhint.surgery.declaration import Declaration, Source
from layerhint.wording import spelt


def check_surgery(case: TrainingCase) -> Iterator[Finding]:
    """Each layer with params is copied or drawn, once; sources have what is taken; every line has an effect."""
    if case.surgery is None:
        return
    yield from _files(case, case.surgery)
    yield from _known_sources(case, case.surgery)
    yield from _lines_in_vain(case, case.surgery)
    for layer in case.train.shapes.params:
        yield from _origin(case, case.surgery, layer)


def _files(case: TrainingCase, declaration: Declaration) -> Iterator[Finding]:
    layout, training = case.layout, case.training
    wanted = {
        "net": layout.train_net(training),
        "output": layout.initial_weights(training),
        "seed": training.init.seed if training.init else None,
    }
    for key, value in wanted.items():
        found = getattr(declaration, key)
        if found != value:
            yield Finding(case.surgery_file, None, f"{key} is {found}, expected {value}", f"Write `{key}: {value}`")


def _known_sources(case: TrainingCase, declaration: Declaration) -> Iterator[Finding]:
    for source in declaration.sources:
        if source.weights not in case.weights:
            yield Finding(
                case.surgery_file,
                None,
                f"{source.weights} is not among the weights that the experiment starts it from",
                f"Take {' or '.join(case.weights) or 'no source'}",
            )


def _lines_in_vain(case: TrainingCase, declaration: Declaration) -> Iterator[Finding]:
    for module, _ in declaration.in_vain(case.train.shapes.params):
        yield Finding(
            case.surgery_file,
            module,
            f"it is declared, but {case.train.file} has no layer with params of this name or in it",
            "Take it out of layers or random, or name a module that the net has",
        )


def _origin(case: TrainingCase, declaration: Declaration, layer: str) -> Iterator[Finding]:
    claims = declaration.origins_of(layer)
    if len(claims) != 1:
        said = " and ".join(claim.weights if claim else "random" for claim in claims)
        yield Finding(
            case.surgery_file,
            layer,
            f"its params are declared twice: {said}" if claims else "nothing is declared for its params",
            "Name its module once, under a source's layers or under random",
        )
        return
    yield from _as_described(case, layer, claims[0])
    source = claims[0]
    if source is not None:
        yield from _is_there(case, source, layer)


def _as_described(case: TrainingCase, layer: str, claim: Source | None) -> Iterator[Finding]:
    """The origin is the one that the experiment means: the teacher's from the teacher, G's from the step before."""
    meant = case.training.init.sources if case.training.init else ()
    by_source = zip(meant, case.weights, strict=True)
    wanted = next((weights for source, weights in by_source if source.fills(layer)), None)
    if (claim.weights if claim else None) != wanted:
        yield Finding(
            case.surgery_file,
            layer,
            f"its params are {_from(claim.weights if claim else None)}, the experiment has them {_from(wanted)}",
            "Name its module there",
        )


def _from(weights: str | None) -> str:
    return "random" if weights is None else f"from {weights}"


def _is_there(case: TrainingCase, source: Source, layer: str) -> Iterator[Finding]:
    """The parent's net, as it was generated, has the layer's params in the same shapes.

    A caffemodel that no training here makes was checked when the user's own net was read.
    """
    parent = case.parent_nets.get(source.weights)
    if parent is None:
        return
    own, wanted = layer.removeprefix(source.prefix), case.train.param_shapes(layer)
    found = parent.param_shapes(own)
    if found != wanted:
        has = f"has them as {_listed(found)}" if found else "has no such layer with params"
        yield Finding(
            case.surgery_file,
            layer,
            f"it takes params {_listed(wanted)} of layer '{own}' from {source.weights}, but {parent.file} {has}",
            "Take it from a net that has it, or leave it random",
        )


def _listed(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(map(spelt, shapes))
