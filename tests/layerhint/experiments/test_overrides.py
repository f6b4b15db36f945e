"""Numbers from outside: those that would mean two things, or that only some of what uses them would have."""

import pytest

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.experiments.overrides import parse_settings
from layerhint.trainings.expand import expand


@pytest.mark.parametrize(
    ("experiment", "name", "value", "made"),
    [
        ("table1", "images.pad", 0, "CIFAR-10 are made with 4"),
        ("table1", "images.size", 28, "CIFAR-10 are made with 32"),
        ("table2", "images.channels", 1, "CIFAR-100 are made with 3"),
        ("table2", "images.train", 100, "CIFAR-100 are made with 50000"),
        ("table3", "images.subtract_mean", True, "MNIST are made with false"),
        ("table3", "classes", 7, "MNIST are made with 10"),
    ],
)
def test_what_the_lmdbs_of_the_paper_s_data_sets_do_not_have(experiment: str, name: str, value: int, made: str) -> None:
    with pytest.raises(LayerhintError, match=rf"{name} {str(value).lower()}: only the nets would have it.*{made}"):
        load_experiment(experiment, {name: value})


def test_how_many_of_the_test_images_are_used_may_be_set() -> None:
    assert load_experiment("table1", {"images.test": 500}).protocol.images.test == 500


def test_one_number_is_set_once() -> None:
    with pytest.raises(LayerhintError, match=r"--set lambda and --set kd\.lambda both set kd\.lambda: give it once"):
        load_experiment("table1", {"lambda": 4, "kd.lambda": 5})
    with pytest.raises(LayerhintError, match="--set lambda stands twice"):
        parse_settings(["lambda=4", "shortcut=projection", "lambda=5"])


@pytest.mark.parametrize(
    ("experiment", "settings", "kd", "sl_resnet"),
    [
        ("fig7", {}, 5, 5),
        ("fig7", {"lambda": 4}, 4, 4),
        ("fig7", {"kd.lambda": 4}, 4, 4),
        ("fig7", {"lambda": 4, "sl_resnet.kd_lambda": 6}, 4, 6),
        ("table4", {}, 5, 3),
        ("table4", {"lambda": 4}, 4, 3),
        ("table4", {"kd_lambda": 6}, 5, 6),
    ],
)
def test_lambda_is_sl_resnet_s_too_where_the_protocol_gives_it_none_of_its_own(
    experiment: str, settings: dict[str, int], kd: float, sl_resnet: float
) -> None:
    """The paper has 5 everywhere, but 3 for SL-ResNet with KD on MNIST."""
    loaded = load_experiment(experiment, settings)
    assert (loaded.protocol.kd.lambda_, loaded.protocol.lambda_of_sl_resnet) == (kd, sl_resnet)
    by_method = {t.method: t.train.kd.lambda_ for t in expand(loaded) if t.train.kd}
    assert by_method["sl-resnet-kd"] == sl_resnet
    assert by_method.get("kd", kd) == kd


def test_a_number_that_the_protocol_leaves_out_goes_by_its_whole_path() -> None:
    """Else `--set scale=0.1` would be the images', where --scale was meant."""
    scaled = load_experiment("table1", {"images.scale": 0.1})
    assert scaled.protocol.images.scale == 0.1
    for key, path in (("scale", "images.scale"), ("kd_lambda", "sl_resnet.kd_lambda")):
        with pytest.raises(LayerhintError, match=rf"leaves `{key}` out: to set it all the same, write {path}$"):
            load_experiment("table1", {key: 0.1})
