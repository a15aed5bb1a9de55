"""Records that are one scale and one shift per channel, and what their rounding leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import torch

from theoryprune.bounds.kernel_gain import as_floats
from theoryprune.bounds.rounding import Floats, gamma, norm_up, up
from theoryprune.layers import BatchNorm, Layer, Scale, Shape, Shift, WeightLayer

_CPU = torch.device("cpu")
_STEPS = 8  # roundings of one record, generously
_LOST = 2.0**-1000  # above all that entries below the range of float64 can add up to


@dataclass(frozen=True, eq=False)
class Affine:
    """``scale x + shift`` channel by channel, each entry of `scale` exact up to ``gamma(roundings)``, relatively.

    Parameters
    ----------
    scale, shift : ndarray, shape (channels,)
    spread : ndarray, shape (channels,)
        The error of `shift` is at most ``gamma(roundings) spread``.
    roundings : int
    """

    scale: Floats
    shift: Floats
    spread: Floats
    roundings: int

    def after(self, first: Affine) -> Affine:
        """Return the composition ``self(first(x))``."""
        moved = self.scale * first.shift
        return Affine(
            scale=self.scale * first.scale,
            shift=moved + self.shift,
            spread=np.abs(self.scale) * first.spread + np.abs(moved) + self.spread,
            roundings=self.roundings + first.roundings + _STEPS,
        )

    @property
    def relative(self) -> float:
        """Bound of the relative error of `scale`, and of a kernel multiplied by it once more."""
        return gamma(self.roundings + _STEPS)

    @property
    def largest(self) -> float:
        """Upper bound of the largest absolute scale."""
        return up(float(np.abs(self.scale).max(initial=0.0)) * (1 + self.relative))

    @property
    def shift_norm(self) -> float:
        """Upper bound of the l2 norm of the shift; 0 only if it is exactly 0."""
        return self._with_error(self.shift)

    @property
    def rectified_norm(self) -> float:
        """Upper bound of the l2 norm of ``max(shift, 0)``."""
        return self._with_error(np.maximum(self.shift, 0))

    def _with_error(self, shift: Floats) -> float:
        if not self.spread.any():
            return 0.0
        return up(norm_up(shift) + self.relative * norm_up(self.spread) + _LOST, terms=4)


@singledispatch
def affine_of(layer: Layer, shape: Shape) -> Affine | None:
    """Return a record as one scale and shift per channel, or None if it is no such map.

    Parameters
    ----------
    layer : Layer
        A weight layer counts with scale 1 and its bias, which acts on its output.
    shape : tuple of int
        Shape per example of the output.

    Raises
    ------
    ValueError
        If its tensors are not finite, a variance plus eps is not positive, or a divisor is 0.
    """
    return None


@affine_of.register
def _(layer: WeightLayer, shape: Shape) -> Affine:
    ones = np.ones(shape[0])
    bias = np.zeros(shape[0]) if layer.bias is None else as_floats(layer.bias, f"'{layer.name}': bias")
    return Affine(ones, bias, np.zeros(shape[0]) if layer.bias is None else np.abs(bias), 0)


@affine_of.register
def _(layer: BatchNorm, shape: Shape) -> Affine:
    variance = as_floats(layer.running_var, f"'{layer.name}': running_var") + layer.eps
    if not (variance > 0).all():
        raise ValueError(f"'{layer.name}': running_var + eps must be positive, got {variance.min()}")
    scale = np.ones(shape[0]) if layer.weight is None else as_floats(layer.weight, f"'{layer.name}': weight")
    scale = scale / np.sqrt(variance)
    moved = -as_floats(layer.running_mean, f"'{layer.name}': running_mean") * scale
    bias = np.zeros(shape[0]) if layer.bias is None else as_floats(layer.bias, f"'{layer.name}': bias")
    return Affine(scale, moved + bias, np.abs(moved) + np.abs(bias), _STEPS)


@affine_of.register
def _(layer: Scale, shape: Shape) -> Affine:
    value = _constant(layer, shape)
    if layer.divide and (value == 0).any():
        raise ValueError(f"'{layer.name}': it divides by 0")
    nothing = np.zeros(shape[0])
    with np.errstate(over="ignore"):  # an infinite scale gives an infinite bound
        return Affine(1 / value if layer.divide else value, nothing, nothing, _STEPS)


@affine_of.register
def _(layer: Shift, shape: Shape) -> Affine:
    shift = layer.alpha * _constant(layer, shape)
    return Affine(np.ones(shape[0]), shift, np.abs(shift), _STEPS)


def _constant(layer: Scale | Shift, shape: Shape) -> Floats:
    return as_floats(layer.per_channel(shape[0], _CPU), f"'{layer.name}': value")
