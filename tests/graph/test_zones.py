"""Where a map is constant: the zones of one operator on one axis against the operator itself."""

import pytest
import torch
from torch.nn import functional

from theoryprune.graph.zones import Window, Zones, everything, joined, spread, windows
from theoryprune.layers import Add, AvgPool, Conv, Flatten, MaxPool, ZeroPad

ONE = {"name": "layer", "inputs": ("x",)}


def draws(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda low, high: int(torch.randint(low, high + 1, (), generator=generator))


def random_case(seed):
    """An axis with zones, a window that fits on it, and a map of that axis: all different but its middle."""
    draw = draws(seed)
    zones = Zones(draw(5, 57), draw(0, 4), draw(0, 4))
    window = Window(draw(1, 4), draw(1, 3), draw(0, 3), draw(0, 3), draw(1, 2))
    if zones.size + window.before + window.after <= window.reach:
        return random_case(seed + 1000)
    cells = torch.randint(1, 1000, (zones.size,), generator=torch.Generator().manual_seed(seed)).double()
    cells[zones.left : max(zones.left, zones.size - zones.right)] = 7
    return zones, window, cells


def slide(window, cells, seed):
    """A convolution with whole numbers, so that sums are exact."""
    kernel = torch.randint(1, 1000, (1, 1, window.kernel), generator=torch.Generator().manual_seed(seed)).double()
    padded = functional.pad(cells, (window.before, window.after))[None, None]
    return functional.conv1d(padded, kernel, stride=window.stride, dilation=window.dilation)[0, 0]


def stretched(zones, cells, size):
    """The map of `size` cells whose first `left` and last `right` cells are those of `cells`, alike in between."""
    stored = len(cells)
    index = [
        p if p < zones.left else stored - (size - p) if p >= size - zones.right else zones.left for p in range(size)
    ]
    return cells[index]


def test_behind_an_operator_all_cells_are_alike_but_those_of_the_zones():
    inside = 0
    for seed in range(300):
        zones, window, cells = random_case(seed)
        out, after = slide(window, cells, seed), zones.through(window)
        assert after.size == len(out)
        if not after.full:
            middle = out[after.left : after.size - after.right]
            assert len(middle) > 0
            assert bool((middle == middle[0]).all())
            inside += 1
    assert inside > 200


def test_the_zones_are_no_wider_than_they_must_be():
    """In general position a cell more of the middle would differ."""
    for seed in range(300):
        zones, window, cells = random_case(seed)
        after = zones.through(window)
        if after.full or zones.full:
            continue
        out = slide(window, cells, seed)
        middle = out[after.left]
        reads = range(-window.before, -window.before + window.reach + 1, window.dilation)
        if after.left and any(
            (after.left - 1) * window.stride + r < zones.left and (after.left - 1) * window.stride + r >= 0
            for r in reads
        ):
            assert out[after.left - 1] != middle


def test_on_the_fewest_cells_an_operator_computes_all_that_it_does():
    short = 0
    for seed in range(300):
        zones, window, cells = random_case(seed)
        least, after = zones.least(window), zones.through(window)
        assert least <= zones.size
        assert (zones.size - least) % window.stride == 0 or least == zones.size
        if after.full or least == zones.size:
            continue
        few = stretched(zones, cells, least)
        assert torch.equal(stretched(after, slide(window, few, seed), after.size), slide(window, cells, seed))
        short += 1
    assert short > 150


def test_some_by_hand():
    three = Window(kernel=3, stride=1, before=1, after=1, dilation=1)
    assert Zones(10, 0, 0).through(three) == Zones(10, 1, 1)
    assert Zones(10, 1, 1).through(three) == Zones(10, 2, 2)
    halving = Window(kernel=2, stride=2, before=0, after=0, dilation=1)
    assert Zones(10, 3, 3).through(halving) == Zones(5, 2, 2)
    assert Zones(8, 3, 3).through(halving) == everything(4)
    assert Zones(20, 3, 3).through(halving) == Zones(10, 2, 2)
    assert Zones(20, 3, 3).through(Window(1, 1, 0, 0, 1)) == Zones(20, 3, 3)
    assert Zones(4, 2, 2).full
    assert not Zones(5, 2, 2).full


def test_joined_maps_differ_where_one_of_them_does():
    assert joined((Zones(9, 1, 3), Zones(9, 2, 0))) == Zones(9, 2, 3)
    assert joined((Zones(9, 5, 0), Zones(9, 0, 4))) == everything(9)


def test_windows_of_the_records():
    conv = Conv(**ONE, weight=torch.ones(1, 1, 4, 3), stride=(1, 1), padding="same", dilation=(1, 2))
    assert windows(conv) == (Window(4, 1, 1, 2, 1), Window(3, 1, 2, 2, 2))
    pool = {"kernel": (2,), "stride": (3,), "padding": (1,)}
    assert windows(MaxPool(**ONE, **pool, dilation=(2,))) == (Window(2, 3, 1, 1, 2),)
    assert windows(AvgPool(**ONE, **pool)) == (Window(2, 3, 1, 1, 1),)
    assert windows(MaxPool(**ONE, **pool, dilation=(1,), ceil_mode=True)) is None
    assert windows(AvgPool(**ONE, **pool, ceil_mode=True)) is None
    assert windows(Flatten(**ONE, start=0, end=1)) is None


def test_zones_of_the_records():
    before = (Zones(20, 1, 2), Zones(30, 0, 0))
    padded = spread(ZeroPad(**ONE, pads=((0, 0), (2, 1), (0, 3))), (1, 23, 33), before)
    assert padded == (Zones(23, 3, 3), Zones(33, 0, 3))
    assert spread(Add(name="layer", inputs=("x", "y")), (1, 20, 30), before, before) == before
    assert spread(Flatten(**ONE, start=0, end=2), (600,), before) == ()
    tall = spread(AvgPool(**ONE, kernel=(2, 2), stride=(2, 2), padding=(0, 0), ceil_mode=True), (1, 10, 15), before)
    assert tall == (everything(10), everything(15))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_small_axes_are_whole(size):
    three = Window(kernel=3, stride=1, before=1, after=1, dilation=1)
    assert Zones(size, 1, 1).through(three).full
    assert Zones(size, 1, 1).least(three) == size
