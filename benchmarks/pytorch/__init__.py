"""The paper's trainings in plain PyTorch, written as a PyTorch expert would."""
