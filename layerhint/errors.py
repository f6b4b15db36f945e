"""Exceptions for a user's mistakes: one clear message each, shown without a traceback."""


class LayerhintError(Exception):
    """A user's mistake: the message names the thing, what was expected and the remedy."""
