"""A training by plain PyTorch.

`python -m benchmarks.children.pytorch_training DEVICE RECIPE WEIGHTS IMAGES PRECISION`.
"""

import sys
from pathlib import Path

from benchmarks.children.serve import Run, main
from benchmarks.children.torch_device import settle
from benchmarks.pytorch.batches import load_batches
from benchmarks.pytorch.recipe import Recipe
from benchmarks.pytorch.training import build as build_training


def build(device: str, arguments: list[str]) -> Run:
    recipe_file, weights, images, precision = arguments
    recipe = Recipe.read(Path(recipe_file))
    place = settle(device, precision)
    batches = load_batches(images, recipe.batch, recipe.crop, recipe.mirror, place)
    training = build_training(recipe, Path(weights), batches, bf16=precision == "bf16")

    def run(iterations: int) -> float:
        for _ in range(iterations):
            loss = training.step()
        return loss.item()

    return run


if __name__ == "__main__":
    sys.exit(main(build))
