"""Random numbers: bit for bit and draw for draw those of Caffe 1.0 with Boost 1.74 (goldens:
tests/cases/rng/README.md).
"""

import json
import math
import zlib
from pathlib import Path

import numpy as np
import pytest

from torchcaffe import boost, rng
from torchcaffe.boost import Rng
from torchcaffe.boost.exponential import exponential
from torchcaffe.boost.normal import unit_normal
from torchcaffe.boost.uniform import uniform_01
from torchcaffe.boost.ziggurat_tables import Ziggurat, exponential_ziggurat, normal_ziggurat
from torchcaffe.errors import NetError, WeightsError

CASES = Path(__file__).parents[1] / "cases" / "rng"


def cases(name: str) -> list[dict]:
    return json.loads((CASES / f"{name}.json").read_text())


def case_id(case: dict) -> str:
    return " ".join(str(case[key]) for key in case if key not in ("first", "special", "from_622", "crc32", "next_raw"))


class Counting:
    """A generator that counts its draws."""

    def __init__(self, seed: int) -> None:
        self.rng, self.drawn = Rng(seed), 0

    def next_u32(self) -> int:
        self.drawn += 1
        return self.rng.next_u32()

    def raw(self, count: int) -> np.ndarray:
        self.drawn += count
        return self.rng.raw(count)


class Scripted:
    """A generator that gives the draws it is told."""

    def __init__(self, *draws: int) -> None:
        self.left = list(draws)

    def next_u32(self) -> int:
        return self.left.pop(0)

    def raw(self, count: int) -> np.ndarray:
        assert count <= len(self.left)
        return np.array([self.left.pop(0) for _ in range(count)], dtype=np.uint32)


# The generator.


@pytest.mark.parametrize("case", cases("raw"), ids=case_id)
def test_raw_draws_are_those_of_boost(case: dict) -> None:
    generator = Rng(case["seed"])
    draws = generator.raw(case["count"])
    assert draws.dtype == np.uint32
    assert draws[:4].tolist() == case["first"]
    assert draws[622:626].tolist() == case["from_622"]
    assert zlib.crc32(draws) == case["crc32"]
    assert generator.next_u32() == case["next_raw"]


def test_ten_thousandth_draw_is_the_one_the_cpp_standard_names() -> None:
    # C++ standard, [rand.predef]: the 10000th invocation of a default-constructed mt19937, whose seed is 5489.
    assert Rng(5489).raw(10000)[-1] == 4123659995


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625, 70000])
def test_state_survives_json_at_any_place(drawn: int) -> None:
    generator = Rng(1701)
    generator.raw(drawn)
    saved = json.dumps(generator.state)
    assert len(saved) < 3400
    expected = generator.raw(1300)
    other = Rng(1)
    other.state = json.loads(saved)
    assert np.array_equal(other.raw(1300), expected)


def test_clone_goes_its_own_way() -> None:
    generator = Rng(3)
    generator.raw(700)
    clone = generator.clone()
    expected = clone.raw(5)
    assert np.array_equal(generator.raw(5), expected)


@pytest.mark.parametrize(
    "state",
    [{}, {"key": "AAAA", "pos": 0}, {"key": "?", "pos": 0}, {"key": 5, "pos": 0}, {**Rng(0).state, "pos": 625}],
)
def test_damaged_state_is_refused(state: dict) -> None:
    generator = Rng(0)
    with pytest.raises(WeightsError, match="random state"):
        generator.state = state
    assert generator.next_u32() == 2357136044  # raw.json, seed 0


# The distributions.


def area_left(ziggurat: Ziggurat) -> np.ndarray:
    """The areas of layers 1 and up."""
    return ziggurat.x[1:-1] * np.diff(ziggurat.y[1:])


@pytest.mark.parametrize("case", cases("ziggurat"), ids=lambda case: case["name"])
def test_ziggurat_tables_are_boosts_to_the_last_bit(case: dict) -> None:
    table = {"normal": normal_ziggurat, "exponential": exponential_ziggurat}[case["name"]]()
    assert len(table.x) == len(table.y) == case["count"]
    assert table.x[:3].tolist() == case["x_first"]
    assert zlib.crc32(table.x) == case["x_crc32"]
    assert zlib.crc32(table.y) == case["y_crc32"]


