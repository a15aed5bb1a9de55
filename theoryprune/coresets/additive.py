"""Sample units by how much they can add to the output: the mode whose error has a proof with all constants."""

from __future__ import annotations

from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.drawn import Mode, Theorem, drawn
from theoryprune.coresets.rays import masses
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry import additive_sampling_error
from theoryprune.geometry.arguments import Seed, as_delta


def additive(
    incoming: ArrayLike,
    outgoing: ArrayLike,
    budget: int,
    *,
    slope: float = 0.0,
    seed: Seed,
    mode: Mode = "iid",
    delta: float = 0.05,
) -> LayerCoreset:
    """Draw units with probabilities that follow ``|v_j| |w_j|``.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`; the budget counts draws for "iid", different units otherwise.
    seed : int or numpy.random.Generator
    mode : {"iid", "distinct", "fixed_pps"}
        As in `theoryprune.geometry.sample_coreset`. The theorem holds for "iid" alone.
    delta : float
        The probability, over the draw, that the stated error does not hold; in (0, 1).

    Returns
    -------
    LayerCoreset
        With its `Sampling`: `Sampling.error` is a gain, the largest norm of the error on the unit ball of inputs (the
        coordinate of the bias included), all inputs at once, but for the probability `delta`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or something is beyond float64.

    Notes
    -----
    ``T (C + sqrt(2 L)) / sqrt(m)`` with ``T = sum_j |v_j| |w_j|``, free of the widths
    (`theoryprune.geometry.additive_sampling_error`). A deterministic certificate of the result is usually far below;
    the probability is one over draws and says nothing of inputs. Cost O(n (d + p)).
    """
    layer, delta = as_layer(incoming, outgoing, budget, slope), as_delta(delta)
    scores, scale = masses(layer.incoming, layer.outgoing)
    theorem = Theorem()
    if mode == "iid" and scale:
        vector, total = len(layer.outgoing) > 1, float(scores.sum())
        gain = scale * additive_sampling_error(layer.budget, delta, total, 1.0, vector=vector, slope=layer.slope)
        theorem = Theorem("additive: every input of the unit ball at once", gain, delta)
    return drawn(layer, scores, mode, seed, "additive", theorem)
