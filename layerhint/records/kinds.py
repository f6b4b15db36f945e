"""The kinds of records, by what their files call them."""

from collections.abc import Mapping

from layerhint.records.cost import MeasureCostResult
from layerhint.records.finished import Result
from layerhint.records.notes import Failed, Pending, Started
from layerhint.records.sample_sheet import SampleImagesResult
from layerhint.records.step_results import (
    AveragePredictionsResult,
    CheckTeacherResult,
    CopyWeightsResult,
    MakeDataResult,
    WriteReportResult,
)
from layerhint.records.training import TakeTeacherResult, TrainResult

EXPERIMENT = "experiment"

RESULTS: Mapping[str, type[Result]] = {
    result.kind: result
    for result in (
        MakeDataResult,
        CopyWeightsResult,
        TrainResult,
        TakeTeacherResult,
        CheckTeacherResult,
        MeasureCostResult,
        SampleImagesResult,
        AveragePredictionsResult,
        WriteReportResult,
    )
}
"""The results of finished steps."""

NOTES: Mapping[str, type[Started] | type[Failed] | type[Pending]] = {
    Started.kind: Started,
    Failed.kind: Failed,
    Pending.kind: Pending,
}
"""The notes on steps."""
