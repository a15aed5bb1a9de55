"""What kappa says of sums of one-sided terms, ``f(x) = sum_j max(a_j . x, alpha a_j . x)``."""

from __future__ import annotations

from math import inf

from theoryprune.geometry.arguments import as_positive, as_share


def one_sided_bounds(kappa: float, slope: float = 0.0) -> tuple[float, float]:
    """Bound f by the l1 norm of all products.

    Parameters
    ----------
    kappa : float
        In [0, 1]: `Kappa.upper`.
    slope : float
        alpha in [0, 1]: 0 for ReLU.

    Returns
    -------
    tuple of float
        (b, c) with ``b N(x) <= f(x) <= c N(x)`` for all x, ``N(x) = sum_j |a_j . x|``. For a slope b may be negative.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    ``f = ((1 + alpha) l + (1 - alpha) N) / 2`` with ``l(x) = sum_j a_j . x``, and ``|l| <= kappa N``: so
    b and c are ``((1 - alpha) -+ (1 + alpha) kappa) / 2``.

    Examples
    --------
    >>> one_sided_bounds(0.5)
    (0.25, 0.75)
    """
    kappa, slope = as_share(kappa, "kappa"), as_share(slope, "slope")
    return ((1 - slope) - (1 + slope) * kappa) / 2, ((1 - slope) + (1 + slope) * kappa) / 2


def reflection_factor(kappa: float, slope: float = 0.0) -> float:
    """Return F with ``f(-x) <= F f(x)`` for all x: how lopsided the sum can be.

    Parameters
    ----------
    kappa, slope : float
        As in `one_sided_bounds`.

    Returns
    -------
    float
        c / b of `one_sided_bounds`, since ``N(-x) = N(x)``; infinite where b is not positive.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> reflection_factor(0.5)
    3.0
    """
    least, most = one_sided_bounds(kappa, slope)
    return most / least if least > 0 else inf


def relative_factor(eps: float, kappa: float, *, eps_linear: float = 0.0, slope: float = 0.0) -> float:
    """Return the relative error of f that follows from those of its two parts.

    Parameters
    ----------
    eps : float
        The approximation keeps N(x) up to ``eps N(x)``.
    kappa, slope : float
        As in `one_sided_bounds`.
    eps_linear : float
        It keeps l(x) up to ``eps_linear N(x)``: 0 if the sum of the rows is kept exactly, as by `caratheodory`.

    Returns
    -------
    float
        F with ``|f'(x) - f(x)| <= F f(x)`` for all x; infinite from ``kappa = (1 - alpha) / (1 + alpha)`` on.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    ``f' - f = ((1 + alpha) (l' - l) + (1 - alpha) (N' - N)) / 2`` is at most ``((1 + alpha) eps_linear +
    (1 - alpha) eps) N / 2``, and f at least ``((1 - alpha) - (1 + alpha) kappa) N / 2``. Their quotient is F.

    Examples
    --------
    >>> relative_factor(0.1, 0.5)
    0.2
    """
    linear, eps = _least_zero(eps_linear, "eps_linear"), _least_zero(eps, "eps")
    least, _ = one_sided_bounds(kappa, slope)
    return ((1 + slope) * linear + (1 - slope) * eps) / 2 / least if least > 0 else inf


def _least_zero(value: float, name: str) -> float:
    return 0.0 if value == 0 else as_positive(value, name)
