"""The checker of shares names what is not so of them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.bounds.pruned_nets import chain, pruned
from theoryprune.bounds.block_terms import block_terms
from theoryprune.bounds.term_checks import wrong_terms


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
