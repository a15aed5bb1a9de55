"""The flow R of a network and its derivatives, fast, and computed so that nothing can overflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

import torch
from torch import Tensor

from theoryprune.graph.evaluate import require_values
from theoryprune.graph.flow import BiasPolicy, flow_network
from theoryprune.graph.flow_pass import FlowPass
from theoryprune.graph.fold import fold_scales
from theoryprune.graph.living import living_network
from theoryprune.graph.moved import Moved
from theoryprune.graph.spatial import plain_plan, spatial_plan
from theoryprune.layers import WeightLayer
from theoryprune.types import FlowRule, Scores, WeightGraph

_FIRST, _AGAIN = 0.12, 0.55  # hardly a channel dies before; each time costs about an evaluation of what is left
_SLACK = {torch.float64: 256, torch.float32: 24}
"""How far entries may grow before they are rescaled: a small part of the range, so one layer cannot leave it."""
_BLOCK = 1 << 18
"""Entries of a block of scores: small beside the weights of a large layer, large beside the cost of a call."""


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
        require_values(graph, "flow")
        self.rule = FlowRule(bias, power)
        self._names = list(graph.order)
        self._spatial, self._dtype, self._device = spatial, dtype, graph.device
        self._slack = _SLACK[dtype] if slack is None else slack
        self._left = graph.num_weights
        self._shrink_at = _FIRST * self._left if bias == "drop" and self._left >= shrink_above else 0
        with torch.inference_mode(False), torch.no_grad():
            self._flat = torch.empty(self._left, dtype=dtype, device=self._device)
            self._use(fold_scales(flow_network(graph, bias=bias, dtype=dtype, power=power)), copy=True)

    def _use(self, network: WeightGraph, *, copy: bool) -> None:
        """Take over a network whose weights lie one after the other in one vector, or are to be copied there."""
        sizes = {name: network.weights[name].numel() if name in network.weights else 0 for name in self._names}
        ends = list(accumulate(sizes.values()))
        self.spans = dict(zip(sizes, zip([0, *ends], ends, strict=False), strict=True))
        self._flat = self._flat[: sum(sizes.values())]
        layers, frame = list(network.layers), replace(network, layers=())
        del network  # so that each weight is freed as soon as it is copied
        for i, layer in enumerate(layers):
            if isinstance(layer, WeightLayer):
                view = self._flat[slice(*self.spans[layer.weight_name])].view(layer.weight.shape)
                layers[i] = replace(layer, weight=view.copy_(layer.weight) if copy else view)
        self._network = replace(frame, layers=tuple(layers))
        plan = spatial_plan(self._network) if self._spatial else plain_plan(self._network)
        self._pass = FlowPass(self._network, plan, self._slack)

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
            total, exponent, seed = self._pass.forward(self._dtype, keep=values)
            if values:
                self._pass.backward(seed)
        return Scores({}, total, exponent, rule=self.rule, flushed=self._pass.flushed)

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

    def remove(self, places: Tensor) -> None:
        """Take the weights at some places out of the network."""
        self._flat[places] = 0
        self._left -= len(places)

    def shrink(self) -> dict[str, Moved] | None:
        """Drop the channels without flow, if by now that is likely to pay.

        Returns
        -------
        dict of str to Moved, or None
            None as long as places stay what they are. Else where the entries of each weight were until now; what is
            nowhere among them had no flow, nor will have.
        """
        if self._left >= self._shrink_at:
            return None
        self._shrink_at = _AGAIN * self._left
        with torch.inference_mode(False), torch.no_grad():
            self._pass.clear()  # first, so that its memory is free
            network, moved = living_network(self._network)
            if not moved:
                return None
            moved = {name: moved.get(name, Moved.nowhere(self._device)) for name in self._names}
            self._pack(moved)
            self._use(network, copy=False)
        return moved

    def _pack(self, moved: dict[str, Moved]) -> None:
        """Move what stays to the start of the vector: no entry moves up, so none is overwritten before it has moved."""
        end = 0
        for name, (start, stop) in self.spans.items():
            old = self._flat[start:stop].view(-1, moved[name].width)
            for rows in moved[name].rows():
                part = old.index_select(0, rows)
                self._flat[end : end + part.numel()] = part.view(-1)
                end += part.numel()
