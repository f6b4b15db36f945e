"""The command `run_pipeline.py`: from options to a plan, its run and its tables."""
