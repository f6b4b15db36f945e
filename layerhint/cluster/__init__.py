"""Steps on a Ray cluster: `run_pipeline.py ... --ray local`. Nothing else of layerhint imports Ray.

The driver alone writes into the run's folder. A step travels to a machine as an order with the files that it needs; an
actor there lets it run, as it would run here, in a process with a folder of its own, and the driver fetches what is new
in that folder, snapshots among them, every second. So a machine may vanish at any time, and no two machines need a
common file system.
"""
