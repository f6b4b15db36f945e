"""The steps of a run, one verb a file: make data, copy weights, train (with its checks), write the report."""
