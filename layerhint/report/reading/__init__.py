"""What a run left, as the report reads it from the records."""
