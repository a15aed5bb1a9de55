"""Whether some input still reaches some output."""

from __future__ import annotations

from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.graph.reach import sweep
from theoryprune.types import WeightGraph


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
