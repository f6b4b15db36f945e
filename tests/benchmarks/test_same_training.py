"""PyTorch's nets train as the generated nets do: same weights and images, same loss and same gradients."""

from pathlib import Path

import pytest
import torch

from benchmarks.case import Case
from benchmarks.cases import CASES, choose
from benchmarks.generated_files import point_to_images, read_generated
from benchmarks.images import KINDS, Images, make_images
from benchmarks.initial_weights import write_weights
from benchmarks.pytorch.batches import load_batches
from benchmarks.pytorch.state import state_dicts
from benchmarks.pytorch.training import Training, build
from benchmarks.recipe_of_net import recipe_of
from torchcaffe.net import Net
from torchcaffe.proto.caffe_pb2 import TRAIN, NetParameter
from torchcaffe.proto.text import to_text
from torchcaffe.weights.caffemodel import copy_trained_layers_from

BATCH = 5
BOUND = 1e-6  # ||a - b|| / ||b|| in float64; soft targets have a scale of 0.33333333 in the prototxt, not 1/3.


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Images]:
    folder = tmp_path_factory.mktemp("images")
    return {name: make_images(kind, folder / name, 7) for name, kind in KINDS.items()}


def small(net: NetParameter) -> NetParameter:
    """The net on a few whole images, which are not cropped or mirrored, so that both engines see the same pixels."""
    for layer in net.layer:
        if layer.type == "Data":
            layer.data_param.batch_size = BATCH
            layer.transform_param.ClearField("crop_size")
            layer.transform_param.ClearField("mirror")
        if layer.name == "kd/loss":
            layer.reduction_param.coeff = -1 / BATCH
    return net


def made(case: Case, images: Images, folder: Path) -> tuple[NetParameter, Training]:
    """The generated net, written to the folder with its weights, and the same training in PyTorch."""
    net, solver = read_generated(case)
    param = small(net)
    point_to_images(param, images)
    (folder / "train.prototxt").write_text(to_text(param))
    write_weights(param, folder / "initial.caffemodel", folder / "initial.pt")
    recipe = recipe_of(case, param, solver, images.kind)
    batches = load_batches(str(images.arrays), recipe.batch, recipe.crop, recipe.mirror)
    return param, build(recipe, folder / "initial.pt", batches)


# No row has them; a row may have.
WIDE = "cifar10/resnet26w32-resnet14"
OTHERS = (
    Case("c100-plain-8", "100 classes", "cifar100/resnet8/plain", "train", "solver", 8),
    Case("wide", "A wide net", "cifar10/resnet26w32/plain", "train", "solver", 26),
    Case("wide-2", "A regressor", f"{WIDE}/proposed", "g2_train", "g2_solver", 14, 26),
    Case("wide-kd", "A wide teacher", f"{WIDE}/proposed", "stage2_train", "net1_solver", 14, 26),
)
CHECKED = (*choose(["plain-8", "hint-2", "hint-kd", "concurrent", "kd-26-8", "mnist-kd-32-8"]), *OTHERS)


@pytest.mark.parametrize("case", CHECKED, ids=[case.name for case in CHECKED])
def test_loss_and_gradients_are_those_of_the_generated_net(
    case: Case, images: dict[str, Images], tmp_path: Path
) -> None:
    param, training = made(case, images[case.images], tmp_path)
    param.state.phase = TRAIN
    net = Net(param, dtype=torch.float64)
    copy_trained_layers_from(net, tmp_path / "initial.caffemodel")
    want = net.forward()
    net.backward()
    for part in filter(None, (training.student, training.teacher)):
        part.double()
    pixels, labels = training.batches.next()
    loss = training.loss(pixels.double(), labels)
    torch.autograd.backward(loss)

    assert loss.item() == pytest.approx(float(want), rel=BOUND)
    diffs = {layer.name: [blob.diff.numpy() for blob in layer.blobs] for layer in net.layers if layer.blobs}
    wanted = state_dicts(diffs)["student"]
    distances = {}
    for key, weight in training.student.named_parameters():
        assert weight.grad is not None
        distances[key] = float((weight.grad - wanted[key]).norm() / wanted[key].norm())
    assert {key: distance for key, distance in distances.items() if not distance < BOUND} == {}


def test_bf16_is_the_same_training_but_for_rounding(images: dict[str, Images], tmp_path: Path) -> None:
    """bf16 has 8 bits: 2^-8 a value, and some of it in the loss."""
    (case,) = choose(["kd-26-8"])
    losses = []
    for bf16 in (False, True):
        (tmp_path / str(bf16)).mkdir()
        _, training = made(case, images[case.images], tmp_path / str(bf16))
        training.bf16 = bf16
        losses.append(training.step().item())
        assert {param.dtype for param in training.student.parameters()} == {torch.float32}
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_net_takes_the_weights_of_the_generated_net(
    case: Case, images: dict[str, Images], tmp_path: Path
) -> None:
    """`load_state_dict` refuses what is missing, unknown or of another shape."""
    _, training = made(case, images[case.images], tmp_path)
    assert (training.teacher is None) == (case.teacher is None)
