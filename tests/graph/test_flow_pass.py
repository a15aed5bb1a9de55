"""One pass: the flow, and the two factors of every derivative."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from tests.small import Written
from theoryprune.graph.flow import flow_network
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.graph.flow_pass import FlowPass
from theoryprune.graph.spatial import plain_plan, spatial_plan


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("plan", [plain_plan, spatial_plan])
def test_the_factors_make_up_the_derivatives(seed, plan):
    network = flow_network(random_graph(seed))
    weights = {name: weight.requires_grad_() for name, weight in network.weights.items()}
    total = tp.forward(network, torch.ones(1, *network.input_shape, dtype=torch.float64)).sum()
    slopes = torch.autograd.grad(total, list(weights.values()), materialize_grads=True, allow_unused=True)
    with torch.no_grad():
        flow = FlowPass(network, plan(network), 256)
        mantissa, exponent, seed_gradient = flow.forward(torch.float64, keep=True)
        flow.backward(seed_gradient)
        assert mantissa * 2.0**exponent == pytest.approx(float(total), rel=1e-13)
        for (name, weight), slope in zip(weights.items(), slopes, strict=True):
            if name not in flow.factors:  # read by nothing
                assert not slope.any()
                continue
            product, x, g = flow.factors[name]
            found = (product.slopes(g) @ product.columns(x).mT).reshape(weight.shape) * 2.0**exponent
            torch.testing.assert_close(found, slope, rtol=1e-11, atol=1e-12 * float(slope.abs().max()))


def test_a_pass_forgets_the_last_one():
    network = flow_network(random_graph(0))
    with torch.no_grad():
        flow = FlowPass(network, plain_plan(network), 256)
        first = flow.forward(torch.float64, keep=True)
        flow.backward(first[2])
        assert flow.factors
        assert flow.forward(torch.float64, keep=False)[:2] == first[:2]
        assert not flow.factors


def test_flushed_entries_are_counted():
    net = Written(lambda self, x: self.big(x) + x, big=nn.Linear(2, 2, bias=False)).double()
    net.big.weight.data.fill_(2.0**1000)
    assert FlowEvaluator(tp.extract(net, (2,))).evaluate(values=False).flushed == 0
    with torch.no_grad():
        deep = Written(lambda self, x: self.b(self.a(x)) + x, a=net.big, b=net.big.__class__(2, 2, bias=False)).double()
        deep.b.weight.fill_(2.0**1000)
    assert FlowEvaluator(tp.extract(deep, (2,))).evaluate(values=False).flushed == 2
