"""Runs limited by the flow, against plain runs, theorem 3 and theorem 4; and what may not change a run."""

from functools import partial
from math import inf

import numpy as np
import pytest
import torch

import theoryprune as tp
from benchmarks.models import vgg11_bn
from tests.maps import chain_graph, map_graph
from tests.networks import random_graph
from tests.reference_run import reference_run
from tests.small import same_until_a_tie
from theoryprune.graph.flow_evaluator import FlowEvaluator
from theoryprune.layers import Add, Linear
from theoryprune.masks import selection
from theoryprune.masks.evaluators import evaluator_of
from theoryprune.masks.guess import Guess
from theoryprune.masks.run import Run
from theoryprune.masks.survivors import Survivors
from theoryprune.measures import kept_count

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")

SMALL = {"low": 5, "high": 12}


def with_options(**options):
    """Synaptic flow by an evaluator of these options."""

    def score(graph):
        return tp.synflow(graph)

    score.prepare = lambda graph: FlowEvaluator(graph, **options)
    return score


def small_graph(seed):
    """A random network in which a path is left."""
    while True:
        graph = map_graph(seed, blocks=2 + seed % 3, dims=1 + seed % 3, **SMALL)
        if tp.synflow(graph).total > 0 and graph.num_weights > 20:
            return graph
        seed += 1000


def random_chain(seed, smallest=1):
    draw = np.random.default_rng(seed)
    widths = draw.integers(smallest, 7, draw.integers(3, 7)).tolist()
    return chain_graph(*widths, seed=seed)


def same_run(first, second):
    """Masks bit by bit, rows to rounding."""
    assert all(torch.equal(at, second.removed_at[name]) for name, at in first.removed_at.items())
    for row, other in zip(first.trace, second.trace, strict=True):
        size = 2.0 ** (row.exponent - other.exponent)
        for field in ("iteration", "removed", "kept_before", "kept_after", "kept_per_layer", "connected", "flushed"):
            assert getattr(row, field) == getattr(other, field)
        for field in ("flow", "prune_sum", "largest_removed", "smallest_kept"):
            value, wanted = getattr(row, field), getattr(other, field)
            assert (value is None) == (wanted is None)
            if value is not None:
                assert value * size == pytest.approx(wanted, rel=0, abs=1e-12 * (other.flow or 1))
        for name, total in row.layer_totals.items():
            assert total * size == pytest.approx(other.layer_totals[name], rel=0, abs=1e-12 * (other.flow or 1))
        assert row.conservation_residual < 1e-12


@pytest.mark.parametrize("guard", [None, "layer"])
@pytest.mark.parametrize("scope", ["global", "layer"])
def test_runs_are_the_plain_ones(scope, guard):
    for seed in range(24):
        graph, density = small_graph(seed), (0.5, 0.2, 0.1)[seed % 3]
        if guard and density * graph.num_weights < len(graph.order):
            density = 0.5
        schedule = tp.exponential(4 + seed % 5)
        score = with_options(shrink_above=0) if seed % 2 else tp.synflow
        fast = tp.prune(graph, score, density, schedule, scope, on_collapse="report", guard=guard)
        plain = reference_run(graph, density, schedule, scope=scope, guard=guard)
        same_run(fast, plain)
        assert fast.collapsed_at == plain.collapsed_at


def test_runs_by_squared_weights_are_the_plain_ones():
    compared = 0
    for seed in range(12):
        graph = small_graph(seed)
        try:
            fast = tp.prune(graph, tp.synflow_l2, 0.2, tp.exponential(5), on_collapse="report")
        except tp.UnsupportedLayerError:  # averages over unequal cells
            continue
        same_run(fast, reference_run(graph, 0.2, tp.exponential(5), tp.FlowRule(power=2)))
        free = tp.prune(graph, tp.synflow_l2, 0.05, on_collapse="report")
        assert free.certificate.certified
        assert free.final_flow > 0
        compared += 1
    assert compared > 5


def test_protected_layers_in_a_run():
    for seed in range(6):
        graph = small_graph(seed)
        name = graph.order[0]
        if len(graph.order) > 1:
            fast = tp.prune(graph, tp.synflow, 0.3, tp.exponential(4), protect=[name], on_collapse="report")
            same_run(fast, reference_run(graph, 0.3, tp.exponential(4), protect=[name]))


