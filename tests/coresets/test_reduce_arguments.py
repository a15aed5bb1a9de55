"""`reduce` refuses what is no argument before it starts, also what this call would not have used."""

import re
from functools import partial

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import sequential_graph
from theoryprune.coresets import CONSTRUCTIONS, kernel_fit
from theoryprune.coresets.reduce_arguments import check_reduce_arguments

GOOD = {
    "method": partial(kernel_fit, blend=0.5), "streams": False, "min_keep": 0, "how": "marginal", "weights": None,
    "certify": True, "end_to_end": None, "radius": 1.0, "effort": "fast",
}  # fmt: skip


@pytest.mark.parametrize("method", CONSTRUCTIONS.values())
def test_every_construction_passes(method):
    check_reduce_arguments(**{**GOOD, "method": method})


@pytest.mark.parametrize("given", [{}, {"certify": False}, {"weights": "equal", "radius": 0}, {"end_to_end": True}])
def test_good_ones_pass(given):
    check_reduce_arguments(**{**GOOD, **given})


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"method": "norm"}, TypeError, "got 'norm'; import it: from theoryprune.coresets import norm"),
        ({"method": None}, TypeError, "method must be a construction, as theoryprune.coresets.kernel_fit, got None"),
        ({"method": tp.synflow}, TypeError, "method must take (incoming, outgoing, budget, *, slope), as theoryprune"),
        ({"streams": "0"}, TypeError, "streams must be True or False, got '0'"),
        ({"min_keep": 0.5}, TypeError, "min_keep must be an int, a number of channels, got 0.5"),
        ({"min_keep": -1}, ValueError, "min_keep must not be negative, got -1"),
        ({"how": "best"}, ValueError, "how must be one of marginal, global_eps, absolute_eps, uniform, got 'best'"),
        ({"weights": "x"}, ValueError, "weights must be one of telescoped, relative, equal, got 'x'"),
        ({"effort": "x", "certify": False}, ValueError, "effort must be one of fast, default, high, got 'x'"),
        ({"radius": "1"}, TypeError, "radius must be a number, the largest norm of the inputs, got '1'"),
        ({"radius": -1.0}, ValueError, "radius must be at least 0 and finite, got -1.0"),
        ({"radius": float("nan")}, ValueError, "radius must be at least 0 and finite, got nan"),
        ({"certify": "no"}, TypeError, "certify must be True or False, got 'no'"),
        ({"fold_bn": 1}, TypeError, "fold_bn must be True or False, got 1"),
        ({"end_to_end": "yes"}, TypeError, "end_to_end must be True, False or None, where depth decides, got 'yes'"),
        ({"end_to_end": True, "certify": False}, ValueError, "end_to_end=True needs the certificates"),
    ],
)
def test_bad_ones_are_refused_by_name(given, error, words):
    with pytest.raises(error, match=re.escape(words)):
        check_reduce_arguments(**{**GOOD, **given})
    if "method" not in given:
        graph = sequential_graph(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2), shape=(3,))
        with pytest.raises(error, match=re.escape(words)):
            tp.reduce(graph, 0.5, **given)


@pytest.mark.parametrize(("name", "bad"), [("2.weight", float("nan")), ("0.bias", float("inf"))])
def test_networks_that_are_not_finite_are_refused_by_the_name_of_the_weight(name, bad):
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    with torch.no_grad():
        net.get_parameter(name).view(-1)[0] = bad
    with pytest.raises(ValueError, match=f"'{name}' must be finite, got 1 of [48] entries"):
        tp.reduce(tp.extract(net, (3,)), 0.5)


@pytest.mark.parametrize("given", [1, 0, "on", 0.5])
def test_whether_biases_are_corrected_is_yes_no_or_neither(given):
    with pytest.raises(TypeError, match="bias_correction must be True, False or None"):
        tp.reduce(sequential_graph(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2), shape=(2,)), 0.5, bias_correction=given)
