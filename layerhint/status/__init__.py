"""What a run is doing, for another terminal: the driver notes it in a file, `run_pipeline.py status` shows it."""