@pytest.mark.parametrize("theta", [0.99, 0.5])
def test_theorem_3_no_adaptive_step_cuts_the_last_path(theta):
    reached = 0
    for seed in range(66):
        graph = small_graph(seed) if seed % 3 else random_chain(seed)
        pruning = tp.prune(graph, tp.synflow, 0.02, tp.adaptive(theta), on_collapse="report")
        assert pruning.collapsed_at is None
        assert pruning.final_flow > 0
        forced = [row for row in pruning.trace if row.ratio > theta]
        assert all(row.ratio < 1 for row in pruning.trace)
        assert all(row.connected and row.flow > 0 for row in pruning.trace)
        assert all(row.removed == 1 for row in forced)
        assert pruning.certificate.certified
        assert pruning.mask.kept >= kept_count(0.02, graph.num_weights)
        reached += pruning.mask.kept == kept_count(0.02, graph.num_weights)
    assert reached > 5


@pytest.mark.parametrize("seed", range(3))
def test_an_adaptive_run_is_verified(seed):
    graph = random_graph(seed)
    pruning = tp.prune(graph, tp.synflow, 0.05, on_collapse="report")
    assert pruning.schedule == "adaptive(0.99)"
    tp.verify(pruning, graph, rows="all")


def test_a_step_takes_the_longest_prefix():
    """Recomputed from the masks: one weight more would exceed the part."""
    for seed in range(10):
        graph = small_graph(seed)
        pruning = tp.prune(graph, tp.synflow, 0.1, tp.adaptive(0.7), on_collapse="report")
        for row in pruning.trace[:-1]:
            if row.removed > 1 and row.ratio > 0:
                assert row.ratio <= 0.7
                assert row.prune_sum + row.smallest_kept > 0.7 * row.flow
            if row.flow:
                assert row.smallest_kept > 0  # all without flow goes at once


@pytest.mark.parametrize("theta", [0.99, 0.3])
def test_theorem_4_chains_reach_one_weight_per_layer(theta):
    for seed in range(20):
        graph = random_chain(seed, smallest=2)
        pruning = tp.prune(graph, tp.synflow, len(graph.order) / graph.num_weights, tp.adaptive(theta))
        assert [int(keep.sum()) for keep in pruning.mask.keep.values()] == [1] * len(graph.order)
        assert pruning.final_flow > 0
        assert pruning.certificate.maximal_critical_compression


@pytest.mark.slow
def test_theorem_4_on_vgg11():
    torch.manual_seed(0)
    net = vgg11_bn()
    graph = tp.extract(net, net.example_shape)
    pruning = tp.prune(graph, tp.synflow, len(graph.order) / graph.num_weights)
    assert [int(keep.sum()) for keep in pruning.mask.keep.values()] == [1] * len(graph.order)
    assert pruning.final_flow > 0


def test_below_one_weight_per_layer_a_chain_collapses_by_name_and_count():
    for seed in range(100):
        graph = random_chain(seed, smallest=2)
        layers = len(graph.order)
        density = (layers - 1) / graph.num_weights
        pattern = rf"cannot remove any weight.*up to rounding: {layers} of {graph.num_weights} weights are left"
        with pytest.raises(tp.LayerCollapseError, match=pattern) as caught:
            tp.prune(graph, tp.synflow, density, tp.adaptive())
        stopped = tp.prune(graph, tp.synflow, density, tp.adaptive(), on_collapse="report")
        assert caught.value.iteration == len(stopped.trace) + 1
        assert stopped.mask.kept == layers
        assert stopped.collapsed_at is None


def shortcut(a, b, c):
    weights = {"a": a, "b": b, "c": c}
    reads = {"a": "<input>", "b": "<input>", "c": "b"}
    layers = tuple(
        Linear(name=n, inputs=(reads[n],), names={"weight": f"{n}.w"}, weight=torch.tensor([[w]], dtype=torch.float64))
        for n, w in weights.items()
    )
    join = Add(name="sum", inputs=("a", "c"))
    return tp.WeightGraph(layers=(*layers, join), input_shape=(1,), output="sum", order=("a.w", "b.w", "c.w"))


def test_a_weak_shortcut_goes_first_so_two_weights_remain():
    graph = shortcut(0.1, 1, 1)
    with pytest.raises(tp.LayerCollapseError, match="2 of 3 weights are left"):
        tp.prune(graph, tp.synflow, 1 / 3)
    pruning = tp.prune(graph, tp.synflow, 1 / 3, on_collapse="report")
    assert {name: bool(keep) for name, keep in pruning.mask.keep.items()} == {"a.w": False, "b.w": True, "c.w": True}
    strong = tp.prune(shortcut(3, 1, 1), tp.synflow, 1 / 3)
    assert [bool(keep) for keep in strong.mask.keep.values()] == [True, False, False]


