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
        If the flow is lost to underflow although there is a path.

    Notes
    -----
    By the flow without biases. It is exact where following channels is not: on a small map a kernel's tap may read
    nothing but padding. A flow of 0 is checked once more with all weights at 1, which cannot underflow. Only a network
    with a layer that has no flow is judged by its channels (`reach`). Cost: one forward pass of a single example, and a
    copy of the weights; twice that where there is no flow.
    """
    try:
        if _flow(graph) > 0:
            return True
    except UnsupportedLayerError:
        return bool(sweep(graph).from_input[graph.output].any())
    if _flow(graph.with_weights({name: (weight != 0).to(weight.dtype) for name, weight in graph.weights.items()})) > 0:
        raise ValueError(
            "the flow cannot be told from 0: there is a path, but its weight was lost to underflow beside far larger "
            "ones. Bring the units of each layer to a similar scale: dividing a unit's incoming weights by a number "
            "and multiplying its outgoing ones by it changes no score"
        )
    return False


def _flow(graph: WeightGraph) -> float:
    return FlowEvaluator(graph).evaluate(values=False).total or 0.0
