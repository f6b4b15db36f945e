"""What was measured, as tables on the terminal and in a file."""