def test_guarded_succeeds_where_one_shot_collapses():
    collapsed = 0
    for seed in range(10):
        graph = chain_graph(6, 20, 12, 3, seed=seed)
        density = 4 / graph.num_weights
        pruning = tp.prune(graph, tp.synflow, density, tp.guarded(tp.exponential(1)))
        assert pruning.mask.kept == 4
        assert pruning.certificate.certified
        collapsed += tp.prune(graph, tp.synflow, density, tp.one_shot(), on_collapse="report").collapsed_at is not None
    assert collapsed == 10


def test_guarded_is_the_inner_schedule_where_that_stays_below():
    graph = chain_graph(6, 10, 8, 3)
    inner = tp.prune(graph, tp.synflow, 0.3, tp.exponential(30))
    assert max(row.ratio for row in inner.trace) < 0.9
    held = tp.prune(graph, tp.synflow, 0.3, tp.guarded(tp.exponential(30)))
    same_run(inner, held)
    cut = tp.prune(graph, tp.synflow, 0.3, tp.guarded(tp.exponential(30), 0.01))
    assert cut.mask.kept == inner.mask.kept
    assert all(row.ratio <= 0.01 or row.removed == 1 for row in cut.trace)
    assert all(row.kept_after >= tp.exponential(30).kept(min(row.iteration, 30), 0.3, 164) for row in cut.trace)


def test_the_guard_keeps_a_weight_of_each_layer_with_flow():
    saved = 0
    for seed in range(20):
        graph = small_graph(seed)
        density = max(len(graph.order) / graph.num_weights, 0.05)
        for schedule in (tp.one_shot(), tp.exponential(3)):
            pruning = tp.prune(graph, tp.synflow, density, schedule, on_collapse="report", guard="layer")
            assert pruning.mask.kept == kept_count(density, graph.num_weights)
            assert pruning.certificate.guard == "layer"
            for row in pruning.trace:
                assert all(row.kept_per_layer[name] > 0 for name, total in row.layer_totals.items() if total > 0)
            bare = tp.prune(graph, tp.synflow, density, schedule, on_collapse="report")
            saved += len(bare.mask.empty_layers) > len(pruning.mask.empty_layers)
    assert saved > 5


def test_a_guard_needs_room_for_every_layer():
    graph = chain_graph(6, 10, 8, 3)
    with pytest.raises(tp.BudgetError, match="keeps a weight in each of 3 layers, but only 2 are to be kept"):
        tp.prune(graph, tp.synflow, 2 / graph.num_weights, guard="layer")
    assert tp.prune(graph, tp.synflow, 3 / graph.num_weights, guard="layer").mask.kept == 3


@pytest.mark.parametrize("score", [tp.magnitude, partial(tp.random, seed=0), partial(tp.synflow, bias="unit")])
@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"schedule": tp.adaptive()}, r"schedule adaptive\(0.99\)"),
        ({"schedule": tp.guarded(tp.one_shot(), 0.5)}, r"schedule guarded\(one_shot\(\), 0.5\)"),
        ({"schedule": tp.one_shot(), "guard": "layer"}, "guard='layer'"),
    ],
)
def test_what_needs_a_flow_from_the_input_says_so(score, options, what):
    with pytest.raises(
        ValueError,
        match=rf"^{what} needs the flow of a score such as synflow; .* (has no flow|does not come from the input)",
    ):
        tp.prune(chain_graph(3, 4, 2), score, 0.5, **options)


def test_magnitude_is_named():
    with pytest.raises(ValueError, match=r"'magnitude' has no flow\. Remedy"):
        tp.prune(chain_graph(3, 4, 2), tp.magnitude, 0.5, tp.adaptive())


def test_adaptive_layer_by_layer():
    for seed in range(16):
        graph = chain_graph(5, 9, 8, 4, seed=seed)
        pruning = tp.prune(graph, tp.synflow, 0.1, tp.adaptive(), scope="layer")
        kept = {name: int(keep.sum()) for name, keep in pruning.mask.keep.items()}
        assert kept == {name: kept_count(0.1, weight.numel()) for name, weight in graph.weights.items()}
        assert all(row.ratio < 1 and row.connected for row in pruning.trace)
        other = small_graph(seed)
        report = tp.prune(other, tp.synflow, 0.3, tp.adaptive(), scope="layer", on_collapse="report")
        assert report.collapsed_at is None
        assert all(row.ratio < 1 and row.connected for row in report.trace)


