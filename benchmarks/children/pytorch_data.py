"""PyTorch that only cuts batches: `python -m benchmarks.children.pytorch_data cpu RECIPE IMAGES`."""

import sys
from pathlib import Path

from benchmarks.children.serve import Run, main
from benchmarks.pytorch.batches import load_batches
from benchmarks.pytorch.recipe import Recipe


def build(_: str, arguments: list[str]) -> Run:
    recipe_file, images = arguments
    recipe = Recipe.read(Path(recipe_file))
    batches = load_batches(images, recipe.batch, recipe.crop, recipe.mirror)

    def run(count: int) -> None:
        for _ in range(count):
            batches.next()

    return run


if __name__ == "__main__":
    sys.exit(main(build))
