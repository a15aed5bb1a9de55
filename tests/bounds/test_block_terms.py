"""The shares of single blocks: the formula, and what was computed before is used again."""

import numpy as np
import pytest
import torch

from tests.bounds.pruned_nets import chain, dense, pruned
from tests.maps import chain_graph
from theoryprune.bounds import BlockError, output_gains, prefix_norms
from theoryprune.bounds.block_terms import block_terms


def test_the_formula():
    rng = np.random.default_rng(0)
    graph, groups = dense(rng, 3, True)
    after, blocks = pruned(graph, groups, rng)
    norms, gains = prefix_norms(after, 2.0), output_gains(graph)
    for term, block in zip(block_terms(graph, after, blocks, radius=2.0), blocks, strict=True):
        assert term.block is block
        assert term.norm == norms[block.starts[0]]
        assert term.downstream == pytest.approx(np.linalg.norm([gains[end] for end in block.ends]), rel=1e-12)
        assert term.share == pytest.approx(block.error(term.norm) * term.downstream, rel=1e-12)


def test_norms_of_inputs_given():
    rng = np.random.default_rng(1)
    graph, groups = chain(rng, 2, False)
    after, blocks = pruned(graph, groups, rng)
    x = torch.zeros(1, *graph.input_shape, dtype=torch.float64)
    assert [term.share for term in block_terms(graph, after, blocks, x=x)] == [0]


def test_what_is_known_is_not_computed_again():
    graph = chain_graph(3, 4, 4, 2)
    row, known = BlockError("g", ("0",), ("1",), 1.0), {}
    first = block_terms(graph, graph, [row], radius=1.0, known=known)
    known.update(dict.fromkeys(known, 0.0))
    again = block_terms(graph, graph, [row], radius=1.0, known=known)
    assert first[0].downstream > 0
    assert again[0].downstream == 0


def test_refusals():
    graph = chain_graph(3, 2)
    with pytest.raises(ValueError, match="either radius"):
        block_terms(graph, graph, [])
    with pytest.raises(ValueError, match="which the graph before lacks"):
        block_terms(graph, graph, [BlockError("g", ("x",), ("0",), 1.0)], radius=1.0)
