"""Steps on a Ray cluster: `run_pipeline.py ... --ray local`. Nothing else of layerhint imports Ray.

Only the driver writes into the run's folder. It sends a step to a machine as an order with the files that the step
needs. An actor there runs the step in a process with a folder of its own, and every second the driver fetches what is
new in that folder, snapshots included. So a machine may vanish at any time, and machines need no common file system.
"""
