"""The command lines of the programs in tools/, except the driver's."""
