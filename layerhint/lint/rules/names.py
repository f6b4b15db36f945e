"""Layers by name: Caffe finds weights by it, so two of one name would share them unseen."""

from collections import Counter
from collections.abc import Iterator

from layerhint.lint.cases import AnyNetCase
from layerhint.lint.finding import Finding


def check_names(case: AnyNetCase) -> Iterator[Finding]:
    """No two layers of a net have one name."""
    counts = Counter(layer.name for layer in case.net.layers)
    for name, count in counts.items():
        if count > 1:
            yield Finding(
                case.net.file,
                name,
                f"{count} layers have this name, and a caffemodel's weights are found by it",
                "Give each layer a name of its own",
            )
