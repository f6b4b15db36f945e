"""The table of an export."""

from io import StringIO

from rich.console import Console

from layerhint.export.check import Agreement, Checked
from layerhint.export.table import Measured, agreement_line, comparison

TIMES = {(1, 1): [9.0, 2.5, 2.0], (128, 4): [1500.0, 1200.0, 90.0]}


def lines(*columns: Measured) -> list[str]:
    console = Console(file=StringIO(), width=100)
    console.print(comparison(columns, 2000, "test images"))
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines() if line.strip()]


def test_rows_are_accuracy_medians_and_sizes() -> None:
    slow = Measured("Caffe", 701_191, TIMES, 1837)
    fast = Measured("onnxruntime", 714_900, {key: [time / 10 for time in times] for key, times in TIMES.items()}, 1836)
    head, _, *rows = lines(slow, fast)
    assert head == "Caffe onnxruntime"
    assert rows == [
        "Accuracy on 2,000 test images 91.85% 91.80%",
        "1 image, 1 thread 2.50 ms 0.25 ms",
        "128 images, 4 threads 1,200 ms 120 ms",
        "File of this net 701 kB 715 kB",
    ]


def test_without_labels_there_is_no_accuracy() -> None:
    assert not any("Accuracy" in line for line in lines(Measured("Caffe", 1, TIMES, None)))


def test_agreement_is_told_in_one_line() -> None:
    agreement = Agreement(largest=2e-5, squared_difference=9e-12, squared_norm=1.0, same=1999)
    assert agreement_line("Caffe", agreement, Checked(2000, "test images"), "fc") == (
        "Scores 'fc' on 2,000 test images: at most 2.0e-05 from Caffe's, 3.0e-06 in relative norm; 1,999 of 2,000 "
        "predictions are the same."
    )
