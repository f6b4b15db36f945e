"""From trainings to the text of nets, solvers and surgery files, and where these files lie."""
