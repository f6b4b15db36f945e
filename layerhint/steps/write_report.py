"""Write the report: tables, figures and the page, from the records alone."""

from pathlib import Path
from typing import Any

from layerhint.records import fingerprint
from layerhint.records.records import of_finished
from layerhint.report import write_report
from layerhint.steps.step import Context, Step


class WriteReport(Step):
    """Writes the report of everything that has a record in the run's folder."""

    kind = "write report"

    def __init__(self, needs: tuple[str, ...]) -> None:
        super().__init__("report", needs)

    def inputs(self, context: Context) -> dict[str, str]:
        folder = context.workspace.records
        own = {"report.json"}
        return {
            str(path.relative_to(folder)): fingerprint.of_file(path)
            for path in sorted(folder.rglob("*.json"))
            if path.name not in own and of_finished(path.name.removesuffix(".json"))
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return (context.workspace.report / "index.html",)

    def execute(self, context: Context) -> dict[str, Any]:
        write_report(context.workspace.records, context.workspace.report)
        return {}
