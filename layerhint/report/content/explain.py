"""How the numbers of a table are to be read, in sentences."""

from collections.abc import Iterator

from layerhint.report.content.view import View
from layerhint.report.numbers import percent
from layerhint.report.statistics.intervals import binomial_error
from layerhint.wording import count

SPREAD = "Spread: the standard deviation from net to net (divisor n − 1)."
DIFFERENCE = "Difference: the mean less the paper's average, in percentage points; from, to: its 95 % interval."
INTERVALS = (
    "An interval is Welch's, from the single nets of both sides. Where one side's nets are not known (a net trained "
    "once, an average printed without its nets), both are taken to have the pooled spread of all rows of the table "
    "that have several finished nets (the paper's rows, if both figures are the paper's), with the degrees of freedom "
    "of all these together. No variance is taken to be less than q²/12, which rounding leaves in figures that come in "
    "steps of q. Where neither side's nets are known, or no row has several, there is no interval; nor before all nets "
    "of both rows have finished, nor for averaged predictions, whose spread is not known.",
    "It covers the random weights of the nets alone. The nets of a row share the data order and, after hints, one "
    "Stage 1 (unless the run repeated it for each), so that it understates how far independent runs would lie apart.",
    "It does not cover the choice of the test images either. As an estimate for other images a figure has a binomial "
    "error besides, which is named with each table. All rows share it, and so does the paper.",
)
VERDICTS = (
    "A claim says that one row is better than another. It holds if the whole interval of their difference lies on the "
    "claimed side of 0, does not hold if the whole of it lies on the other side, and is inconclusive if 0 is in it or "
    "if there is no interval. Each interval stands for itself: of many, one in twenty misses by chance. The paper's "
    "own figures are judged by the same rule."
)


def explanations(view: View) -> tuple[str, ...]:
    """Sentences on an experiment's own table: what its figures are, and the binomial error of one of them."""
    return (*_figures(view), *_averaged(view), *_binomial(view))


def columns(view: View) -> tuple[str, ...]:
    """What the columns of a table are, for one that is shown by itself."""
    reported = (DIFFERENCE,) if view.table.has_reported else ()
    return (*_figures(view), SPREAD, *_averaged(view), *reported, *_binomial(view))


def rules(view: View) -> tuple[str, ...]:
    """How its intervals and verdicts are made; none where it has none."""
    intervals = INTERVALS if view.table.has_intervals or view.judgements else ()
    return (*intervals, *((VERDICTS,) if view.judgements else ()))


def _figures(view: View) -> Iterator[str]:
    table = view.table
    if table.taken == "last":
        yield f"{table.symbol}: {table.meaning}, at each net's last test."
        yield "Best: the mean of each net's best test, which the test images themselves pick."
    else:
        yield f"{table.symbol}: {table.meaning}, at each net's best test, which the test images themselves pick."
        yield "Last: the mean of each net's last test."


def _averaged(view: View) -> Iterator[str]:
    if view.table.has_averaged:
        compared = any(row.is_ensemble for row in view.table.rows)
        yield (
            "Together: the mean of the nets' probabilities decides for each test image"
            + ("; that is what is compared, in place of the mean, without an interval." if compared else ".")
        )


def _binomial(view: View) -> Iterator[str]:
    means = sorted(row.mean for row in view.table.methods if row.mean is not None)
    if view.images and means:
        middle = means[len(means) // 2]
        yield (
            f"A figure near {percent(middle, view.table.decimals)} % on {count(view.images)} test images has a "
            f"binomial standard error of {percent(binomial_error(middle, view.images))} points."
        )
