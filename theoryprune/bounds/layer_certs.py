"""The certificate of one pruned dense layer: how wrong it can be, and how wrong it was seen to be."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import check_radius, power_of_two
from theoryprune.bounds.ball import ball_error, onto_sphere
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.gains import gain_bounds
from theoryprune.bounds.layer import Changes, as_layer, forms_of, nothing_kept
from theoryprune.bounds.layer_certificate import LayerCertificate
from theoryprune.bounds.layer_fold import fold_of, no_fold
from theoryprune.bounds.pair import layer_pair
from theoryprune.bounds.witness import observed_error, observed_gain, search

_SEARCHES: dict[Effort, float] = {"fast": 0.25, "default": 1, "high": 2}
"""Efforts of the search for a witness."""


def certify_layer(
    V: ArrayLike,
    W: ArrayLike,
    kept: ArrayLike,
    U: ArrayLike,
    slope: ArrayLike = 0.0,
    *,
    kept_rows: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    kept_bias: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    kept_offset: ArrayLike | None = None,
    assignment: ArrayLike | None = None,
    multipliers: ArrayLike | None = None,
    radius: float | None = None,
    nonnegative: bool = False,
    tau: float | None = None,
    effort: Effort = "default",
    seed: int = 0,
) -> LayerCertificate:
    """Bound ``err(x) = V phi(W x + b) + c - U phi(W' x + b') - c'`` for every input.

    Parameters
    ----------
    V, W : array_like, shape (p, n), (n, d)
        Outgoing and incoming weights of n units.
    kept : array_like of int, shape (m,)
        The units kept, strictly increasing.
    U : array_like, shape (p, m)
        Their new outgoing weights, by whatever method, in the precision in which they are stored.
    slope : float or array_like, shape (n,)
        phi(t) = t above 0 and ``slope t`` below, slope in [0, 1]: 0 is ReLU, 1 the identity.
    kept_rows : array_like, shape (m, d), optional
        W', where the kept rows have changed (cast, tuned); ``W[kept]`` by default.
    bias, kept_bias : array_like, shape (n,), (m,), optional
        b and b'; b' is ``b[kept]`` by default.
    offset, kept_offset : array_like, shape (p,), optional
        c and c'; equal by default.
    assignment, multipliers : array_like, shape (n,), optional
        Which kept unit stands for unit j and how many times (-1 and 0 for none). Any choice is sound; that of a merge
        is best given. By default the nearest ray of equal slope.
    radius : float, optional
        Also bound the error on the ball ``||x|| <= radius``; for a box its radius about 0 (`box_radius`).
    nonnegative : bool
        Whether only inputs with x >= 0 count.
    tau : float, optional
        Last coordinate of ``x~ = (x, tau)``, rounded to a power of two; the radius by default, else 1.
    effort : {"fast", "default", "high"}
        As in `gain_bounds`.
    seed : int
        Of the search for a witness; nothing proved depends on it.

    Returns
    -------
    LayerCertificate
        Its interval ``[observed, best]`` holds without tolerance: both ends are rounded outward.

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, slopes outside [0, 1], a fold that is none.
    TypeError
        If `kept` holds no integers.

    Notes
    -----
    For each unit ``phi(s) - phi(t) = sigma (s - t)`` with sigma in [slope, 1], so the error is ``A S B x~`` with S
    diagonal (`layer_pair`); `gain_bounds` bounds it over all such S. The claim is about real arithmetic on the weights
    as given, not about the rounding of a network at work.

    Examples
    --------
    >>> certificate = certify_layer([[1.0, 1.0]], [[1.0, 0.0], [2.0, 0.0]], kept=[0], U=[[3.0]])
    >>> certificate.best < 1e-13
    True
    """
    begin = perf_counter()
    check_radius(radius)
    step = power_of_two(tau if tau is not None else (radius if radius is not None else 1.0))
    changes = Changes(kept_rows=kept_rows, bias=bias, kept_bias=kept_bias, offset=offset, kept_offset=kept_offset)
    layer = as_layer(V, W, kept, U, slope, **changes, tau=step)
    whole, fold = nothing_kept(layer), fold_of(layer, assignment, multipliers)
    gains, *forms = (gain_bounds(layer_pair(part, *fold), effort, nonnegative) for part in forms_of(layer))
    separate, constant = forms or (None, None)
    look, thorough = partial(search, seed=seed, nonnegative=nonnegative), _SEARCHES[effort]
    witness, loss = look(layer, effort=thorough), look(whole, effort=min(1, thorough))
    far = None if radius is None else onto_sphere(look(layer, radius=radius, effort=min(1, thorough)), radius)
    return LayerCertificate(
        gains=gains,
        separate=separate,
        constant=constant,
        full=gain_bounds(layer_pair(whole, *no_fold(layer)), effort, nonnegative),
        witness=witness,
        observed=observed_gain(layer, witness),
        full_witness=loss,
        full_observed=observed_gain(whole, loss),
        radius=radius,
        error=None if radius is None else ball_error(gains, separate, constant, radius, layer.tau),
        error_witness=far,
        error_observed=None if far is None else observed_error(layer, far),
        assignment=fold[0],
        multipliers=fold[1],
        nonnegative=nonnegative,
        tau=layer.tau,
        effort=effort,
        digest=layer.digest(),
        seconds=perf_counter() - begin,
    )