def test_adaptive_with_protected_layers():
    graph = chain_graph(5, 9, 8, 4)
    pruning = tp.prune(graph, tp.synflow, 2 / 77, tp.adaptive(), protect=["1"])
    assert {name: int(keep.sum()) for name, keep in pruning.mask.keep.items()} == {"0.weight": 1, "2.weight": 1}
    assert all(row.ratio < 1 for row in pruning.trace)
    tp.verify(pruning, graph, rows="all")


def test_float32_has_a_margin_of_its_own():
    graph = chain_graph(5, 9, 8, 4)
    score = partial(tp.synflow, dtype=torch.float32)
    pruning = tp.prune(graph, score, 3 / graph.num_weights)
    assert pruning.certificate.dtype == "float32"
    assert [int(keep.sum()) for keep in pruning.mask.keep.values()] == [1, 1, 1]
    with pytest.raises(tp.LayerCollapseError):
        tp.prune(graph, score, 2 / graph.num_weights)


@pytest.mark.parametrize("schedule", [tp.exponential(6), tp.adaptive()], ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_neither_shrinking_nor_short_maps_nor_hints_change_a_run(schedule, seed, monkeypatch):
    graph = small_graph(seed) if seed < 3 else random_graph(seed)

    def run(score=tp.synflow):
        return tp.prune(graph, score, 0.08, schedule, on_collapse="report")

    plain = run(with_options(shrink_above=10**9, spatial=False))
    for options in ({}, {"shrink_above": 0}, {"spatial": False, "shrink_above": 0}, {"slack": 3}):
        same_run(run(with_options(**options)), plain)
    monkeypatch.setattr(selection, "_DIRECT", 10)
    for hint in ((-inf, inf), (0.0, 0.0), (0.0, 1e-3), (1e-3, 0.3), (-inf, 0.3), (1e5, 1e6)):
        monkeypatch.setattr(Guess, "bracket", lambda self, flow, hint=hint: hint)
        same_run(run(with_options(shrink_above=0)), plain)


@pytest.mark.parametrize("seed", [71, 96, 198, 225])
def test_a_layer_that_shrinks_and_then_vanishes_in_a_run(seed):
    kinds = ("plain", "conv", "residual", "concat", "identity", "depthwise", "max")
    graph = map_graph(seed, blocks=4, dims=2, kinds=kinds, **SMALL)
    runs = [
        tp.prune(graph, with_options(shrink_above=above), 0.02, tp.exponential(40), on_collapse="report")
        for above in (0, 10**9)
    ]
    same_until_a_tie(*runs)


def test_a_run_step_by_step():
    graph = chain_graph(4, 6, 3)
    evaluator = evaluator_of(tp.synflow, graph)
    run = Run(graph, evaluator, Survivors(graph.weights, graph.order, evaluator), 0.2, "global", None)
    assert (run.kept, run.total, run.target) == (42, 42, 9)
    assert run.groups == [["0.weight", "1.weight"]]
    scores = run.evaluate()
    run.start(tp.exponential(2), scores)
    assert not run.finished(1)
    row = run.step(1, scores)
    assert (row.kept_before, row.kept_after, run.kept) == (42, kept_count(0.2**0.5, 42), row.kept_after)
    assert row.largest_removed <= row.smallest_kept
    assert row.layer_totals["0.weight"] == pytest.approx(row.flow, rel=1e-13)
    assert run.connected(run.evaluate(last=True))
    assert run.finished(2)


@pytest.mark.parametrize("density", [0.5, 0.05])
def test_scores_that_are_not_finite_are_named(density):
    graph = chain_graph(3, 4, 2)

    class Broken(FlowEvaluator):
        def blocks(self, names):
            for start, block, ends in super().blocks(names):
                block[-2:] = torch.nan
                yield start, block, ends

    def score(graph):
        return tp.synflow(graph)

    score.prepare = Broken
    with pytest.raises(ValueError, match=r"'1\.weight' has 2 that are NaN or infinite"):
        tp.prune(graph, score, density, tp.one_shot())


def test_a_step_leaves_room_for_rounding(monkeypatch):
    """The limit is theta or, where rounding may change more than that, the margin."""
    monkeypatch.setattr("theoryprune.masks.run.rounding_margin", lambda graph, dtype: 0.3)
    pruning = tp.prune(random_graph(3), tp.synflow, 0.1, tp.adaptive(0.99), on_collapse="report")
    assert pruning.trace
    assert all(row.ratio <= 0.7 / 1.3 for row in pruning.trace)
