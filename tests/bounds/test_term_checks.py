"""The checkers of shares and of witnesses name what is not so of them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.bounds.pruned_nets import chain, pruned
from theoryprune.bounds import EndToEnd, search_difference
from theoryprune.bounds.block_terms import block_terms
from theoryprune.bounds.term_checks import wrong_terms, wrong_witness


@pytest.fixture
def case():
    rng = np.random.default_rng(4)
    graph, groups = chain(rng, 3, True)
    after, blocks = pruned(graph, groups, rng)
    return block_terms(graph, after, blocks, radius=2.0), graph, after


def problem(terms, graph, after):
    return wrong_terms(terms, graph, after, radius=2.0, x=None, effort="default", known={})


def test_true_shares(case):
    assert problem(*case) == ""
    terms, graph, after = case
    larger = [replace(term, norm=math.inf, error=math.inf, share=math.inf) for term in terms]
    assert problem(larger, graph, after) == ""


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("norm", "larger than stated"),
        ("downstream", "larger than stated"),
        ("error", "does not follow from its row"),
        ("share", "below error times gain"),
    ],
)
def test_each_number(case, field, reason):
    terms, graph, after = case
    lower = replace(terms[1], **{field: getattr(terms[1], field) * (1 - 1e-6)})
    assert reason in problem([terms[0], lower], graph, after)
    assert reason in problem([terms[0], replace(lower, **{field: 0.0})], graph, after)


def test_tensors_that_a_network_lacks(case):
    terms, graph, after = case
    astray = replace(terms[0], block=replace(terms[0].block, ends=("elsewhere",)))
    assert "names a tensor that a network lacks" in problem([astray], graph, after)


def test_witnesses(case):
    _, graph, after = case
    found = search_difference(graph, after, 2.0)
    result = EndToEnd(2 * found.difference, (), found.difference, found.output, 2.0, found.x)
    for changes, reason in (
        ({}, ""),
        ({"witness": 2 * found.x}, "outside the ball"),
        ({"observed": 1.01 * found.difference}, "does not attain"),
        ({"output": 1e6}, "an output larger than any"),
        ({"output": 0.0}, "below that of the witness"),
        ({"error": 0.9 * found.difference}, "a difference above the error"),
    ):
        said = wrong_witness(replace(result, **changes), graph, after, None, "default", 0)
        assert (reason in said) if reason else not said
