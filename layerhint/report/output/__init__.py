"""The report as files: page, Markdown, CSV, and on the terminal."""
