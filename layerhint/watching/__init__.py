"""How a run goes while it goes: its log, its bars, the time left, who is told."""
