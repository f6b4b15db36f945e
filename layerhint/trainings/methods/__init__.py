"""The methods of the paper, one kind of training a file: each makes `Training`s from an experiment's nets."""
