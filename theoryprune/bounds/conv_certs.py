"""The certificate of one pruned pair of convolutions: how wrong it can be, and how wrong it was seen to be."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_fold
from theoryprune.bounds.ball import onto_sphere
from theoryprune.bounds.conv_certificate import ConvCertificate
from theoryprune.bounds.conv_constant import constant_part, of_ones
from theoryprune.bounds.conv_error import proved_error
from theoryprune.bounds.conv_gains import conv_gain_bounds
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair
from theoryprune.bounds.conv_witness import conv_search, proved_gain_at, with_nothing_kept, without_biases
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.layer_certificate import ARITHMETIC
from theoryprune.bounds.rounding import Floats, product_up, up
from theoryprune.bounds.window import Window
from theoryprune.layers import Layer as Record

_SEARCHES = {"fast": 0.05, "default": 1.0, "high": 4.0}


def certify_conv_layer(
    V: ArrayLike,
    W: ArrayLike,
    kept: ArrayLike,
    U: ArrayLike,
    slope: ArrayLike = 0.0,
    *,
    size: tuple[int, ...],
    producer: Window,
    consumer: Window | None,
    pool_gain: float = 1.0,
    pool: Record | None = None,
    bias: ArrayLike | None = None,
    kept_rows: ArrayLike | None = None,
    kept_bias: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    kept_offset: ArrayLike | None = None,
    assignment: ArrayLike | None = None,
    multipliers: ArrayLike | None = None,
    radius: float | None = None,
    nonnegative: bool = False,
    effort: Effort = "default",
    seed: int = 0,
) -> ConvCertificate:
    """Bound ``err(x) = V * phi(W * x + b) + c - U * phi(W' * x + b') - c'`` for every input of one size.

    Parameters
    ----------
    V : array_like, shape (p, n, *k')
        Outgoing kernels of n units (output channels of the producer). If `consumer` is None, the hidden map is
        flattened and k' is the size of what V reads: each output reads every position once.
    W : array_like, shape (n, ci, *k)
        Incoming kernels, ungrouped.
    kept : array_like of int, shape (m,)
        The units kept, strictly increasing.
    U : array_like, shape (p, m, *k')
        Their new outgoing kernels, in the precision in which they are stored.
    slope : float or array_like, shape (n,)
        phi(t) = t above 0 and ``slope t`` below, slope in [0, 1].
    size : tuple of int
        Of the input along each axis.
    producer : Window
    consumer : Window or None
    pool_gain : float
        Gain of a map between phi and V that acts on each channel alone, keeps 0 and commutes with positive factors.
        Any other than 1 says that there is one.
    pool : Layer, optional
        The record of that map (a pooling), if it is known: its gain is then its own, and a witness is searched for. A
        pooling of gain 1 must be given in this way.
    bias, kept_bias : array_like, shape (n,), (m,), optional
        b and b'; b' is ``b[kept]`` by default.
    kept_rows : array_like, shape (m, ci, *k), optional
        W', where the kept kernels have changed; ``W[kept]`` by default.
    offset, kept_offset : array_like, shape (p,) or (p, *output), optional
        c and c', the same at every position or one for each; equal by default.
    assignment, multipliers : array_like, shape (n,), optional
        Which kept unit stands for unit j and how many times, as in `certify_layer`; by default the nearest rays.
    radius : float, optional
        Also bound the error on the ball ``||x|| <= radius``, biases included.
    nonnegative : bool
        Whether only inputs with x >= 0 count.
    effort : {"fast", "default", "high"}
        As in `conv_gain_bounds`.
    seed : int
        Of the search for a witness; nothing proved depends on it.

    Returns
    -------
    ConvCertificate
        Its interval ``[observed, best]`` holds without tolerance: both ends are rounded outward.

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, slopes outside [0, 1], a fold that is none.
    TypeError
        If `kept` holds no integers.
    UnsupportedLayerError
        For padding that reflects or replicates, or circular padding that changes the size.

    Notes
    -----
    ``err = T_A S T_B x`` with A and B as in `layer_pair`, S diagonal over channels and positions. A multiplier, a D or
    a T serves a channel at every position, so all bounds are about symbols; `conv_gain_bounds` says which. Strides of
    the producer are resolved into phases, which is exact; those of the consumer are dropped. Positions outside the
    hidden map have S = 0, so slopes count as 0 wherever zero padding needs a torus larger than the map.

    Examples
    --------
    >>> V, W = [[[1.0, 1.0], [1.0, 1.0]]], [[[1.0, 2.0]], [[2.0, 4.0]]]
    >>> window = Window((1,), (0,), (1,))
    >>> found = certify_conv_layer(V, W, [0], [[[3.0, 3.0]]], size=(8,), producer=window, consumer=window)
    >>> found.best < 1e-12
    True
    """
    begin = perf_counter()
    if radius is not None and not 0 < radius < np.inf:
        raise ValueError(f"radius must be positive and finite, got {radius}")
    given = {"kept_rows": kept_rows, "bias": bias, "kept_bias": kept_bias, "offset": offset, "kept_offset": kept_offset}
    layer = as_conv_layer(V, W, kept, U, slope, size, producer, consumer, pool=pool, pool_gain=pool_gain, **given)
    flat = layer.flat
    if assignment is None and multipliers is None:
        target, factors = nearest_rays(flat.rows, flat.kept, flat.slopes)
    else:
        target, factors = as_fold(assignment, multipliers, flat.kept, flat.slopes)
    still, whole = without_biases(layer), with_nothing_kept(without_biases(layer))
    pair = conv_pair(still, target, factors)
    gains = conv_gain_bounds(pair, effort, nonnegative)
    of_biases = conv_gain_bounds(conv_pair(of_ones(layer), target, factors), effort, True) if layer.biased else None
    constant = constant_part(layer, of_biases)
    full = conv_gain_bounds(conv_pair(whole, np.full_like(target, -1), np.zeros_like(factors)), effort, nonnegative)
    known, work = layer.geometry.pool is not None or not layer.geometry.between, _SEARCHES[effort]
    witness = conv_search(still, seed, nonnegative=nonnegative, effort=work) if known else None
    loss = conv_search(whole, seed, nonnegative=nonnegative, effort=work / 4) if known else None
    far: Floats | None = None
    if radius is not None and known:
        far = onto_sphere(conv_search(layer, seed, nonnegative=nonnegative, radius=radius, effort=work), radius)
    return ConvCertificate(
        gains=gains,
        of_biases=of_biases,
        constant=constant,
        full=full,
        witness=witness,
        observed=0.0 if witness is None else proved_gain_at(still, witness),
        full_witness=loss,
        full_observed=0.0 if loss is None else proved_gain_at(whole, loss),
        radius=radius,
        error=None if radius is None else up(float(product_up(np.array(gains.best), np.array(radius))) + constant),
        error_witness=far,
        error_observed=None if radius is None else (0.0 if far is None else proved_error(layer, far)),
        assignment=target,
        multipliers=factors,
        torus=pair.torus,
        nonnegative=nonnegative,
        effort=effort,
        digest=layer.digest(),
        arithmetic=ARITHMETIC,
        seconds=perf_counter() - begin,
    )
