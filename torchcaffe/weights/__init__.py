"""Params of a net to and from caffemodels, and whether it has got what it needs."""
