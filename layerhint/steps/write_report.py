"""Write the report: tables, figures and the page, from the records alone."""

from pathlib import Path

from layerhint.records import fingerprint, ids
from layerhint.records.records import is_past, record_ids, record_path
from layerhint.records.step_results import WriteReportResult
from layerhint.report import write_report
from layerhint.steps.step import Context, Step

_PAST = "of the past"


class WriteReport(Step):
    """Writes the report of everything that has a record in the run's folder."""

    kind = WriteReportResult.kind

    def __init__(self) -> None:
        super().__init__(ids.REPORT, ())

    def inputs(self, context: Context) -> dict[str, str]:
        folder = context.workspace.records
        return {
            f"{shown}.json": _PAST if is_past(folder, shown) else fingerprint.of_file(record_path(folder, shown))
            for shown in record_ids(folder)
            if shown != self.id and not ids.is_note(shown)
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return (context.workspace.report / "index.html",)

    def execute(self, context: Context) -> WriteReportResult:
        write_report(context.workspace.records, context.workspace.report)
        return WriteReportResult()
