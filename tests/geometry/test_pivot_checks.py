"""The checker of pivots rejects every other order."""

from itertools import permutations

import numpy as np
import pytest

from theoryprune.geometry import is_pivot_order, pivoted_cholesky, pivoted_cholesky_targets


def test_one_order_of_all_is_right():
    rng = np.random.default_rng(0)
    features, targets = rng.standard_normal((5, 5)), rng.standard_normal((2, 5))
    gram = features.T @ features
    for values, result in ((None, pivoted_cholesky(gram, 3)), (targets, pivoted_cholesky_targets(gram, targets, 3))):
        right = [order for order in permutations(range(5), 3) if is_pivot_order(gram, order, values)]
        assert right == [tuple(result.order.tolist())]


def test_ties_have_several():
    assert is_pivot_order(np.eye(3), [2, 0, 1])
    assert not is_pivot_order(np.diag([1, 1.001, 1]), [2, 0, 1])


def test_a_feature_in_the_span_of_others_is_no_pivot():
    assert is_pivot_order(np.ones((2, 2)), [1])
    assert not is_pivot_order(np.ones((2, 2)), [1, 0])


def test_it_says_what_is_wrong():
    assert is_pivot_order(np.diag([2.0, 1.0]), [0, 1]).value == 0
    assert "span" in is_pivot_order(np.ones((2, 2)), [1, 0]).reason
    worse = is_pivot_order(np.diag([2.0, 1.0]), [1, 0])
    assert (worse.holds, worse.value) == (False, 0.5)


@pytest.mark.parametrize("order", [[0, 0], [3], [], [0.0]])
def test_bad_orders(order):
    with pytest.raises(ValueError, match="order must"):
        is_pivot_order(np.eye(3), order)
