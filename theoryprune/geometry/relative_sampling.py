"""How many rows to draw so that the l1 norm of all products is kept up to a factor, at every x at once."""

from __future__ import annotations

from math import inf, log, sqrt

import numpy as np

from theoryprune.geometry.arguments import Floats, as_count, as_delta, as_positive

_RADII = np.geomspace(1e-6, 0.9, 120)  # of the nets that are tried: each gives a theorem, and the best is taken
_MOST = 2**53
_ROUNDING = 1e-9  # by so much a sum of computed sensitivities may be off


def relative_sampling_error(draws: int, delta: float, total: float, rank: int, *, lewis: bool = False) -> float:
    """Return the relative error that independent draws keep at every x at once, but for a probability.

    Parameters
    ----------
    draws : int
        m, with ``mode="iid"`` of `sample_coreset`.
    delta : float
        The probability that the statement fails, in (0, 1).
    total : float
        D, the sum of the scores: upper bounds on the l1 sensitivities, such as `Sensitivities.total`.
    rank : int
        r, of the points.
    lewis : bool
        Whether the scores are `LewisWeights.sensitivities` and `total` is theirs; then the bound is sharper.

    Returns
    -------
    float
        eps: with probability at least ``1 - delta``, ``(1 - eps) N(x) <= N_S(x) <= (1 + eps) N(x)`` for all x, where
        ``N(x) = ||A x||_1`` and ``N_S`` is its weighted sum over the sample. From 1 on only the right half says
        anything.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    The smaller of two bounds, chosen by formula and not by data.

    *Any scores.* For fixed x with ``N(x) = 1`` the summands lie in [0, D] with mean 1, so by Chernoff's inequality
    for bounded variables an error of t has at most the probability ``exp(-m KL((1 +- t) / D, 1 / D))`` on each side.
    A net of radius h, up to sign, has at most ``(1 + 2/h)^r / 2`` points; an error of t on the net is at most ``(t +
    h) / (1 - h)`` everywhere, since N_S is a seminorm. The best of 120 radii from 1e-6 on is taken. It is not above the
    form ``m >= (8 D (1 + eps/6) / eps^2) (r ln(1 + 8/eps) + ln(2/delta))`` for eps from 1e-4 to 1, which has h = eps/4,
    t = eps/2 and Bernstein's inequality.

    *Lewis scores.* Symmetrisation (2), the one-sided contraction principle (1) and Cauchy-Schwarz in the Lewis metric,
    in which ``x^T A^T diag(1/tau) A x <= theta`` on the sphere ``N(x) = 1``, bound the mean of ``sup_x N_S - N`` there,
    and of ``sup_x N - N_S``, by ``(2 / sqrt m) sqrt(theta sum_j sigma_j / p_j)``, and for ``p_j = sqrt(theta sigma_j) /
    D`` that is ``2 D / sqrt(m)``. The summands are in [0, D] and of variance at most D; so for ``L = ln(2 / delta)`` to
    it comes the smaller of ``D sqrt(L / 2m)`` (McDiarmid) and the t with ``m t^2 = 2 L (V + D t / 3)``, ``V = D + 4
    D^2 / sqrt(m)`` (O. Bousquet, A Bennett concentration inequality and its application to suprema of empirical
    processes, 2002). No net and no logarithm of ``1/eps``: for small eps about ``(2 D + sqrt(2 D L))^2 / eps^2`` draws.

    The draws needed grow faster than the rank. For ranks from about 64 on that is often more than there are rows: this
    is a reference then, not a tool.

    Examples
    --------
    >>> round(relative_sampling_error(10_000, 0.05, total=5.0, rank=5, lewis=True), 3)
    0.167
    """
    m, delta, total, r = as_count(draws, "draws"), as_delta(delta), as_positive(total, "total"), as_count(rank, "rank")
    if total < 1 - _ROUNDING:
        raise ValueError(f"total must be at least 1, since the sensitivities of the rows add up to that, got {total}")
    total = max(total, 1.0)
    by_net = _net(m, delta, total, r)
    return min(by_net, _chaos(m, delta, total)) if lewis else by_net


def relative_sample_size(eps: float, delta: float, total: float, rank: int, *, lewis: bool = False) -> int:
    """Return the least number of draws whose `relative_sampling_error` is at most `eps`.

    Parameters
    ----------
    eps : float
        Relative error, positive.
    delta, total, rank, lewis
        As there.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or it takes more than 2**53 draws.

    Notes
    -----
    Bisection: both bounds fall as the draws grow. Cost: about 100 evaluations.

    Examples
    --------
    >>> relative_sample_size(0.2, 0.05, total=5.0, rank=5, lewis=True)
    6925
    """
    as_positive(eps, "eps")
    low, high = 0, 1
    while relative_sampling_error(high, delta, total, rank, lewis=lewis) > eps:
        low, high = high, 2 * high
        if high > _MOST:
            raise ValueError(f"eps = {eps:g} takes more than 2**53 draws; ask for a larger eps")
    while high - low > 1:
        middle = (low + high) // 2
        enough = relative_sampling_error(middle, delta, total, rank, lewis=lewis) <= eps
        low, high = (low, middle) if enough else (middle, high)
    return high


def _net(m: int, delta: float, total: float, r: int) -> float:
    exponent = (r * np.log1p(2 / _RADII) - log(delta)) / m
    low, high = np.zeros_like(_RADII), np.full_like(_RADII, max(total, 2.0))
    for _ in range(60):
        middle = (low + high) / 2
        enough = _rate(middle, total) >= exponent
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return float(((high + _RADII) / (1 - _RADII)).min())


def _rate(t: Floats, total: float) -> Floats:
    """Return how fast an error of t becomes unlikely with every draw, on the side where that is slower."""
    return np.minimum(_divergence(t, total), _divergence(-t, total))


def _divergence(t: Floats, total: float) -> Floats:
    """Return ``KL((1 + t) / total, 1 / total)`` of two coins, infinite for what is none: no error is that large."""
    possible = (t >= -1) & (t <= total - 1)
    inside = np.where(possible, t, 0.0)
    # Logarithms of 1 + t, since small t is what many draws are about; 0 log 0 is 0; for total = 1 nothing varies.
    heads = (1 + inside) * np.log1p(np.where(inside > -1, inside, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        tails = np.where(inside < total - 1, (total - 1 - inside) * np.log1p(-inside / (total - 1)), 0.0)
    return np.where(possible, (heads + tails) / total, inf)


def _chaos(m: int, delta: float, total: float) -> float:
    mean, rare = 2 * total / sqrt(m), log(2 / delta)
    variance = total + 2 * total * mean
    bennett = (total * rare / 3 + sqrt((total * rare / 3) ** 2 + 2 * m * variance * rare)) / m
    return mean + min(bennett, total * sqrt(rare / (2 * m)))
