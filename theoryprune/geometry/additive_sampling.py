"""How many neurons to draw so that a sum of them is kept up to an amount, in any dimension."""

from __future__ import annotations

from math import ceil, log, sqrt

from theoryprune.geometry.arguments import as_count, as_delta, as_positive, as_share


def additive_sampling_error(
    draws: int, delta: float, mass: float, radius: float, *, vector: bool = False, slope: float = 0.0
) -> float:
    """Return the largest error of a sampled sum of neurons on a ball, but for a probability.

    Parameters
    ----------
    draws : int
        m, with ``mode="iid"`` of `sample_coreset` and the scores ``||v_j|| ||w_j||``.
    delta : float
        The probability that the statement fails, in (0, 1).
    mass : float
        T, the sum of these scores.
    radius : float
        beta: the statement is about all x with ``||x|| <= beta``. With a bias as the last coordinate of ``w_j`` it
        bounds ``||(x, 1)||``.
    vector : bool
        Whether the ``v_j`` are vectors, and the error a Euclidean norm; otherwise they are numbers.
    slope : float
        alpha in [0, 1], of ``phi(t) = max(t, alpha t)``: 0 for ReLU.

    Returns
    -------
    float
        With probability at least ``1 - delta``, at all these x at once, ``sum_j v_j phi(w_j . x)`` and its estimate
        from the sample are no further apart.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    It is free of the dimension and of the number of neurons: ``(T beta / sqrt(m)) (C + sqrt(2 L))``, where

    - for numbers ``C = 2`` and ``L = ln(2 / delta)``: each side by symmetrisation (2), the contraction principle for
      one-sided suprema (1) and ``E ||sum_i eps_i w_i|| <= sqrt(m)`` for unit vectors; McDiarmid with differences ``2
      T beta / m``;
    - for vectors ``C = (1 + alpha) + (1 - alpha) (2 + sqrt(2))`` and ``L = ln(1 / delta)``. Scaled to unit v_i and
      w_i, the supremum is that of ``sum_i eps_i a phi(b)`` over z and x in unit balls, ``a = v_i . z`` and ``b = w_i .
      x`` in [-1, 1]. Write ``phi(b) = ((1 + alpha) b + (1 - alpha) |b|) / 2``. The first part is linear, and the norm
      of ``sum_i eps_i v_i w_i^T`` is at most ``sqrt(m)`` on average. In the second, ``a |b| = a / 2 + a c`` with ``c =
      |b| - 1/2``, and ``a c = ((s a + c/s)^2 - (s a - c/s)^2) / 4`` where both squares, divided by 4, have the
      Lipschitz constant ``(s + 1/(2 s)) / 2``: by contraction at most ``(s + 1/(2 s)) (s + 1/s) sqrt(m)``, least at
      ``s^2 = sqrt(1/2)``; with the half of a, ``(2 + sqrt(2)) sqrt(m)``. Symmetrisation doubles the sum.

    At delta = 0.05 that is 22.3 and 47.1 times ``(T beta / eps)^2`` draws. If the heaviest terms are kept exactly, T
    is the mass of the rest. The contraction principle is theorem 4.12 of M. Ledoux, M. Talagrand, Probability in
    Banach Spaces, 1991, in its one-sided form.

    Examples
    --------
    >>> round(additive_sampling_error(10_000, 0.05, mass=3.0, radius=2.0), 4)
    0.283
    """
    m, mass, radius = as_count(draws, "draws"), as_positive(mass, "mass"), as_positive(radius, "radius")
    return mass * (radius / sqrt(m)) * _constant(as_delta(delta), vector, slope)


def additive_sample_size(
    eps: float, delta: float, mass: float, radius: float, *, vector: bool = False, slope: float = 0.0
) -> int:
    """Return the least number of draws whose `additive_sampling_error` is at most `eps`.

    Parameters
    ----------
    eps : float
        Error, positive, in the units of the sum.
    delta, mass, radius, vector, slope
        As there.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If an argument is out of range, or it takes more than 2**52 draws.

    Examples
    --------
    >>> additive_sample_size(0.5, 0.05, mass=3.0, radius=2.0)
    3203
    """
    eps, mass, radius = as_positive(eps, "eps"), as_positive(mass, "mass"), as_positive(radius, "radius")
    root = mass / eps * radius * _constant(as_delta(delta), vector, slope)
    if root > 2.0**26:
        raise ValueError(f"eps = {eps:g} takes more than 2**52 draws; ask for a larger eps")
    return max(1, ceil(root**2))


def _constant(delta: float, vector: bool, slope: float) -> float:
    slope = as_share(slope, "slope")
    if vector:
        return (1 + slope) + (1 - slope) * (2 + sqrt(2)) + sqrt(-2 * log(delta))
    return 2 + sqrt(2 * log(2 / delta))
