"""The kinds of records, by what their files call them."""

from collections.abc import Mapping

from layerhint.records.averaged_predictions import AveragePredictionsResult
from layerhint.records.checked_teacher import CheckTeacherResult
from layerhint.records.copied_weights import CopyWeightsResult
from layerhint.records.cost import MeasureCostResult
from layerhint.records.finished import Result
from layerhint.records.made_data import MakeDataResult
from layerhint.records.notes import Failed, Pending, Started
from layerhint.records.sample_sheet import SampleImagesResult
from layerhint.records.training import TakeTeacherResult, TrainResult
from layerhint.records.written_report import WriteReportResult

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
"""Of finished steps."""

NOTES: Mapping[str, type[Started] | type[Failed] | type[Pending]] = {
    Started.kind: Started,
    Failed.kind: Failed,
    Pending.kind: Pending,
}
"""Of notes on steps."""
