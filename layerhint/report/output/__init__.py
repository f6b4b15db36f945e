"""The report as files: page, Markdown, CSV, SVG, and on the terminal."""