def test_ziggurat_layers_have_equal_areas() -> None:
    normal, exponential = normal_ziggurat(), exponential_ziggurat()
    tail = math.sqrt(math.pi / 2) * math.erfc(normal.x[1] / math.sqrt(2))
    assert area_left(normal) == pytest.approx(normal.x[1] * normal.y[1] + tail, rel=1e-12)
    assert area_left(exponential) == pytest.approx((exponential.x[1] + 1) * exponential.y[1], rel=1e-12)


@pytest.mark.parametrize("case", cases("exponential"), ids=case_id)
def test_exponential_numbers_are_those_of_boost(case: dict) -> None:
    generator = Rng(case["seed"])
    rate = np.float32(case["rate"])
    values = np.array([exponential(generator.next_u32, rate) for _ in range(case["count"])])
    assert values.dtype == np.float32
    assert values[:4].tolist() == np.array(case["first"], dtype=np.float32).tolist()
    assert zlib.crc32(values) == case["crc32"]
    assert generator.next_u32() == case["next_raw"]


def test_an_exponential_number_shifts_each_time_it_falls_into_the_tail() -> None:
    # 0xffffff00: layer 0 at nearly its whole width 8.697..., beyond its start 7.697...; 0x80000001: layer 1 at half.
    engine = Scripted(0xFFFFFF00, 0xFFFFFF00, 0x80000001)
    value = exponential(engine.next_u32, np.float32(2))
    assert value == pytest.approx(2.5 * 7.69711747 / 2, rel=1e-6)
    assert engine.left == []


@pytest.mark.parametrize("case", cases("gaussian"), ids=case_id)
def test_gaussians_are_those_of_caffe(case: dict) -> None:
    generator = Rng(case["seed"])
    values = rng.caffe_rng_gaussian(generator, case["count"], case["mean"], case["std"])
    assert values.dtype == np.float32
    assert values[:6].tolist() == np.array(case["first"], dtype=np.float32).tolist()
    for special in case["special"]:
        assert values[special["index"]] == np.float32(special["value"]), special
    assert zlib.crc32(values) == case["crc32"]
    assert generator.next_u32() == case["next_raw"]


@pytest.mark.parametrize("case", [case for case in cases("gaussian") if case["special"]], ids=case_id)
def test_wedges_rejections_and_tails_take_as_many_draws_as_in_boost(case: dict) -> None:
    assert {special["kind"] for special in case["special"]} >= {"wedge", "rejection"}
    for special in case["special"]:
        engine = Counting(case["seed"])
        boost.normal(engine, case["mean"], case["std"], special["index"])
        assert engine.drawn == special["drawn_before"]
        value = boost.normal(engine, case["mean"], case["std"], 1)
        assert value[0] == np.float32(special["value"])
        assert engine.drawn == special["drawn_before"] + special["draws"]


def test_many_gaussians_at_once_are_those_drawn_one_by_one() -> None:
    count = 9000
    singly, at_once, in_parts = Rng(8), Rng(8), Rng(8)
    expected = np.array([unit_normal(singly.next_u32) for _ in range(count)])
    assert np.array_equal(boost.normal(at_once, 0, 1, count), expected)
    parts = [boost.normal(in_parts, 0, 1, size) for size in (1, 2, 0, 497, 4000, 4500)]
    assert np.array_equal(np.concatenate(parts), expected)
    assert singly.next_u32() == at_once.next_u32() == in_parts.next_u32()


def test_gaussians_have_the_moments_of_the_normal_distribution() -> None:
    values = boost.normal(Rng(12), 0, 1, 1_000_000).astype(np.float64)
    # Standard errors at 1e6 numbers: mean 0.001, variance 0.0014, fourth moment 0.0098; tail count 24.
    assert abs(values.mean()) < 0.005
    assert values.var() == pytest.approx(1, abs=0.007)
    assert (values**4).mean() == pytest.approx(3, abs=0.05)
    assert (np.abs(values) > 3.4427).sum() == pytest.approx(1e6 * math.erfc(3.4427 / math.sqrt(2)), abs=120)


