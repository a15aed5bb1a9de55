import numpy as np
import pytest

from tests.networks import on_meta
from theoryprune.measures import WidthCost, width_cost


def meta(name):
    return on_meta(name)[1]


@pytest.mark.parametrize("name", ["digits_mlp", "resnet20", "dense_tiny", "grouped_tiny", "mobile_tiny"])
@pytest.mark.parametrize("quantity", ["params", "macs", "channels"])
def test_a_saving_is_the_difference_of_two_counts(name, quantity):
    cost = width_cost(meta(name), quantity)
    draw = np.random.default_rng(0)
    for _ in range(30):
        widths = {group: int(draw.choice(cost.allowed(group))) for group in cost.sizes}
        group = str(draw.choice(list(cost.sizes)))
        after = int(draw.choice([w for w in cost.allowed(group) if w <= widths[group]]))
        difference = cost.of(widths) - cost.of({**widths, group: after})
        assert cost.saving(widths, group, widths[group] - after) == difference >= 0


def test_savings_depend_on_the_neighbours_named_and_shrink_with_them():
    cost = width_cost(meta("resnet20"), "params")
    full = {group: cost.saving({}, group, 1) for group in cost.sizes}
    for name in cost.sizes:
        changed = {group for group in cost.sizes if cost.saving({name: 8}, group, 1) != full[group]} - {name}
        assert changed == set(cost.neighbours(name))
        assert all(cost.saving({name: 8}, group, 1) < full[group] for group in changed)


def test_allowed_widths():
    cost = WidthCost("macs", {"a": 10, "b": 3}, {"a": 3, "b": 1}, {"a": 4, "b": 3}, {}, {"a": (), "b": ()})
    assert cost.allowed("a") == (4, 8, 10)
    assert cost.allowed("b") == (3,)


@pytest.mark.parametrize(
    ("widths", "match"),
    [
        ({"x": 1}, "'x' is no removable channel group; they are \\['a'\\]"),
        ({"a": 0}, "the width of 'a' must be 8, or at least 1 and a multiple of 2, got 0"),
        ({"a": 3}, "the width of 'a' must be 8, or at least 1 and a multiple of 2, got 3"),
        ({"a": 9}, "got 9"),
    ],
)
def test_widths_that_are_not_allowed(widths, match):
    cost = WidthCost("params", {"a": 8}, {"a": 1}, {"a": 2}, {(("a", 0),): 5}, {"a": (range(9),)})
    with pytest.raises(ValueError, match=match):
        cost.of(widths)
    with pytest.raises(ValueError, match=match):
        cost.saving(widths, next(iter(widths)), 0)


def test_counts_are_exact_beyond_64_bits():
    cost = WidthCost("macs", {"a": 8}, {"a": 1}, {"a": 1}, {(("a", 0), ("a", 0)): 10**30}, {"a": (range(9),)})
    assert cost.total == 64 * 10**30
    assert cost.saving({}, "a", 1) == 15 * 10**30
