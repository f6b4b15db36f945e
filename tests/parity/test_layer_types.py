"""Every layer type that torchcaffe has is compared with the real Caffe, or there is a reason why it cannot be."""

import subprocess

import pytest
import test_data_layers
import test_layers
import test_more_layers
import test_sharing
from not_there import NOT_THERE

from layerhint.realcaffe.find import RealCaffe
from torchcaffe.layer_types import LAYERS

pytestmark = pytest.mark.parity


def test_every_layer_type_has_a_case() -> None:
    modules = (test_data_layers, test_layers, test_more_layers, test_sharing)
    compared = {case.kind for module in modules for case in module.CASES.values()}
    assert compared | NOT_THERE.keys() == LAYERS.keys()
    assert not compared & NOT_THERE.keys()


@pytest.mark.usefixtures("device")
def test_what_is_not_compared_is_not_there(real: RealCaffe) -> None:
    done = subprocess.run(
        [real.python, "-c", "import caffe; print(*caffe.layer_type_list())"],
        capture_output=True, text=True, env=real.environment, check=True,
    )  # fmt: skip
    there = set(done.stdout.split())
    assert LAYERS.keys() - there == NOT_THERE.keys()
