"""Turns trainings into the text of nets, solvers and surgery files, and names these files."""
