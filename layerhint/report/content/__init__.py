"""What the report says: tables, verdicts, notes, curves, lineage; no format."""
