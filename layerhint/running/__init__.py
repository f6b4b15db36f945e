"""An experiment as a graph of steps, and the run through it."""
