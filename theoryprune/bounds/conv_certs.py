"""The certificate of one pruned pair of convolutions: how wrong it can be, and how wrong it was seen to be."""

from __future__ import annotations

from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import check_radius
from theoryprune.bounds.ball import onto_sphere
from theoryprune.bounds.conv_certificate import ConvCertificate
from theoryprune.bounds.conv_constant import constant_part, of_ones
from theoryprune.bounds.conv_error import proved_error
from theoryprune.bounds.conv_gains import conv_gain_bounds
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair
from theoryprune.bounds.conv_witness import conv_search, proved_gain_at, with_nothing_kept, without_biases
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.layer import Changes
from theoryprune.bounds.layer_fold import fold_of, no_fold
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
    U : array_like, shape (p, m, *k')
        Their new outgoing kernels, in the precision in which they are stored.
    kept, slope
        As for `certify_layer`.
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
    kept_rows : array_like, shape (m, ci, *k), optional
        W', where the kept kernels have changed; ``W[kept]`` by default.
    offset, kept_offset : array_like, shape (p,) or (p, *output), optional
        c and c', the same at every position or one for each; equal by default.
    bias, kept_bias, assignment, multipliers, radius, nonnegative, seed
        As for `certify_layer`.
    effort : {"fast", "default", "high"}
        As in `conv_gain_bounds`.

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
    check_radius(radius)
    changes = Changes(kept_rows=kept_rows, bias=bias, kept_bias=kept_bias, offset=offset, kept_offset=kept_offset)
    layer = as_conv_layer(V, W, kept, U, slope, size, producer, consumer, pool=pool, pool_gain=pool_gain, **changes)
    fold = fold_of(layer.flat, assignment, multipliers)
    still, whole = without_biases(layer), with_nothing_kept(without_biases(layer))
    pair = conv_pair(still, *fold)
    gains = conv_gain_bounds(pair, effort, nonnegative)
    of_biases = conv_gain_bounds(conv_pair(of_ones(layer), *fold), effort, True) if layer.biased else None
    constant = constant_part(layer, of_biases)
    known, work = layer.geometry.pool is not None or not layer.geometry.between, _SEARCHES[effort]
    look = partial(conv_search, seed=seed, nonnegative=nonnegative)
    witness, loss = (look(still, effort=work), look(whole, effort=work / 4)) if known else (None, None)
    far: Floats | None = None
    if radius is not None and known:
        far = onto_sphere(look(layer, radius=radius, effort=work), radius)
    return ConvCertificate(
        gains=gains,
        of_biases=of_biases,
        constant=constant,
        full=conv_gain_bounds(conv_pair(whole, *no_fold(layer.flat)), effort, nonnegative),
        witness=witness,
        observed=0.0 if witness is None else proved_gain_at(still, witness),
        full_witness=loss,
        full_observed=0.0 if loss is None else proved_gain_at(whole, loss),
        radius=radius,
        error=None if radius is None else up(float(product_up(np.array(gains.best), np.array(radius))) + constant),
        error_witness=far,
        error_observed=None if radius is None else (0.0 if far is None else proved_error(layer, far)),
        assignment=fold[0],
        multipliers=fold[1],
        torus=pair.torus,
        nonnegative=nonnegative,
        effort=effort,
        digest=layer.digest(),
        seconds=perf_counter() - begin,
    )
