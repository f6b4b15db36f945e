"""The error for a solver's settings."""

from torchcaffe.errors import CaffeError


class SolverError(CaffeError):
    """A solver that cannot be built or run: a missing, unknown or contradictory field of its prototxt."""
