"""What the record of a report says."""

from typing import ClassVar

from layerhint.records.finished import Result


class WriteReportResult(Result):
    """Nothing: its inputs are the records that it shows."""

    kind: ClassVar[str] = "write report"
