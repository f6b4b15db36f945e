"""The `caffe` command: train, test, time, device_query, with Caffe's flags and log lines."""

from torchcaffe.cli.command import main

__all__ = ["main"]
