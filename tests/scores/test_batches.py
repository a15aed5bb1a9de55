"""Derivatives of the loss over all batches: the definition, the caller's modes, and what is refused."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp
from tests.small import normal, same, witness
from theoryprune.scores.batches import gradient, hessian_times, labelled

LABELS = torch.tensor([0, 1, 2, 0, 1, 2])


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()


@pytest.fixture
def graph(net):
    return tp.extract(net, (4,))


def state(graph):
    """Everything of a graph and of the process that scoring must not change."""
    tensors = {(layer.name, key): tensor for layer in graph.layers for key, tensor in layer.tensors()}
    kept = {key: (id(t), t._version, t.requires_grad, t.clone()) for key, t in tensors.items()}
    return {"tensors": kept, "grads": {key: t.grad for key, t in tensors.items()}, "random": torch.get_rng_state()}


def test_gradients_are_those_of_the_module(net, graph):
    x = normal(6, 4)
    slopes = gradient(graph, labelled(x, LABELS, functional.cross_entropy), functional.cross_entropy)
    functional.cross_entropy(net(x), LABELS).backward()
    assert list(slopes) == ["0.weight", "2.weight"]
    assert all(torch.allclose(slopes[name], net.get_parameter(name).grad, rtol=1e-12, atol=0) for name in slopes)


@pytest.mark.parametrize("sizes", [[6], [3, 3], [1, 5], [2, 1, 3]])
def test_the_split_into_batches_does_not_matter(graph, sizes):
    x, loss = normal(6, 4), functional.cross_entropy
    vector = {name: normal(*w.shape, seed=3) for name, w in graph.weights.items()}
    whole, parts = labelled(x, LABELS, loss), labelled(x.split(sizes), LABELS.split(sizes), loss)
    for name in graph.order:
        torch.testing.assert_close(
            gradient(graph, parts, loss)[name], gradient(graph, whole, loss)[name], rtol=1e-12, atol=1e-15
        )
        torch.testing.assert_close(
            hessian_times(graph, parts, loss, vector)[name],
            hessian_times(graph, whole, loss, vector)[name],
            rtol=1e-12,
            atol=1e-15,
        )


def test_the_hessian_is_zero_for_a_loss_that_is_linear_in_the_weights():
    graph = tp.extract(nn.Linear(4, 2).double(), (4,))
    batches = labelled(normal(3, 4), torch.zeros(3), lambda outputs, _: outputs.mean())
    product = hessian_times(graph, batches, lambda outputs, _: outputs.mean(), {"weight": normal(2, 4)})
    assert product["weight"].count_nonzero() == 0


def test_weights_that_the_output_does_not_read_have_gradient_zero():
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x) + 0 * self.unused(x)

    graph = tp.extract(Half(), (2,))
    batches = labelled(torch.ones(1, 2), torch.tensor([0]), functional.cross_entropy)
    assert gradient(graph, batches, functional.cross_entropy)["unused.weight"].count_nonzero() == 0


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu", torch.bfloat16)])
def test_the_modes_of_the_caller_change_nothing(net, mode):
    x, loss = normal(6, 4).float(), functional.cross_entropy
    net.float()
    expected = gradient(tp.extract(net, (4,)), labelled(x, LABELS, loss), loss)
    with mode():
        graph, inside = tp.extract(net, (4,)), x.clone()
        found = gradient(graph, labelled(inside, LABELS.clone(), loss), loss)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert not any(value.requires_grad for value in found.values())


def test_nothing_is_written_also_after_an_exception(net, graph):
    def broken(outputs, targets):
        raise RuntimeError("broken")

    x, loss = normal(6, 4).requires_grad_(), functional.cross_entropy
    before, module = state(graph), witness(net)
    gradient(graph, labelled(x, LABELS, loss), loss)
    hessian_times(graph, labelled(x, LABELS, loss), loss, dict(graph.weights))
    with pytest.raises(RuntimeError, match="broken"):
        gradient(graph, labelled(x, LABELS, broken), broken)
    assert same(state(graph), before)
    assert same(witness(net), module)
    assert x.grad is None


ONE, TWO = torch.zeros(1, 4), torch.zeros(2, 4)


@pytest.mark.parametrize(
    ("inputs", "targets", "error", "message"),
    [
        ([[0.0]], LABELS, TypeError, r"inputs must be a tensor or a sequence of tensors, got list; of a data loader"),
        (ONE, 3, TypeError, "targets must be a tensor or a sequence of tensors, got int"),
        ([], [], ValueError, r"inputs must hold at least one example per batch, got batches of shapes \[\]"),
        (torch.zeros(0, 4), LABELS[:0], ValueError, r"inputs must hold at least one example .* \[\(0, 4\)\]"),
        (ONE, torch.tensor(0), ValueError, r"targets must hold at least one example .* \[\(\)\]"),
        ([ONE, TWO], [LABELS[:3]], ValueError, "targets must have as many batches as inputs, got 1 for 2"),
        ([ONE, TWO], LABELS[:2].split(1), ValueError, "one entry per example, got 1 for the 2 inputs of batch 1"),
    ],
)
def test_data_that_do_not_belong_together(inputs, targets, error, message):
    with pytest.raises(error, match=message):
        labelled(inputs, targets, functional.cross_entropy)


def test_the_loss_is_a_function():
    with pytest.raises(TypeError, match=r"loss must be a function of \(outputs, targets\) .*, got 'mse'"):
        labelled(ONE, LABELS[:1], "mse")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (torch.zeros(6, 5).double(), r"inputs must have shape \(batch, 4\), got \(6, 5\)"),
        (torch.zeros(6, 4), "inputs must be torch.float64 on cpu like the graph, got torch.float32 on cpu; convert"),
        (torch.full((6, 4), torch.nan).double(), "loss must be finite, got nan on batch 0; look for NaN"),
    ],
)
def test_data_that_do_not_fit_the_graph(graph, inputs, message):
    with pytest.raises(ValueError, match=message):
        gradient(graph, labelled(inputs, LABELS, functional.cross_entropy), functional.cross_entropy)


@pytest.mark.parametrize(
    ("loss", "found"),
    [
        (lambda outputs, targets: outputs.square(), r"shape \(6, 3\)"),
        (lambda outputs, targets: outputs.detach().mean(), r"shape \(\)"),
        (lambda outputs, targets: 1.0, "float"),
    ],
)
def test_losses_that_are_no_differentiable_scalar(graph, loss, found):
    with pytest.raises(ValueError, match=f"loss must return a scalar tensor that depends on the outputs, got {found}"):
        gradient(graph, labelled(normal(6, 4), LABELS, loss), loss)


def test_needs_a_graph_with_values():
    batches = labelled(ONE, LABELS[:1], functional.cross_entropy)
    with pytest.raises(ValueError, match="meta"):
        gradient(tp.extract(nn.Linear(4, 2, device="meta"), (4,)), batches, functional.cross_entropy)
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        gradient(nn.Linear(4, 2), batches, functional.cross_entropy)
