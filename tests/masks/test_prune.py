"""Iterative pruning: exact counts, nested masks, collapse, purity."""

from functools import partial
from itertools import pairwise

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20, resnet50_224, resnet56, resnet110, vgg16_bn
from tests.networks import random_graph
from tests.small import Written, same, witness
from theoryprune.measures import kept_count

SCORES = {
    "synflow": tp.synflow,
    "synflow_l2": tp.synflow_l2,
    "magnitude": tp.magnitude,
    **{name: partial(tp.SCORES[name], seed=0) for name in ("random", "erk", "uniform")},
}


def mlp(*widths, seed=0):
    torch.manual_seed(seed)
    parts = []
    for a, b in pairwise(widths):
        parts += [nn.Linear(a, b, bias=False), nn.ReLU()]
    return nn.Sequential(*parts[:-1]).double()


def mlp_graph(*widths, seed=0):
    return tp.extract(mlp(*widths, seed=seed), (widths[0],))


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("schedule", [tp.exponential(6), tp.linear(4), tp.one_shot()], ids=str)
@pytest.mark.parametrize("scope", ["global", "layer"])
def test_trap_012_trap_015_every_score_schedule_and_scope_is_exact_and_nested(name, schedule, scope):
    graph = random_graph(3)
    pruning = tp.prune(graph, SCORES[name], 0.2, schedule, scope=scope, on_collapse="report")
    sizes = [weight.numel() for weight in graph.weights.values()]
    kept = [int(keep.sum()) for keep in pruning.mask.keep.values()]
    if scope == "global":
        assert sum(kept) == kept_count(0.2, sum(sizes))
    else:
        assert kept == [kept_count(0.2, size) for size in sizes]
    assert len(pruning.trace) == schedule.steps
    for row in pruning.trace:
        mask = pruning.mask_after(row.iteration)
        assert row.kept_after == mask.kept == row.kept_before - row.removed
        assert dict(row.kept_per_layer) == {n: int(keep.sum()) for n, keep in mask.keep.items()}
        assert (mask & pruning.mask_after(row.iteration - 1)).sha256 == mask.sha256
    assert pruning.mask_after(schedule.steps).sha256 == pruning.mask.sha256
    assert (pruning.method, pruning.schedule, pruning.scope) == (name, str(schedule), scope)
    assert pruning.trace[-1].connected == (pruning.trace[-1].iteration < (pruning.collapsed_at or 10**9))


def test_the_registries_are_the_public_names():
    assert set(SCORES) == set(tp.SCORES)
    assert set(tp.SCHEDULES) == {"exponential", "linear", "one_shot", "adaptive", "guarded"}


def test_trap_022_two_prunings_are_the_and_of_their_masks():
    """Weights at zero go first, and the density of both masks together refers to all weights."""
    graph = mlp_graph(6, 8, 4)
    first = tp.prune(graph, tp.synflow, 0.5)
    second = tp.prune(tp.apply_mask(graph, first.mask), tp.synflow, 0.25)
    both = first.mask & second.mask
    assert both.kept == second.mask.kept == 20
    assert both.density == 0.25


def test_a_full_density_removes_nothing():
    pruning = tp.prune(mlp_graph(3, 4, 2), tp.synflow, 1)
    assert pruning.density == 1
    assert not any(bool(at.any()) for at in pruning.removed_at.values())


def test_the_flow_of_the_trace_is_that_of_the_mask_before():
    graph = random_graph(5)
    pruning = tp.prune(graph, tp.synflow, 0.1, tp.exponential(5), on_collapse="report")
    for row in pruning.trace:
        scores = tp.synflow(tp.apply_mask(graph, pruning.mask_after(row.iteration - 1)))
        assert (row.flow, row.exponent) == (scores.total, scores.exponent)


def test_default_schedules():
    graph = mlp_graph(8, 8, 4)
    assert tp.prune(graph, tp.synflow, 0.2).schedule == "adaptive(0.99)"
    assert tp.prune(graph, tp.magnitude, 0.5).schedule == "one_shot()"


@pytest.mark.parametrize("protect", [["0"], ["0.weight"], "0*"])
def test_protected_layers_are_kept_whole_and_do_not_count(protect):
    graph = mlp_graph(8, 8, 4)
    pruning = tp.prune(graph, tp.synflow, 0.25, protect=protect)
    assert list(pruning.mask.keep) == list(pruning.removed_at) == ["2.weight"]
    assert (pruning.mask.kept, pruning.mask.total) == (8, 32)
    with pytest.raises(ValueError, match="'nothing' matches no prunable layer"):
        tp.prune(graph, tp.synflow, 0.25, protect=["nothing"])


