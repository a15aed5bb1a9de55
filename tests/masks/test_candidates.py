"""What selection asks of scores, and the plainest kind."""

import numpy as np
import pytest
import torch

from theoryprune.masks.candidates import Vectors, positions, require_finite


@pytest.mark.parametrize("density", [0, 0.01, 0.05, 0.099, 0.11, 0.5, 1])
def test_positions(density):
    draws = torch.Generator().manual_seed(0)
    for length in (*range(70), 71, 72, 100, 127, 128, 129, 1000, 4099):
        chosen = torch.rand(length, generator=draws) < density
        assert np.array_equal(positions(chosen).numpy(), np.flatnonzero(chosen.numpy()))
    one = torch.zeros(1001, dtype=torch.bool)
    for place in (0, 7, 8, 999, 1000):
        one.zero_()[place] = True
        assert positions(one).tolist() == [place]


@pytest.mark.parametrize("offset", range(9))
def test_positions_in_a_view(offset):
    chosen = torch.rand(5000, generator=torch.Generator().manual_seed(1)) < 0.03
    view = chosen[offset : 4000 + offset]
    assert np.array_equal(positions(view).numpy(), np.flatnonzero(view.numpy()))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_trap_006_what_is_not_finite_raises_with_name_and_count(bad):
    good = torch.ones(4)
    with pytest.raises(ValueError, match=r"scores must be finite, but 'b.weight' has 2 that are NaN or infinite"):
        require_finite({"a.weight": good, "b.weight": torch.tensor([bad, 1.0, bad]), "c.weight": good[:0]})


def test_a_flow_cannot_be_negative():
    require_finite({"a": torch.tensor([-1.0])})
    with pytest.raises(ValueError, match="cannot be negative, but 'a' has 1"):
        require_finite({"a": torch.tensor([-1.0, 0.0])}, non_negative=True)


def test_vectors_one_after_the_other():
    vectors = Vectors([torch.tensor([3.0, 1.0]), torch.tensor([2.0])], torch.tensor([True, False, True]))
    assert (vectors.count, list(vectors.ranges), len(vectors.zeros)) == (2, [(0, 2), (2, 3)], 0)
    assert [(start, block.tolist(), list(ends)) for start, block, ends in vectors.blocks()] == [
        (0, [3.0, 1.0], [2]),
        (2, [2.0], [1]),
    ]
    assert vectors.at(torch.tensor([0, 2])).tolist() == [3.0, 2.0]
    assert vectors.flat(torch.tensor([0, 2])).tolist() == [0, 2]
