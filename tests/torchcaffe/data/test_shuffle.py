from torchcaffe.boost import Rng
from torchcaffe.boost.uniform_int import uniform_int
from torchcaffe.data.shuffle import shuffle


def test_shuffle_is_caffes():
    """From a C++ program of Boost 1.74: `mt19937 g(1701)`, and Caffe's loop over `uniform_int<ptrdiff_t>(0, i)`.

    It shuffled 0 .. 11 twice, and then drew six times from 0 .. 2999999999, where most raw draws are rejected
    if above, and printed the next raw draw.
    """
    rng, items = Rng(1701), list(range(12))
    shuffle(items, rng)
    assert items == [0, 10, 9, 8, 6, 2, 3, 4, 7, 11, 5, 1]
    shuffle(items, rng)
    assert items == [11, 2, 7, 10, 8, 4, 3, 6, 0, 5, 9, 1]
    drawn = [uniform_int(rng, 2999999999) for _ in range(6)]
    assert drawn == [732221218, 1389901553, 1414192120, 2385559549, 1624939733, 2020981004]
    assert rng.next_u32() == 4025242417


def test_nothing_is_drawn_where_there_is_no_choice():
    rng = Rng(1701)
    before = rng.state
    assert uniform_int(rng, 0) == 0
    shuffle([], rng)
    shuffle(["one"], rng)
    assert rng.state == before


def test_all_numbers_come_up():
    rng = Rng(3)
    counts = [0] * 7
    for _ in range(7000):
        counts[uniform_int(rng, 6)] += 1
    assert all(850 < count < 1150 for count in counts)  # 1000 each, standard deviation 29.
