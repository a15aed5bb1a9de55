"""The transpose of each record of a flow network, for a backward pass without a tape of torch's own."""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import Tensor

from theoryprune.layers import Add, Concat, Flatten, Layer, Scale, Shift


@singledispatch
def adjoint(layer: Layer, g: Tensor, *xs: Tensor) -> tuple[Tensor, ...]:
    """Return the gradient with respect to each input of a record, given that with respect to its output.

    Parameters
    ----------
    layer : Layer
        Of a flow network, without weights (those have `Product.pull_back`).
    g : Tensor
        Of the shape of the output.
    *xs : Tensor
        What the record read, with the batch axis.

    Returns
    -------
    tuple of Tensor
        Of the shapes of `xs`. By default by differentiating the record's own forward, which at ties of max pooling
        chooses the first cell of the window.
    """
    with torch.enable_grad():
        leaves = [x.detach().requires_grad_() for x in xs]
        return torch.autograd.grad(layer.forward(*leaves), leaves, g)


@adjoint.register
def _(layer: Scale, g: Tensor, *xs: Tensor) -> tuple[Tensor, ...]:
    return (layer.forward(g),)


@adjoint.register
def _(layer: Shift, g: Tensor, *xs: Tensor) -> tuple[Tensor, ...]:
    return (g,)


@adjoint.register
def _(layer: Add, g: Tensor, *xs: Tensor) -> tuple[Tensor, ...]:
    return g, g if layer.alpha == 1 else g * layer.alpha


@adjoint.register
def _(layer: Concat, g: Tensor, *xs: Tensor) -> tuple[Tensor, ...]:
    return torch.split(g, [x.shape[1] for x in xs], 1)


@adjoint.register
def _(layer: Flatten, g: Tensor, *xs: Tensor) -> tuple[Tensor, ...]:
    return (g.reshape(xs[0].shape),)
