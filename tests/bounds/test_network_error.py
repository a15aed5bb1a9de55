"""How a bound of the whole network prints, and when it says nothing."""

import math

import torch

from tests.maps import chain_graph
from theoryprune.bounds import BlockError, EndToEnd, end_to_end


def test_deep_products_print_as_vacuous():
    graph = chain_graph(*[6] * 12, scale=2.0)
    after = graph.with_weights({"0.weight": graph.weights["0.weight"] * 0.99})
    norm = float(torch.linalg.matrix_norm(graph.weights["0.weight"], 2))
    result = end_to_end(graph, after, [BlockError("g", ("<input>",), ("0",), 0.0101 * norm)], radius=1.0)
    assert result.observed <= result.error
    rows = [BlockError("g", ("<input>",), ("0",), math.inf)]
    assert end_to_end(graph, after, rows, radius=1.0).error == math.inf
    assert "vacuous" in str(end_to_end(graph, after, rows, radius=1.0))
    assert "vacuous" not in str(end_to_end(graph, graph, [], radius=1.0))
    assert end_to_end(graph, graph, [], radius=1.0).error == 0


def test_it_is_vacuous_from_the_largest_output_on():
    for error, vacuous in ((0.0, False), (1.9, False), (2.0, True), (math.inf, True)):
        result = EndToEnd(error, (), 0.0, 2.0, 1.0, torch.zeros(1, 1))
        assert result.vacuous == vacuous == ("vacuous" in str(result))
    assert "inputs of norm at most 1" in str(result)
    given = EndToEnd(1.0, (), 0.5, 2.0, None, torch.zeros(1, 1))
    assert "the inputs given" in str(given)
    assert "[0.5, 1]" in str(given)
