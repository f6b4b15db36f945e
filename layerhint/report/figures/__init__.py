"""The figures of the page, drawn as SVG: curves, bars, hint losses, and the nets with their hint/guided pairs."""