def test_nothing_to_prune():
    with pytest.raises(tp.BudgetError, match="every prunable weight is protected"):
        tp.prune(mlp_graph(3, 2), tp.synflow, 0.5, protect="*")
    with pytest.raises(tp.BudgetError, match="no linear or convolution weight"):
        tp.prune(tp.extract(nn.ReLU(), (3,)), tp.synflow, 0.5)


@pytest.mark.parametrize("score", ["synflow", "magnitude"])
def test_collapse_is_an_error_or_a_report(score):
    """Below one weight per layer no path can be left."""
    graph = mlp_graph(4, 5, 5, 3)
    with pytest.raises(tp.LayerCollapseError, match=r"after iteration \d+ of exponential\(4\).*Remedy") as caught:
        tp.prune(graph, SCORES[score], 2 / 60, tp.exponential(4))
    pruning = tp.prune(graph, SCORES[score], 2 / 60, tp.exponential(4), on_collapse="report")
    assert caught.value.iteration == pruning.collapsed_at
    row = pruning.trace[pruning.collapsed_at - 1]
    assert caught.value.layers == row.empty_layers
    assert pruning.mask.kept == 2
    assert [row.connected for row in pruning.trace] == [i < pruning.collapsed_at for i in (1, 2, 3, 4)]
    assert not tp.is_connected(graph, pruning.mask)


def test_a_network_without_flow_has_collapsed_before_pruning():
    graph = mlp_graph(3, 2, 2)
    dead = graph.with_weights({"0.weight": torch.zeros(2, 3, dtype=torch.float64)})
    with pytest.raises(tp.LayerCollapseError, match="before anything is pruned") as caught:
        tp.prune(dead, tp.synflow, 0.5)
    assert caught.value.iteration == 0
    assert tp.prune(dead, tp.synflow, 0.5, on_collapse="report").collapsed_at == 0


def test_biases_feed_a_flow_but_are_no_path():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    net[0].bias.data.fill_(100.0)
    net[0].weight.data.fill_(1e-3)
    net[2].weight.data.fill_(1.0)
    graph = tp.extract(net, (2,))
    unit = partial(tp.synflow, bias="unit")
    with pytest.raises(tp.LayerCollapseError):
        tp.prune(graph, unit, 2 / 6, tp.one_shot())
    assert tp.prune(graph, unit, 2 / 6, tp.one_shot(), on_collapse="report").collapsed_at == 1


def test_an_empty_layer_beside_a_living_path_is_no_collapse():
    net = Written(lambda self, x: self.out(x + self.inner(x)), inner=nn.Linear(4, 4, bias=False), out=nn.Linear(4, 2))
    net.inner.weight.data.fill_(1e-3)
    pruning = tp.prune(tp.extract(net, (4,)), tp.synflow, 0.2, tp.one_shot())
    assert pruning.trace[-1].empty_layers == ("inner.weight",)
    assert pruning.trace[-1].connected
    assert pruning.collapsed_at is None


@pytest.mark.parametrize("seed", range(4))
def test_chains_reach_one_weight_per_layer(seed):
    """Theorem 4's compression, by a schedule fine enough."""
    graph = mlp_graph(6, 7, 5, 6, 3, seed=seed)
    pruning = tp.prune(graph, tp.synflow, 4 / graph.num_weights, tp.exponential(200))
    assert [int(keep.sum()) for keep in pruning.mask.keep.values()] == [1, 1, 1, 1]


def test_trap_006_scores_that_are_not_finite_raise_with_the_name():
    graph = mlp_graph(3, 2)

    def broken(graph):
        scores = tp.magnitude(graph)
        scores.values["0.weight"][0, 0] = torch.nan
        return scores

    with pytest.raises(ValueError, match=r"'0.weight' has 1 that are NaN or infinite"):
        tp.prune(graph, broken, 0.5)


