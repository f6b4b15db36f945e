"""The numbers that fillers draw, to the last bit, and where they leave the generator, against the real Caffe.

A DummyData layer fills a blob with each. The source that `make caffe` builds takes fan-in and fan-out from the
first two of four axes and puts the centre of most bilinear kernels elsewhere than Caffe 1.0: compared is what it does
alike.
"""

from collections.abc import Callable
from pathlib import Path

import bounds
import numpy as np
import pytest
import torch
from engines import Case, given_arrays, results_of_real, run_torchcaffe

from torchcaffe.fillers import FILLERS

pytestmark = pytest.mark.parity

WEIGHTS = (50, 40, 3, 2)  # Enough for the tail of the normal distribution, which is drawn in another way.


def filled(kind: str, param: str = "", shape: tuple[int, ...] = WEIGHTS) -> Case:
    """A top filled so, and one with uniform numbers, which tell where the generator stands after the first."""
    dims = " ".join(f"dim: {size}" for size in shape)
    text = (
        f'top: "{kind}" top: "next" dummy_data_param {{ shape {{ {dims} }} shape {{ dim: 3 }} '
        f'data_filler {{ type: "{kind}" {param} }} data_filler {{ type: "uniform" }} }}'
    )
    return Case("DummyData", text, backward=False)


NORMAL = ("gaussian", "msra")
CASES = {
    "constant": filled("constant", "value: 0.1"),
    "uniform": filled("uniform", "min: -0.3 max: 0.7"),
    "uniform huge": filled("uniform", "min: -3e38 max: 3e38"),
    "gaussian": filled("gaussian", "mean: 0.3 std: 0.01"),
    "gaussian sparse": filled("gaussian", "std: 2 sparse: 7", (30, 400)),
    "gaussian none": filled("gaussian", "sparse: 0", (30, 20)),
    "xavier": filled("xavier"),
    "xavier fan out": filled("xavier", "variance_norm: FAN_OUT"),
    "xavier average": filled("xavier", "variance_norm: AVERAGE"),
    "xavier matrix": filled("xavier", "variance_norm: AVERAGE", (30, 20)),
    "msra": filled("msra"),
    "msra fan out": filled("msra", "variance_norm: FAN_OUT"),
    "msra average": filled("msra", "variance_norm: AVERAGE"),
    "msra matrix": filled("msra", "", (30, 20)),
    "bilinear 1": filled("bilinear", "", (2, 3, 1, 1)),
    "bilinear 4": filled("bilinear", "", (2, 3, 4, 4)),
    "bilinear 8": filled("bilinear", "", (2, 3, 8, 8)),
    "positive_unitball": filled("positive_unitball"),
    "positive_unitball row": filled("positive_unitball", "", (3, 7)),
}


@pytest.mark.parametrize("name", CASES)
def test_draws_the_same_numbers(
    name: str, ran: Path, device: torch.device, record: Callable[[str, str, str, float], None]
) -> None:
    kind = name.split()[0]
    got = run_torchcaffe(CASES[name], ran, given_arrays(CASES[name], ran), device=device)
    want = results_of_real(ran, name)
    mine, theirs = got[f"data {kind}"], want[f"data {kind}"]
    assert mine.dtype == theirs.dtype == np.float32
    assert mine.shape == theirs.shape
    ulps = np.abs(mine - theirs) / np.spacing(np.abs(theirs))
    record("fillers", kind, "worst", ulps.max())
    assert ulps.max() <= (bounds.NORMAL_ULPS if kind in NORMAL else 0)
    np.testing.assert_array_equal(got["data next"], want["data next"])


def test_every_filler_has_a_case() -> None:
    assert {name.split()[0] for name in CASES} == FILLERS.keys()
