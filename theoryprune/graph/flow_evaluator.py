"""The flow R of a network and its derivatives, fast, and computed so that nothing can overflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import frexp

import torch
from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.adjoint import adjoint
from theoryprune.graph.flow import BiasPolicy, flow_network
from theoryprune.graph.fold import fold_scales
from theoryprune.graph.living import Rows, living_network
from theoryprune.graph.products import Product
from theoryprune.graph.reach import sweep
from theoryprune.graph.scaling import Scaled, align, rescale, shift_exponent
from theoryprune.graph.spatial import SpatialPlan, plain_plan, spatial_plan
from theoryprune.layers import Flatten, Layer, Shift, WeightLayer
from theoryprune.types import INPUT, FlowRule, Scores, WeightGraph

_FIRST, _AGAIN = 0.12, 0.55  # hardly a channel dies before; each time costs about an evaluation of what is left
_SLACK = {torch.float64: 256, torch.float32: 24}
"""How far entries may grow before they are rescaled: a small part of the range, so one layer cannot leave it."""
_BLOCK = 1 << 20
"""Entries of a block of scores: small beside the weights of a large layer, large beside the cost of a call."""


@dataclass(eq=False)
class _Step:
    """What the backward pass needs of one record: what it read, and the powers of two applied around it."""

    layer: Layer
    inputs: list[Tensor]
    raised: list[int]
    lowered: int


@dataclass(eq=False)
class _Pass:
    """One evaluation: the steps, and for each weight what its scores are made of."""

    steps: list[_Step] = field(default_factory=list)
    factors: dict[str, tuple[Product, Tensor, Tensor]] = field(default_factory=dict)
    lost: int = 0


class FlowEvaluator:
    """Scores of one flow network whose weights are taken out step by step.

    Parameters
    ----------
    graph : WeightGraph
        Read once, never written.
    bias : {"drop", "unit"}
        Whether offsets are left out, or enter as edges from a constant unit.
    dtype : torch.float64 or torch.float32
    power : {1, 2}
        To which all factors of a path are raised.
    slack : int, optional
        Rescale a tensor when its largest entry leaves ``2**-slack .. 2**slack``; the results do not depend
        on it while nothing is flushed.
    shrink_above : int
        With at least so many weights, drop the channels without flow at a density of 0.12 and whenever nearly
        half of the weights have gone again (only with ``bias="drop"``). Exact up to the order of sums.
    spatial : bool
        Compute once what repeats over space (`spatial_plan`). Exact up to the order of sums.

    Notes
    -----
    Keeps one copy of the weights (edges times the factors behind them, 0 where removed). An evaluation is one forward
    and one backward pass of one example of ones, and leaves the two factors of every score: what a weight is multiplied
    with, and the derivative behind it. The scores themselves are made block by block when asked for, so they are never
    in memory together. Every factor that rescaling applies is a power of two and a constant for differentiation, so
    wherever the plain evaluation neither overflows nor underflows the scores are the same bits times one power of two.

    Every operation adds and multiplies non-negative numbers, so errors stay relative: products are matrix products,
    never Winograd's or FFT's, which subtract. Reduced-precision products break this: on a GPU float32 needs
    ``torch.backends.cuda.matmul.allow_tf32 = False``.
    """

    def __init__(
        self,
        graph: WeightGraph,
        *,
        bias: BiasPolicy = "drop",
        dtype: torch.dtype = torch.float64,
        power: int = 1,
        slack: int | None = None,
        shrink_above: int = 50_000,
        spatial: bool = True,
    ) -> None:
        self.rule = FlowRule(bias, power)
        self._names = list(graph.order)
        self._spatial, self._dtype, self._device = spatial, dtype, graph.device
        with torch.inference_mode(False), torch.no_grad():
            self._use(fold_scales(flow_network(graph, bias=bias, dtype=dtype, power=power)))
        self._left = graph.num_weights
        self._shrink_at = _FIRST * self._left if bias == "drop" and self._left >= shrink_above else 0
        self._slack = _SLACK[dtype] if slack is None else slack

    def _use(self, network: WeightGraph) -> None:
        """Lay all weights out in one vector, and plan the evaluation."""
        sizes = {name: network.weights[name].numel() if name in network.weights else 0 for name in self._names}
        ends = list(accumulate(sizes.values()))
        self.spans = dict(zip(sizes, zip([0, *ends], ends, strict=False), strict=True))
        self._flat = torch.empty(ends[-1] if ends else 0, dtype=self._dtype, device=self._device)
        layers, frame = list(network.layers), replace(network, layers=())
        del network  # so that each weight is freed as soon as it is copied
        for i, layer in enumerate(layers):
            if isinstance(layer, WeightLayer):
                view = self._flat[slice(*self.spans[layer.weight_name])].view(layer.weight.shape)
                layers[i] = replace(layer, weight=view.copy_(layer.weight))
        self._network = replace(frame, layers=tuple(layers))
        self._plan: SpatialPlan = spatial_plan(self._network) if self._spatial else plain_plan(self._network)
        self._products: dict[str, Product] = {}
        self._pass = _Pass()

    def evaluate(self, values: bool = True) -> Scores:
        """Compute the flow and all that the scores are made of.

        Parameters
        ----------
        values : bool
            False for the flow alone: a forward pass.

        Returns
        -------
        Scores
            Without values, which `blocks` and `at` give; ``total`` normalised to [1/2, 1).
        """
        with torch.inference_mode(False), torch.no_grad():
            self._pass = _Pass()  # first, so that the last one's memory is free
            flow, seed = self._forward(keep=values)
            if values:
                self._backward(seed)
        return flow

    def scores(self, method: str) -> Scores:
        """Return all scores at once, each in the shape of its weight, under a name for the method."""
        flow = self.evaluate()
        values = {name: weight.new_empty(weight.shape) for name, weight in self._network.weights.items()}
        for name, out in values.items():
            for start, block, _ in self.blocks([name]):
                begin = start - self.spans[name][0]
                out.view(-1)[begin : begin + len(block)] = block
        return replace(flow, values=values, method=method)

    def blocks(self, names: Sequence[str]) -> Iterator[tuple[int, Tensor, Sequence[int]]]:
        """Yield the scores of some weights in order of their places.

        Parameters
        ----------
        names : sequence of str
            In registration order.

        Yields
        ------
        int, Tensor, sequence of int
            The place of the first score; the scores, to look at, overwrite and forget; where in them a weight ends.
        """
        buffer = self._flat.new_empty(min(_BLOCK, self._flat.numel()))
        filled = list[str]()
        for name in names:
            start, end = self.spans[name]
            first = self.spans[filled[0]][0] if filled else start
            if filled and (end - first > len(buffer) or start != self.spans[filled[-1]][1]):
                yield self._together(filled, buffer)
                filled = []
            if end - start > len(buffer):
                yield from self._rows(name, buffer)
            else:
                filled.append(name)
        if filled:
            yield self._together(filled, buffer)

    def _together(self, names: Sequence[str], buffer: Tensor) -> tuple[int, Tensor, Sequence[int]]:
        """Return the scores of neighbours in one block."""
        first, last = self.spans[names[0]][0], self.spans[names[-1]][1]
        block = buffer[: last - first]
        for name in names:
            start, end = self.spans[name]
            if name not in self._pass.factors:
                block[start - first : end - first] = 0
                continue
            weight, slopes, read = self._factors(name)
            out = block[start - first : end - first].view(weight.shape)
            if len(weight) > 1:
                torch.bmm(slopes, read.mT, out=out)
            else:
                torch.mm(slopes[0], read[0].T, out=out[0])
        return first, block.mul_(self._flat[first:last]), [self.spans[name][1] - first for name in names]

    def _rows(self, name: str, buffer: Tensor) -> Iterator[tuple[int, Tensor, Sequence[int]]]:
        """Yield the scores of a large weight, some outputs at a time."""
        start, end = self.spans[name]
        if name not in self._pass.factors:
            yield start, torch.zeros(end - start, dtype=self._dtype, device=self._device), [end - start]
            return
        weight, slopes, read = self._factors(name)
        groups, outputs, width = weight.shape
        rows = max(1, len(buffer) // width)
        if width > len(buffer):
            buffer = buffer.new_empty(width)
        for group in range(groups):
            for row in range(0, outputs, rows):
                place = start + (group * outputs + row) * width
                part = slopes[group, row : row + rows]
                block = buffer[: len(part) * width]
                torch.mm(part, read[group].T, out=block.view(len(part), width))
                block.mul_(self._flat[place : place + len(block)])
                yield place, block, [len(block)] if place + len(block) == end else []

    def at(self, places: Tensor) -> Tensor:
        """Return the scores at ascending places, up to the order of sums."""
        scores = self._flat.new_zeros(len(places))
        for name, (start, end) in self.spans.items():
            low, high = torch.searchsorted(places, torch.tensor([start, end], device=places.device)).tolist()
            if low < high and name in self._pass.factors:
                weight, slopes, read = self._factors(name)
                row, column = (
                    (places[low:high] - start) // weight.shape[2],
                    (places[low:high] - start) % weight.shape[2],
                )
                entries = read.reshape(-1, read.shape[2])[row // weight.shape[1] * weight.shape[2] + column]
                scores[low:high] = entries.mul_(slopes.reshape(-1, slopes.shape[2])[row]).sum(1)
        return scores.mul_(self._flat[places])

    def _factors(self, name: str) -> tuple[Tensor, Tensor, Tensor]:
        """Return a weight, the derivatives behind its outputs, and what it is multiplied with, group by group."""
        product, x, g = self._pass.factors[name]
        return product.weight, product.slopes(g), product.columns(x)

    def remove(self, places: Tensor) -> dict[str, Rows] | None:
        """Take weights out of the network.

        Parameters
        ----------
        places : Tensor of int64

        Returns
        -------
        dict of str to Rows, or None
            None as long as places stay what they are. Else which row of each weight its rows were until now (-1: none,
            the row is zero); what is in no list had no flow, nor will have.
        """
        self._flat[places] = 0
        self._left -= len(places)
        if self._left >= self._shrink_at:
            return None
        self._shrink_at = _AGAIN * self._left
        with torch.inference_mode(False), torch.no_grad():
            self._pass, self._products = _Pass(), {}  # first, so that their memory is free
            network, moved = living_network(self._network)
            if moved:
                self._use(network)
        return moved or None

    def _forward(self, keep: bool) -> tuple[Scores, Tensor]:
        """Evaluate; return the flow, and the gradient of its normalised total with respect to the output."""
        current, network = self._pass, self._network
        ones = torch.ones(1, *self._plan.start, dtype=self._dtype, device=self._device)
        values = {INPUT: Scaled(ones)}
        for layer in network.layers:
            step, values[layer.name] = self._step(layer, [values[name] for name in layer.inputs])
            if keep:
                current.steps.append(step)
        before = values[network.output].exponent or 0
        y = rescale(values[network.output], network.output)
        current.lost += y.flushed
        for stretch in self._plan.end:
            y = Scaled(stretch.push(y.value), y.exponent)
        total = float(y.value.sum())
        mantissa, power = frexp(total)
        exponent = 0 if y.exponent is None else y.exponent + power
        flow = Scores({}, mantissa, exponent, rule=self.rule, flushed=current.lost)
        # The outputs sum to mantissa * 2**power here; with 2**-power as the gradient, scores and total agree exactly.
        seed = torch.full_like(y.value, 2.0**-power)
        for stretch in reversed(self._plan.end):
            seed = stretch.pull(seed)
        return flow, shift_exponent(seed, before - y.exponent)[0] if y.exponent is not None else seed

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
        self._pass.lost += sum(branch.flushed for branch in aligned) + out.flushed
        lowered = 0 if out.exponent is None else (before.exponent or 0) - out.exponent
        return _Step(layer, xs, raised, lowered), out

    def _product(self, layer: WeightLayer, x: Tensor) -> Product:
        if layer.name not in self._products:
            self._products[layer.name] = Product(layer, tuple(x.shape[1:]))
        return self._products[layer.name]

    def _backward(self, seed: Tensor) -> None:
        """Carry the gradient back; keep both factors of the scores."""
        gradients = {self._network.output: seed}
        for step in reversed(self._pass.steps):
            g = gradients.pop(step.layer.name, None)
            if g is None:
                continue
            g = shift_exponent(g, step.lowered)[0]
            if isinstance(step.layer, WeightLayer):
                self._pass.factors[step.layer.weight_name] = (self._products[step.layer.name], step.inputs[0], g)
            if any(name != INPUT for name in step.layer.inputs):
                self._pull(step, g, gradients)
        self._pass.steps = []

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


def carries_flow(graph: WeightGraph) -> bool:
    """Return whether some input reaches some output over weights that are not zero: whether the flow is positive.

    Raises
    ------
    ValueError
        If the answer is lost to underflow.

    Notes
    -----
    By the flow without biases. It is exact where following channels is not: on a small map a kernel's tap may read
    nothing but padding. Only a network with a layer that has no flow is judged by its channels (`reach`). Cost: one
    forward pass of a single example, and a copy of the weights.
    """
    try:
        result = FlowEvaluator(graph).evaluate(values=False)
    except UnsupportedLayerError:
        return bool(sweep(graph).from_input[graph.output].any())
    total = result.total or 0.0
    refuse_lost_flow(total, result.flushed)
    return total > 0


def refuse_lost_flow(total: float, flushed: int) -> None:
    """Raise `ValueError` where a flow of 0 may be an underflow."""
    if total == 0 and flushed:
        raise ValueError(
            f"the flow cannot be told from 0: {flushed} positive entries were lost beside far larger ones. Bring the "
            "units of each layer to a similar scale: dividing a unit's incoming weights by a number and multiplying "
            "its outgoing ones by it changes no score"
        )
