"""Draw a few rows by their scores, with weights that keep sums right on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, Indices, Seed, as_count, as_generator, as_weights
from theoryprune.geometry.fixed_pps import chances_of, inclusion_probabilities, systematic

Mode = Literal["fixed_pps", "iid", "distinct"]
_DRAWS_PER_ROW = 10_000  # on average, before "distinct" stops waiting for rows that hardly ever come


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows drawn, and the weights with which they stand for all.

    Parameters
    ----------
    indices : ndarray of int, shape (k,)
        Ascending, each once.
    weights : ndarray, shape (k,)
        ``sum_i weights[i] f(indices[i])`` estimates ``sum_j f(j)``.
    counts : ndarray of int, shape (k,)
        How often each was drawn; 0 for rows that ``"distinct"`` took without a draw.
    draws : int
        Draws made: 0 where the budget covers every row with a positive score.
    inclusion : ndarray, shape (n,), or None
        The probability that each row is drawn at all; None for ``"distinct"``, where it is not known.
    mode : str
        How it was drawn.
    filled_up : bool
        Whether ``"distinct"`` gave up after 10,000 draws per row, and took the highest scores left with weight 1.
    """

    indices: Indices
    weights: Floats
    counts: Indices
    draws: int
    inclusion: Floats | None
    mode: Mode
    filled_up: bool = False


def sample_coreset(scores: ArrayLike, budget: int, mode: Mode = "fixed_pps", *, seed: Seed) -> Sample:
    """Draw rows with probabilities that follow their scores.

    Parameters
    ----------
    scores : array_like, shape (n,)
        Non-negative, such as `sensitivities`. A row with score 0 is never drawn: whoever gives the score answers for
        its having no effect.
    budget : int
        Rows, for ``"fixed_pps"`` and ``"distinct"``; draws, for ``"iid"``.
    mode : {"fixed_pps", "iid", "distinct"}
        See Notes.
    seed : int or numpy.random.Generator

    Returns
    -------
    Sample

    Raises
    ------
    TypeError
        If `budget` is no integer, or `seed` neither an integer nor a generator.
    ValueError
        If it is below 1, or the scores are negative, not finite or all zero, or the mode is another.

    Notes
    -----
    With ``p_j`` the score over the sum of scores:

    - ``"fixed_pps"``: exactly `budget` rows without replacement. Row j is included with probability ``pi_j = min(1, c
      score_j)``, c such that these add up to the budget; weight ``1 / pi_j``, exactly 1 where ``pi_j = 1`` (D.
      Horvitz, D. Thompson, A generalization of sampling without replacement from a finite universe, 1952). Systematic
      on a random order. Unbiased for each sum.
    - ``"iid"``: `budget` independent draws; weight ``N_j / (budget p_j)`` for a row drawn ``N_j`` times. Unbiased, and
      the only mode of which `relative_sampling_error` and `additive_sampling_error` speak. Its weights go on
      fluctuating however large the budget is, below the number of rows.
    - ``"distinct"``: draws until `budget` different rows are there; weight ``N_j / (draws p_j)``. Published code does
      this. Where it stops depends on what it drew, so it is slightly biased, and no theorem is known here.

    A budget that covers every row with a positive score returns those rows with weight 1, in every mode, and draws
    nothing from `seed`. Cost O(n log n) and the draws.

    Examples
    --------
    >>> sample = sample_coreset([1.0, 0.0, 4.0, 1.0], 2, seed=0)
    >>> sample.indices.tolist(), sample.weights.tolist(), sample.inclusion.tolist()
    ([0, 2], [2.0, 1.0], [0.5, 0.0, 1.0, 0.5])
    """
    array = as_weights(scores, np.size(scores), "scores")
    generator, size = as_generator(seed), as_count(budget, "budget")
    if mode not in get_args(Mode):
        raise ValueError(f"mode must be one of {', '.join(map(repr, get_args(Mode)))}, got {mode!r}")
    rows = np.flatnonzero(array)
    chances = chances_of(array[rows])
    if size >= len(rows):
        everything = np.ones(len(rows), dtype=np.int64)
        return Sample(rows, np.ones(len(rows)), everything, 0, (array > 0).astype(np.float64), mode)
    inclusion = np.zeros(len(array))
    if mode == "fixed_pps":
        inclusion[rows] = inclusion_probabilities(chances, size)
        chosen = rows[systematic(inclusion[rows], size, generator)]
        return Sample(chosen, 1 / inclusion[chosen], np.ones(size, dtype=np.int64), size, inclusion, mode)
    if mode == "iid":
        counts = np.bincount(_draw(chances, size, generator), minlength=len(rows))
        with np.errstate(divide="ignore"):  # a chance that rounds to 1 is certain
            inclusion[rows] = -np.expm1(size * np.log1p(-chances))
        return _weighted(rows, chances, counts, size, inclusion, mode)
    return _distinct(rows, chances, size, generator)


def _draw(chances: Floats, size: int, generator: np.random.Generator) -> Indices:
    upto = np.cumsum(chances)
    upto[-1] = np.inf  # the sum may round to less than a draw
    return np.asarray(np.searchsorted(upto, generator.random(size), side="right"), dtype=np.int64)


def _weighted(
    rows: Indices, chances: Floats, counts: Indices, draws: int, inclusion: Floats | None, mode: Mode
) -> Sample:
    drawn = np.flatnonzero(counts)
    weights = counts[drawn] / (draws * chances[drawn])
    return Sample(rows[drawn], weights, counts[drawn], draws, inclusion, mode)


def _distinct(rows: Indices, chances: Floats, size: int, generator: np.random.Generator) -> Sample:
    # Draws in continuous time, one per unit on average: each row has a clock of its own, and their order is that of
    # independent draws. So the stop and all counts follow from one number for each row, however many draws there are.
    first = generator.standard_exponential(len(rows)) / chances
    stop = min(float(np.partition(first, size - 1)[size - 1]), float(_DRAWS_PER_ROW * size))
    counts = np.where(first <= stop, 1, 0)
    counts[first < stop] += generator.poisson((chances * (stop - first))[first < stop])
    draws, missing = int(counts.sum()), size - int(np.count_nonzero(counts))
    sample = _weighted(rows, chances, counts, draws, None, "distinct")
    if not missing:
        return sample
    unseen = np.flatnonzero(counts == 0)
    added = rows[unseen[np.argsort(-chances[unseen], kind="stable")[:missing]]]
    indices = np.concatenate([sample.indices, added])
    order = np.argsort(indices)
    weights = np.concatenate([sample.weights, np.ones(missing)])[order]
    counted = np.concatenate([sample.counts, np.zeros(missing, dtype=np.int64)])[order]
    return Sample(indices[order], weights, counted, draws, None, "distinct", filled_up=True)
