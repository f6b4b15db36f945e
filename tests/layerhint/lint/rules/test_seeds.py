"""What sets a method's nets apart."""

from linting import PAIR, assert_found, hints, of


def test_two_nets_of_one_seed() -> None:
    """Net k of a method draws its random weights with the seed 100 + k."""
    file = f"{PAIR}/proposed/net2_surgery.yaml"
    found = hints().edited(file, "seed: 102", "seed: 101").findings()
    assert_found(found, file, None, "gives net2 the weights and the images of net1", "a seed of its own")


def test_nets_that_keep_the_fc_differ_in_their_crops() -> None:
    """Nothing of them is random, so the surgery's seed tells nobody apart; the solver's does."""
    kept = of("fig7", "sl-resnet", "sl-resnet-kd", sl_resnet_fc="kept")
    folder = "generated/cifar10/resnet8/sl-resnet"
    assert kept.findings() == ()
    found = kept.edited(f"{folder}/net2_solver.prototxt", "random_seed: 5", "random_seed: 4").findings()
    assert_found(found, f"{folder}/net2_surgery.yaml", None, "gives net2 the weights and the images of net1")
