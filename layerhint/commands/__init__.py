"""The command lines behind tools/, one a tool, but for the driver's."""
