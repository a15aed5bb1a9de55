"""One forward and one backward pass through a flow network, with exact powers of two taken out on the way."""

from __future__ import annotations

from dataclasses import dataclass
from math import frexp

import torch
from torch import Tensor

from theoryprune.graph.adjoint import adjoint
from theoryprune.graph.products import Product
from theoryprune.graph.scaling import Scaled, align, rescale, shift_exponent
from theoryprune.graph.spatial import SpatialPlan
from theoryprune.layers import Flatten, Layer, Shift, WeightLayer
from theoryprune.types import INPUT, WeightGraph


@dataclass(eq=False)
class _Step:
    """What the backward pass needs of one record: what it read, and the powers of two applied around it."""

    layer: Layer
    inputs: list[Tensor]
    raised: list[int]
    lowered: int


class FlowPass:
    """Passes of one example of ones through a flow network.

    Parameters
    ----------
    network : WeightGraph
        Its weights may be written to between two passes.
    plan : SpatialPlan
    slack : int
        Rescale a tensor when its largest entry leaves ``2**-slack .. 2**slack``.

    Attributes
    ----------
    flushed : int
        How many positive entries the last forward pass lost to underflow.
    factors : dict of str to (Product, Tensor, Tensor)
        After a backward pass, for each weight that flow may reach: its product, what it was applied to, and the
        derivative with respect to its output. The latter two make up the derivative with respect to the weight.

    Notes
    -----
    The powers of two are constants for differentiation. As functions of the weights, the normalised total is the flow
    times one power of two, so all derivatives carry the same factor, wherever tensors were rescaled.
    """

    def __init__(self, network: WeightGraph, plan: SpatialPlan, slack: int) -> None:
        self._network, self._plan, self._slack = network, plan, slack
        self._products: dict[str, Product] = {}
        self.clear()

    def clear(self) -> None:
        """Forget the last pass, and free its memory."""
        self.flushed = 0
        self.factors: dict[str, tuple[Product, Tensor, Tensor]] = {}
        self._steps: list[_Step] = []

    def forward(self, dtype: torch.dtype, *, keep: bool) -> tuple[float, int, Tensor]:
        """Evaluate.

        Parameters
        ----------
        dtype : torch.dtype
        keep : bool
            Whether a backward pass will follow.

        Returns
        -------
        float, int
            The flow: a total in [1/2, 1), or 0, and an exponent.
        Tensor
            The gradient of this total with respect to the output, for `backward`.
        """
        self.clear()
        network = self._network
        ones = torch.ones(1, *self._plan.start, dtype=dtype, device=network.device)
        values = {INPUT: Scaled(ones)}
        for layer in network.layers:
            step, values[layer.name] = self._step(layer, [values[name] for name in layer.inputs])
            if keep:
                self._steps.append(step)
        before = values[network.output].exponent or 0
        y = rescale(values[network.output], network.output)
        self.flushed += y.flushed
        for stretch in self._plan.end:
            y = Scaled(stretch.push(y.value), y.exponent)
        total = float(y.value.sum())
        mantissa, power = frexp(total)
        exponent = 0 if y.exponent is None else y.exponent + power
        # The outputs sum to mantissa * 2**power here; with 2**-power as the gradient, scores and total agree exactly.
        seed = torch.full_like(y.value, 2.0**-power)
        for stretch in reversed(self._plan.end):
            seed = stretch.pull(seed)
        return mantissa, exponent, seed if y.exponent is None else shift_exponent(seed, before - y.exponent)[0]

    def _step(self, layer: Layer, branches: list[Scaled]) -> tuple[_Step, Scaled]:
        if isinstance(layer, Shift):  # an edge from the constant unit is one more branch, of exponent 0
            offset = torch.as_tensor(layer.value)
            branches = [*branches, Scaled(offset, 0 if bool(offset.any()) else None)]
        aligned, raised = branches, [0] * len(branches)
        if len(branches) > 1:
            aligned = align(branches)
            both = zip(branches, aligned, strict=True)
            raised = [0 if old.exponent is None else old.exponent - (new.exponent or 0) for old, new in both]
        xs = [branch.value for branch in aligned]
        for i, stretches in enumerate(self._plan.stretches[layer.name]):
            for stretch in stretches:
                xs[i] = stretch.push(xs[i])
        if isinstance(layer, WeightLayer):
            value = self._product(layer, xs[0]).apply(xs[0])
        else:
            value = xs[0] + xs[1] if isinstance(layer, Shift) else layer.forward(*xs)
        # After every record: a slice or a pooling can drop all that lives, and what is dead must lose its exponent.
        before = Scaled(value, aligned[0].exponent)
        out = before if isinstance(layer, Flatten) else rescale(before, layer.name, self._slack)
        self.flushed += sum(branch.flushed for branch in aligned) + out.flushed
        lowered = 0 if out.exponent is None else (before.exponent or 0) - out.exponent
        return _Step(layer, xs, raised, lowered), out

    def _product(self, layer: WeightLayer, x: Tensor) -> Product:
        if layer.name not in self._products:
            self._products[layer.name] = Product(layer, tuple(x.shape[1:]))
        return self._products[layer.name]

    def backward(self, seed: Tensor) -> None:
        """Carry the gradient back from the output; keep the `factors`."""
        gradients = {self._network.output: seed}
        for step in reversed(self._steps):
            g = gradients.pop(step.layer.name, None)
            if g is None:
                continue
            g = shift_exponent(g, step.lowered)[0]
            if isinstance(step.layer, WeightLayer):
                self.factors[step.layer.weight_name] = (self._products[step.layer.name], step.inputs[0], g)
            if any(name != INPUT for name in step.layer.inputs):
                self._pull(step, g, gradients)
        self._steps = []

    def _pull(self, step: _Step, g: Tensor, gradients: dict[str, Tensor]) -> None:
        if isinstance(step.layer, WeightLayer):
            pulled: tuple[Tensor, ...] = (self._products[step.layer.name].pull_back(g),)
        else:
            pulled = adjoint(step.layer, g, *step.inputs[: len(step.layer.inputs)])
        parts = zip(step.layer.inputs, pulled, self._plan.stretches[step.layer.name], step.raised, strict=False)
        for name, part, stretches, by in parts:
            for stretch in reversed(stretches):
                part = stretch.pull(part)
            part = shift_exponent(part, by)[0]
            gradients[name] = gradients[name] + part if name in gradients else part
