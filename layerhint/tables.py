"""The two looks of a table in the terminal."""

from rich import box
from rich.table import Table


def ruled_table(*texts: str) -> Table:
    """A table with a line below its head and between its sections, and with columns of texts, which keep to a line."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for text in texts:
        table.add_column(text, no_wrap=True)
    return table


def plain_table(*texts: str, title: str | None = None) -> Table:
    """A table without any line, and with columns of texts, which may take several lines."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, title=title, title_justify="left")
    for text in texts:
        table.add_column(text, overflow="fold")
    return table
