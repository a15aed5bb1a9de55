"""The flow R of a network and its derivatives, computed so that nothing can overflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import frexp

import torch
from torch import Tensor

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.evaluate import walk
from theoryprune.graph.flow import BiasPolicy, flow_network
from theoryprune.graph.living import LivingNetwork
from theoryprune.graph.reach import sweep
from theoryprune.graph.scaling import Scaled, align, rescale
from theoryprune.layers import Layer, Shift
from theoryprune.types import FlowRule, Scores, WeightGraph

_FIRST, _AGAIN = 0.16, 0.6  # hardly a channel dies before; each time costs about five evaluations of what is left
_SLACK = {torch.float64: 256, torch.float32: 24}
"""How far entries may grow before they are rescaled: a small part of the range, so one layer cannot leave it."""


@dataclass(frozen=True)
class Flow:
    """The flow of a network: ``total * 2**exponent`` with ``1/2 <= total < 1``, or 0 with exponent 0.

    `flushed` counts positive entries that rescaling lost; it is 0 for an exact result.
    """

    total: float
    exponent: int
    flushed: int = 0


class FlowEvaluator:
    """Scores of one flow network whose weights are taken out step by step.

    Parameters
    ----------
    graph : WeightGraph
        Read once, never written.
    bias : {"drop", "unit"}
        Whether offsets are left out, or enter as edges from a constant unit.
    dtype : torch.float64 or torch.float32
    slack : int, optional
        Rescale a tensor when its largest entry leaves ``2**-slack .. 2**slack``; the results do not depend
        on it while nothing is flushed.
    shrink_above : int
        With at least so many weights, drop the channels without flow at a density of 0.16 and whenever another two
        fifths of the weights have gone (only with ``bias="drop"``). Exact up to the order of sums.

    Notes
    -----
    Keeps one copy of the weights (``abs(w)``, 0 where removed). An evaluation is one forward and one backward pass of
    one example of ones. Every factor that rescaling applies is a power of two and a constant for differentiation, so
    wherever the plain evaluation neither overflows nor underflows the scores are the same bits times one power of two.

    Every operation adds and multiplies non-negative numbers, so errors stay relative, except in convolutions by
    Winograd or FFT, which subtract, and in reduced-precision products: on a GPU float32 needs
    ``torch.backends.cudnn.allow_tf32 = False`` and ``torch.backends.cuda.matmul.allow_tf32 = False``.
    """

    def __init__(
        self,
        graph: WeightGraph,
        *,
        bias: BiasPolicy = "drop",
        dtype: torch.dtype = torch.float64,
        slack: int | None = None,
        shrink_above: int = 1_000_000,
    ) -> None:
        with torch.inference_mode(False), torch.enable_grad():
            self._living = LivingNetwork(flow_network(graph, bias=bias, dtype=dtype))
            self._ones = torch.ones(1, *graph.input_shape, dtype=dtype, device=graph.device)
        self._left = graph.num_weights
        self._shrink_at = _FIRST * self._left if bias == "drop" and self._left >= shrink_above else 0
        self._rule = FlowRule(bias)
        self._slack = _SLACK[dtype] if slack is None else slack

    def __call__(self, survivors: Mapping[str, Tensor | None]) -> Scores:
        """Return the scores of the named weights as vectors that the caller may overwrite.

        Parameters
        ----------
        survivors : mapping of str to (Tensor or None)
            For each weight of interest the flat indices to score; None for all entries.

        Returns
        -------
        Scores
            With ``values[name]`` of shape (number of indices,), ``total`` normalised to [1/2, 1).
        """
        names = list(survivors)
        with torch.inference_mode(False), torch.enable_grad():
            output, result = self._forward()
            if not names:
                return Scores({}, result.total, result.exponent, rule=self._rule, flushed=result.flushed)
            # The outputs sum to total * 2**power here; seeding with 2**-power makes scores and total agree exactly.
            seed = torch.full_like(output, 2.0 ** -frexp(output.item())[1])
            weights = {name: self._living.weights[name] for name in names if name in self._living.weights}
            leaves = list(weights.values())  # none, if the living network is all shortcuts
            slopes = torch.autograd.grad(output, leaves, seed, materialize_grads=True) if leaves else ()
        gradients = dict(zip(weights, slopes, strict=True))
        values = {name: self._living.scores(name, survivors[name], gradients.get(name)) for name in names}
        return Scores(values, result.total, result.exponent, rule=self._rule, flushed=result.flushed)

    def remove(self, removed: Mapping[str, Tensor]) -> None:
        """Take weights out of the network, by flat index."""
        self._living.remove(removed)
        self._left -= sum(map(len, removed.values()))
        if self._left < self._shrink_at:
            self._living.shrink()
            self._shrink_at = _AGAIN * self._left

    def flow(self) -> Flow:
        """Return the flow alone (a forward pass)."""
        with torch.no_grad():
            return self._forward()[1]

    def _forward(self) -> tuple[Tensor, Flow]:
        """Evaluate; return the scaled sum of the outputs, and the flow it stands for."""
        network, lost = self._living.network, list[int]()

        def step(layer: Layer, *inputs: Scaled) -> Scaled:
            branches = list(inputs)
            if isinstance(layer, Shift):  # an edge from the constant unit is one more branch, of exponent 0
                offset = torch.as_tensor(layer.value)
                branches.append(Scaled(offset, 0 if bool(offset.any()) else None))
            branches = align(branches)
            values = [branch.value for branch in branches]
            value = values[0] + values[1] if isinstance(layer, Shift) else layer.forward(*values)
            # After every record: a slice or a pooling can drop all that lives, and what is dead must lose its exponent.
            out = rescale(Scaled(value, branches[0].exponent), layer.name, self._slack)
            lost.extend(branch.flushed for branch in (*branches, out))
            return out

        y = rescale(walk(network, Scaled(self._ones), step), network.output)
        total = y.value.sum()
        mantissa, power = frexp(total.item())
        exponent = 0 if y.exponent is None else y.exponent + power
        return total, Flow(mantissa, exponent, sum(lost) + y.flushed)


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
        result = FlowEvaluator(graph).flow()
    except UnsupportedLayerError:
        return bool(sweep(graph).from_input[graph.output].any())
    refuse_lost_flow(result.total, result.flushed)
    return result.total > 0


def refuse_lost_flow(total: float, flushed: int) -> None:
    """Raise `ValueError` where a flow of 0 may be an underflow."""
    if total == 0 and flushed:
        raise ValueError(
            f"the flow cannot be told from 0: {flushed} positive entries were lost beside far larger ones. Bring the "
            "units of each layer to a similar scale: dividing a unit's incoming weights by a number and multiplying "
            "its outgoing ones by it changes no score"
        )
