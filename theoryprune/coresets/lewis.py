"""Sample units by the l1 Lewis weights of their weighted rows."""

from __future__ import annotations

from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import Layer, as_layer
from theoryprune.coresets.drawn import Mode, Theorem, drawn
from theoryprune.coresets.rays import masses, rays_of
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry import lewis_weights, relative_sampling_error
from theoryprune.geometry.arguments import Seed, as_delta


def lewis(
    incoming: ArrayLike,
    outgoing: ArrayLike,
    budget: int,
    *,
    slope: float = 0.0,
    seed: Seed,
    mode: Mode = "distinct",
    delta: float = 0.05,
) -> LayerCoreset:
    """Draw units by how much ``|a_j . x|`` can be beside the sum of all, for ``a_j = |v_j| w_j``.

    Parameters
    ----------
    incoming, outgoing, budget, slope, seed, mode, delta
        As for `additive`.

    Returns
    -------
    LayerCoreset
        With its `Sampling`. For one output, no negative outgoing weight and "iid", `Sampling.error` is the eps with
        ``|N_S(x) - N(x)| <= eps N(x)`` for all x, ``N(x) = sum_j |a_j . x|``. Otherwise it is a heuristic, without a
        theorem.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or something is beyond float64.
    ConvergenceError
        As for `theoryprune.geometry.lewis_weights`.

    Notes
    -----
    The theorem is about N, not yet about the layer: f also has the linear part ``l(x) = sum_j a_j . x``, which the
    sample changes. Two more units restore it, ``(l - l')(x) = relu(z) - relu(-z)``; what then holds of f is
    ``eps * RelativeGuarantee.factors`` (`relative_guarantee`). The scores are the bounds on sensitivities that come
    with the weights, as the theorem asks (`theoryprune.geometry.relative_sampling_error`). Cost O(n d^2) for each of
    the few steps.
    """
    layer, delta = as_layer(incoming, outgoing, budget, slope), as_delta(delta)
    mass = masses(layer.incoming, layer.outgoing)[0]
    if layer.budget == layer.units or not mass.any():
        return drawn(layer, mass, mode, seed, "lewis", Theorem())
    found = lewis_weights(rays_of(layer.incoming).units * mass[:, None])
    theorem = Theorem()
    if mode == "iid" and _is_one_sided(layer):
        eps = relative_sampling_error(layer.budget, delta, max(1.0, found.total), found.rank, lewis=True)
        theorem = Theorem("relative: the l1 norm of all products, at every input at once", eps, delta)
    return drawn(layer, found.sensitivities, mode, seed, "lewis", theorem)


def _is_one_sided(layer: Layer) -> bool:
    return len(layer.outgoing) == 1 and bool((layer.outgoing >= 0).all())
