"""Write the report: tables, figures and the page, from the records alone."""

from pathlib import Path
from typing import Any

from layerhint.records import fingerprint
from layerhint.records.records import is_past, of_finished, record_path
from layerhint.report import write_report
from layerhint.steps.step import Context, Step

_PAST = "of the past"


class WriteReport(Step):
    """Writes the report of everything that has a record in the run's folder."""

    kind = "write report"

    def __init__(self) -> None:
        super().__init__("report", ())

    def inputs(self, context: Context) -> dict[str, str]:
        folder = context.workspace.records
        ids = (path.relative_to(folder).as_posix().removesuffix(".json") for path in sorted(folder.rglob("*.json")))
        return {
            f"{step_id}.json": _PAST if is_past(folder, step_id) else fingerprint.of_file(record_path(folder, step_id))
            for step_id in ids
            if step_id != self.id and of_finished(step_id)
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return (context.workspace.report / "index.html",)

    def execute(self, context: Context) -> dict[str, Any]:
        write_report(context.workspace.records, context.workspace.report)
        return {}
