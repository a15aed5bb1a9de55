"""Samples of a fixed size without replacement, with given probabilities of inclusion."""

from __future__ import annotations

import numpy as np

from theoryprune.geometry.arguments import Floats, Indices

_CERTAIN = 1 - 1e-9  # a probability above this is rounded to 1, so that rounding cannot let two teeth meet one row
_LEAST = 1e-300


def chances_of(scores: Floats) -> Floats:
    """Return positive scores over their sum; one that would vanish beside it becomes 1e-300."""
    return np.asarray(np.maximum(scores / scores.sum(), _LEAST))


def inclusion_probabilities(chances: Floats, size: int) -> Floats:
    """Return ``min(1, c chances)``, with c such that they add up to `size`.

    Parameters
    ----------
    chances : ndarray, shape (k,)
        Positive; more of them than `size`.
    size : int

    Returns
    -------
    ndarray, shape (k,)
        Exactly 1 where c takes them above ``1 - 1e-9``.

    Notes
    -----
    The certain ones are a head of the descending order: the i-th (from 0) is certain while ``(size - i)
    chance_i`` reaches the sum of the chances from i on. Cost O(k log k).
    """
    order = np.argsort(-chances, kind="stable")
    descending = chances[order]
    rest = np.cumsum(descending[::-1])[::-1]
    left = np.maximum(0, size - np.arange(len(chances)))
    # The first that is not certain. The last place is never certain: the rows after it need their chance too.
    certain = int(np.argmin((left > 1) & (left * descending >= _CERTAIN * rest)))
    inclusion = np.ones(len(chances))
    inclusion[order[certain:]] = left[certain] * (descending[certain:] / rest[certain])
    return inclusion


def systematic(inclusion: Floats, size: int, generator: np.random.Generator) -> Indices:
    """Draw `size` different rows, each with its probability of inclusion.

    Parameters
    ----------
    inclusion : ndarray, shape (k,)
        Of `inclusion_probabilities`: they add up to `size` up to rounding.
    size : int
    generator : numpy.random.Generator
        For one permutation and one start.

    Returns
    -------
    ndarray of int, shape (size,)
        Ascending.

    Notes
    -----
    The probabilities below 1 are laid end to end on a random order, and a comb with step 1 and a random start is put on
    them: it meets each of these rows at most once, and as many as their sum (W. Madow, On the theory of systematic
    sampling, 1949). Rows far apart in the order are not independent: no estimate of the variance follows. Cost O(k).
    """
    certain, rest = np.flatnonzero(inclusion == 1), generator.permutation(np.flatnonzero(inclusion < 1))
    upto = np.cumsum(inclusion[rest])
    upto[-1:] = np.inf  # the sum is an integer, and may round to less than the last tooth
    teeth = generator.random() + np.arange(size - len(certain))
    return np.sort(np.concatenate([certain, rest[np.searchsorted(upto, teeth, side="right")]]))
