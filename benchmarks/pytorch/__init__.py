"""The paper's trainings in plain PyTorch, as somebody who knows it well would write them."""