def test_a_fraction_that_rounds_to_one_is_drawn_again_inside_a_gaussian() -> None:
    # 0x800000ff: the innermost layer, 127, with positive sign, at half its width 0.27232...; no number passes its first
    # comparison. float32(2**32 - 1) * 2**-32 is 1 and drawn again; the next, 0, is the wedge's foot and taken.
    # 0x80000003: layer 1, at half its width 3.4426..., below the next layer's 3.223.
    engine = Scripted(0x800000FF, 0xFFFFFFFF, 0, 0x80000003, 99)
    values = boost.normal(engine, 0, 1, 2)
    half = np.float32(0.5)
    assert values.tolist() == [half * np.float32(0.27232086470466385), half * np.float32(3.4426198558966523)]
    assert engine.left == [99]


def test_uniform_01_draws_again_what_rounds_to_one() -> None:
    engine = Scripted(0xFFFFFFFF, 0x80000000)
    assert uniform_01(engine.next_u32) == 0.5
    assert engine.left == []


@pytest.mark.parametrize("case", cases("uniform"), ids=case_id)
def test_uniform_numbers_are_those_of_caffe(case: dict) -> None:
    generator = Rng(case["seed"])
    values = rng.caffe_rng_uniform(generator, case["count"], case["low"], case["high"])
    assert values.dtype == np.float32
    assert values[:4].tolist() == np.array(case["first"], dtype=np.float32).tolist()
    assert zlib.crc32(values) == case["crc32"]
    assert generator.next_u32() == case["next_raw"]


def test_uniform_real_is_the_draw_over_two_to_the_32nd() -> None:
    # -3 + 8 * {1/4, 1 (refused: the bound is not in the range), 1/2}
    engine = Scripted(2**30, 2**32 - 1, 2**31)
    assert boost.uniform_real(engine, -3, 5, 2).tolist() == [-1, 1]


@pytest.mark.parametrize("case", cases("bernoulli"), ids=case_id)
def test_bernoulli_trials_are_those_of_caffe(case: dict) -> None:
    generator = Rng(case["seed"])
    values = rng.caffe_rng_bernoulli(generator, case["count"], case["p"])
    assert values.dtype == np.bool_
    assert values[:16].astype(int).tolist() == case["first"]
    assert zlib.crc32(values.astype("<i4")) == case["crc32"]
    assert generator.next_u32() == case["next_raw"]


def test_wrong_parameters_are_refused() -> None:
    generator = Rng(0)
    with pytest.raises(NetError, match=r"min <= max, got min 2\.0 and max 1\.0"):
        rng.caffe_rng_uniform(generator, 3, 2, 1)
    with pytest.raises(NetError, match="std > 0, got 0"):
        rng.caffe_rng_gaussian(generator, 3, 0, 0)
    for p in (-0.1, 1.5, math.nan):
        with pytest.raises(NetError, match="from 0 to 1"):
            rng.caffe_rng_bernoulli(generator, 3, p)


# The global generator.


def test_seeding_restarts_the_global_generator_in_place() -> None:
    held = rng.global_rng()
    rng.set_random_seed(1701)
    assert rng.global_rng() is held
    assert [rng.caffe_rng_rand(), held.next_u32()] == [384112814, 2227967492]  # raw.json


@pytest.mark.parametrize(("seed", "first"), [(1701 + 2**32, 384112814), (-1, 419326371)])
def test_seeds_are_cut_to_32_bits(seed: int, first: int) -> None:
    rng.set_random_seed(seed)
    assert rng.caffe_rng_rand() == first  # raw.json, seeds 1701 and 2**32 - 1


def test_unseeded_generator_is_seeded_by_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rng, "_global_rng", None)
    monkeypatch.setattr("os.urandom", lambda size: (1701).to_bytes(size, "little"))
    assert rng.caffe_rng_rand() == 384112814  # raw.json