def test_trap_012_signed_scores_bring_nothing_back():
    graph = mlp_graph(10, 10, 4)
    calls = []

    def signed(graph):
        calls.append(len(calls))
        draws = torch.Generator().manual_seed(calls[-1])
        return tp.Scores({n: torch.randn(w.shape, generator=draws) for n, w in graph.weights.items()})

    pruning = tp.prune(graph, signed, 0.1, tp.exponential(8), on_collapse="report")
    assert pruning.mask.kept == 14
    assert [row.kept_after for row in pruning.trace] == [pruning.mask_after(i).kept for i in range(1, 9)]


def test_the_model_and_the_graph_are_untouched_also_after_a_failure():
    net = mlp(4, 5, 5, 3)
    graph = tp.extract(net, (4,))
    before, state = witness(net), {name: t.clone() for name, t in graph.state_dict().items()}
    tp.prune(graph, tp.synflow, 0.3)
    with pytest.raises(tp.LayerCollapseError):
        tp.prune(graph, tp.synflow, 1 / 60)
    assert same(witness(net), before)
    assert all(torch.equal(t, state[name]) for name, t in graph.state_dict().items())


def test_the_result_does_not_depend_on_threads():
    net = resnet20(width=0.5)
    graph = tp.extract(net.double(), net.example_shape)
    threads, hashes = torch.get_num_threads(), []
    for number in (1, 2):
        torch.set_num_threads(number)
        hashes.append(tp.prune(graph, tp.synflow, 0.05, tp.exponential(5)).mask.sha256)
    torch.set_num_threads(threads)
    assert hashes[0] == hashes[1]


def test_the_progress_bar_is_on_stderr_and_only_when_asked_for(capsys):
    graph = mlp_graph(4, 5, 3)
    tp.prune(graph, tp.synflow, 0.5, tp.exponential(3))
    assert capsys.readouterr() == ("", "")
    tp.prune(graph, tp.synflow, 0.5, tp.exponential(3), progress=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"density": 95}, ValueError, r"did you mean 0\.95"),
        ({"density": True}, TypeError, "density must be a number"),
        ({"scope": "block"}, ValueError, "scope must be"),
        ({"on_collapse": "ignore"}, ValueError, "on_collapse must be 'raise' or 'report', got 'ignore'"),
        ({"graph": nn.Linear(2, 2)}, TypeError, "graph must be a WeightGraph, got Linear; extract"),
    ],
)
def test_arguments(change, error, message):
    arguments = {"graph": mlp_graph(3, 2), "score": tp.synflow, "density": 0.5} | change
    with pytest.raises(error, match=message):
        tp.prune(**arguments)


def test_trap_019_counts_are_integers_beyond_two_to_the_24():
    with torch.device("meta"):
        from benchmarks.models import vgg16_224

        net = vgg16_224()
    graph = tp.extract(net, net.example_shape)
    assert graph.num_weights == 138_344_128
    assert kept_count(0.5, graph.num_weights) == 69_172_064
    with pytest.raises(ValueError, match="meta"):
        tp.prune(graph, tp.synflow, 0.5)


def finishes(model, steps, dtype=torch.float64):
    torch.manual_seed(0)
    net = model()
    graph = tp.extract(net, net.example_shape)
    pruning = tp.prune(graph, partial(tp.synflow, dtype=dtype), 0.01, tp.exponential(steps))
    assert pruning.mask.kept == kept_count(0.01, graph.num_weights)
    assert all(row.connected for row in pruning.trace)
    return pruning


LONG = [pytest.param(model, steps, marks=pytest.mark.slow) for model, steps in ((resnet56, 20), (resnet110, 8))]


@pytest.mark.parametrize(("model", "steps"), [(resnet56, 8), *LONG])
def test_trap_029_deep_networks_reach_compression_100_exactly(model, steps):
    finishes(model, steps)


def test_trap_030_resnet50_at_224_keeps_weights_and_an_exact_count():
    assert finishes(resnet50_224, 4, torch.float32).mask.kept == 255_030


@pytest.mark.slow
@pytest.mark.parametrize("model", [resnet56, resnet110])
def test_deep_networks_over_100_steps(model):
    finishes(model, 100)


@pytest.mark.slow
def test_resnet50_over_100_steps_empties_only_its_shortcuts():
    pruning = finishes(resnet50_224, 100, torch.float32)
    assert pruning.mask.kept == 255_030
    empty = pruning.mask.empty_layers
    assert len(empty) == 4
    assert all("downsample" in name for name in empty)


@pytest.mark.slow
def test_vgg16_over_100_steps():
    finishes(vgg16_bn, 100)
