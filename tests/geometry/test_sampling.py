"""Drawing rows: full budgets, exact sizes, averages over many seeds, the same seed twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry import sample_coreset

MODES = ["fixed_pps", "iid", "distinct"]


class Untouched(np.random.Generator):
    """A generator that must not be asked for anything."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def random(self, *arguments, **options):
        raise AssertionError("a full budget draws nothing")

    permutation = standard_exponential = poisson = choice = multinomial = random


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("budget", [3, 4, 1000])
def test_a_full_budget_is_the_identity_and_draws_nothing(mode, budget):
    sample = sample_coreset([0.5, 0.0, 1e-9, 7.0, 0.0], budget, mode, seed=Untouched())
    assert sample.indices.tolist() == [0, 2, 3]
    assert sample.weights.tolist() == [1, 1, 1]
    assert sample.inclusion.tolist() == [1, 0, 1, 1, 0]
    assert (sample.draws, sample.filled_up, sample.mode) == (0, False, mode)


@pytest.mark.parametrize("mode", ["fixed_pps", "iid"])
def test_sums_are_right_on_average(mode):
    """Within five standard errors over 1e4 seeds; of a sum with signs, that the scores do not know."""
    rng = np.random.default_rng(0)
    scores, values = rng.lognormal(0, 2, 40), rng.standard_normal(40)
    scores[3] = values[3] = 0
    samples = (sample_coreset(scores, 9, mode, seed=seed) for seed in range(10_000))
    sums = np.array([sample.weights @ values[sample.indices] for sample in samples])
    assert abs(sums.mean() - values.sum()) < 5 * sums.std() / 100


def test_a_row_that_hardly_counts_is_not_left_out():
    """Its value may be as large as any: certainty of the others must not take its last chance."""
    assert sample_coreset([1.0, 1e-10], 1, seed=0).inclusion.tolist() == pytest.approx([1, 1e-10], rel=1e-6)
    assert sample_coreset([1.0, 1.0, 1e-10], 2, seed=0).inclusion.min() > 0


def test_inclusion_is_what_is_counted():
    scores = np.random.default_rng(0).lognormal(0, 1.5, 12)
    for mode in ("fixed_pps", "iid"):
        met = np.zeros(12)
        for seed in range(4000):
            sample = sample_coreset(scores, 5, mode, seed=seed)
            met[sample.indices] += 1
        chance = sample.inclusion
        assert (np.abs(met / 4000 - chance) <= 5 * np.sqrt(chance * (1 - chance) / 4000) + 1e-12).all()


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(lambda s: sum(s) > 0),
    st.integers(1, 31),
    st.sampled_from(MODES),
    st.integers(0, 2**32),
)
def test_laws(scores, budget, mode, seed):
    array = np.array(scores)
    sample = sample_coreset(scores, budget, mode, seed=seed)
    assert (np.diff(sample.indices) > 0).all()
    assert (array[sample.indices] > 0).all()
    assert (sample.weights > 0).all()
    positive = int((array > 0).sum())
    if mode == "iid" and budget < positive:
        assert sample.counts.sum() == sample.draws == budget
    if mode != "iid":
        assert len(sample.indices) == min(budget, positive)
    if mode == "fixed_pps":
        assert np.allclose(sample.weights * sample.inclusion[sample.indices], 1)
        assert sample.inclusion.sum() == pytest.approx(min(budget, positive))
    again = sample_coreset(scores, budget, mode, seed=np.random.default_rng(seed))
    assert np.array_equal(again.indices, sample.indices)
    assert np.array_equal(again.weights, sample.weights)


@pytest.mark.parametrize("mode", MODES)
def test_the_last_row_can_be_drawn_alone(mode):
    drawn = {tuple(sample_coreset([1.0, 0.0, 1.0, 0.0, 2.0], 1, mode, seed=s).indices) for s in range(60)}
    assert drawn == {(0,), (2,), (4,)}


def test_iid_weights():
    sample = sample_coreset([1.0, 3.0, 4.0], 2, "iid", seed=3)
    chances = np.array([1, 3, 4]) / 8
    assert np.allclose(sample.weights, sample.counts / (2 * chances[sample.indices]))


@pytest.mark.parametrize("rows", [2, 3, 4])
def test_distinct_is_drawing_until_enough_are_there(rows):
    """The same means as drawing one by one, of the draws and of each row's count, within five standard errors."""
    chances = np.array([0.5, 0.3, 0.15, 0.04, 0.01])

    def plainly(rng):
        counts, draws = np.zeros(5), 0
        while np.count_nonzero(counts) < rows:
            counts[rng.choice(5, p=chances)] += 1
            draws += 1
        return np.append(counts, draws)

    def at_once(rng):
        sample, counts = sample_coreset(chances, rows, "distinct", seed=rng), np.zeros(5)
        counts[sample.indices] = sample.counts
        assert np.allclose(sample.weights, sample.counts / sample.draws / chances[sample.indices])
        assert sample.inclusion is None
        return np.append(counts, sample.draws)

    rng = np.random.default_rng(rows)
    one, other = (np.array([draw(rng) for _ in range(1500)]) for draw in (plainly, at_once))
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 1500)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) <= 5 * error + 1e-12).all()


def test_distinct_does_not_wait_forever():
    sample = sample_coreset([1.0, 1.0, 1e-200, 3e-200, 2e-200], 4, "distinct", seed=0)
    assert sample.filled_up
    assert sample.indices.tolist() == [0, 1, 3, 4]
    assert sample.weights[2:].tolist() == [1, 1]
    assert sample.counts[2:].tolist() == [0, 0]
    assert 30_000 < sample.draws < 50_000


@pytest.mark.parametrize("mode", MODES)
def test_extreme_scores(mode):
    sample = sample_coreset([1e300, 5e-324, 5e-324, 1e300], 3, mode, seed=0)
    assert np.isfinite(sample.weights).all()
    assert {0, 3} <= set(sample.indices.tolist())


def test_arguments():
    for budget in (0, -1):
        with pytest.raises(ValueError, match="budget"):
            sample_coreset([1, 2], budget, seed=0)
    for budget in (1.5, True, None):
        with pytest.raises(TypeError, match="budget"):
            sample_coreset([1, 2], budget, seed=0)
    for scores in ([-1, 2], [0, 0], [np.nan, 1], [[1, 2]], []):
        with pytest.raises(ValueError, match="scores"):
            sample_coreset(scores, 1, seed=0)
    with pytest.raises(ValueError, match="mode"):
        sample_coreset([1, 2], 1, "poisson", seed=0)
    with pytest.raises(TypeError, match="seed"):
        sample_coreset([1, 2], 1, seed=None)
