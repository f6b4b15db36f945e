"""Follows a run while it goes: its logs, its bars, the time left, and who is told."""
