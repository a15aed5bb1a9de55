"""What all sampled constructions share: the full budget, unbiased sums, seeds."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer, same
from theoryprune.coresets import additive, is_selection, lewis, lowner_peel, mussay

SAMPLED = [additive, lewis, lowner_peel, mussay]
MODES = ["iid", "distinct", "fixed_pps"]


@pytest.mark.parametrize("construct", SAMPLED)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", MODES)
def test_the_record_accounts_for_the_weights(construct, kind, mode):
    rows, columns = layer(kind)
    for m in (1, 6, 15, 23):
        result = construct(rows, columns, m, seed=1, mode=mode)
        assert is_selection(result, rows, columns)
        assert result.sampling.mode == mode
        if mode != "iid":
            live = np.linalg.norm(rows, axis=1) * np.abs(columns).max(axis=0) > 0
            assert len(result.kept) == min(m, live.sum())


@pytest.mark.parametrize("construct", SAMPLED)
@pytest.mark.parametrize("mode", MODES)
def test_a_budget_for_every_unit_with_an_effect_draws_nothing(construct, mode):
    rows, columns = layer("zero rows")
    live = np.flatnonzero(rows.any(axis=1) & columns.any(axis=0))
    generator = np.random.default_rng(0)
    result = construct(rows, columns, len(live), seed=generator, mode=mode)
    assert np.array_equal(result.kept, live)
    assert np.array_equal(result.outgoing, columns[:, live])
    assert (result.sampling.draws, result.sampling.error, result.sampling.delta_algorithm) == (0, 0, 0)
    assert generator.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("construct", SAMPLED)
@pytest.mark.parametrize("mode", ["iid", "fixed_pps"])
def test_sums_are_right_on_average(construct, mode):
    rows, columns = layer("gauss", n=10, d=4, p=2)
    generator, sums, squares, runs = np.random.default_rng(0), np.zeros((2, 10)), np.zeros((2, 10)), 200
    for _ in range(runs):
        result = construct(rows, columns, 5, seed=generator, mode=mode)
        sums[:, result.kept] += result.outgoing
        squares[:, result.kept] += result.outgoing**2
    deviation = np.sqrt(np.maximum(squares / runs - (sums / runs) ** 2, 0) / runs)
    assert (np.abs(sums / runs - columns) <= 5 * deviation + 1e-12).all()


@pytest.mark.parametrize("construct", SAMPLED)
def test_seeds(construct):
    rows, columns = layer("gauss")
    assert same(construct(rows, columns, 9, seed=3), construct(rows, columns, 9, seed=np.random.default_rng(3)))
    assert not same(construct(rows, columns, 9, seed=3), construct(rows, columns, 9, seed=4))
    with pytest.raises(TypeError, match="seed must be"):
        construct(rows, columns, 9, seed=None)
    with pytest.raises(ValueError, match="mode must be one of"):
        construct(rows, columns, 9, seed=0, mode="poisson")


@pytest.mark.parametrize("construct", SAMPLED)
@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_any_magnitude(construct, scale):
    rows, columns = layer("gauss")
    one, other = construct(rows, columns, 9, seed=3), construct(rows * scale, columns, 9, seed=3)
    assert np.array_equal(one.kept, other.kept)
    assert other.outgoing == pytest.approx(one.outgoing, rel=1e-6)
