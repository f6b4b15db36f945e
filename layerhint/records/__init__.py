"""What a run leaves in its folder, for later runs and for the report: records, and the lock that guards them."""
