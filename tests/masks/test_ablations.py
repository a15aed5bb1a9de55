"""Ablations: what each keeps, what each changes, by hand and in `prune`."""

from functools import partial

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from tests.small import normal
from theoryprune.masks.ablations import invert, reinitialise, shuffle


@pytest.fixture
def graph():
    torch.manual_seed(0)
    return tp.extract(nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5)).double(), (20,))


@pytest.fixture
def mask(graph):
    return tp.keep_top(tp.magnitude(graph), 0.3)


# shuffle


def test_shuffle_keeps_the_counts_and_changes_the_mask(mask):
    state = torch.get_rng_state()
    shuffled = shuffle(mask, seed=0)
    for name, keep in mask.keep.items():
        assert int(shuffled.keep[name].sum()) == int(keep.sum())
        assert not torch.equal(shuffled.keep[name], keep)
    assert shuffle(mask, seed=0).sha256 == shuffled.sha256 != shuffle(mask, seed=1).sha256
    assert torch.equal(torch.get_rng_state(), state)


def test_shuffle_changes_every_layer_that_can_change():
    graph = random_graph(0)
    mask = tp.keep_top(tp.synflow(graph), 0.5)
    shuffled = shuffle(mask, seed=0)
    for name, keep in mask.keep.items():
        if keep.numel() >= 30 and 3 < int(keep.sum()) < keep.numel() - 3:
            assert not torch.equal(shuffled.keep[name], keep)
        if keep.all():
            assert shuffled.keep[name].all()


def test_shuffle_is_uniform():
    mask = tp.Mask({"w": torch.tensor([True, False, False, False])})
    places = torch.tensor([int(shuffle(mask, seed).keep["w"].nonzero()) for seed in range(2000)])
    counts = places.bincount(minlength=4)
    assert float(((counts - 500) ** 2 / 500).sum()) < 16.3  # chi square, 3 degrees of freedom, one in a thousand


def test_shuffle_takes_masks_and_seeds(mask):
    with pytest.raises(TypeError, match="mask must be a Mask, got dict"):
        shuffle(dict(mask.keep), seed=0)
    with pytest.raises(TypeError, match="seed must be an int, got None"):
        shuffle(mask, seed=None)


# reinitialise


def test_reinitialise_keeps_the_mask_and_the_values_of_every_layer(graph, mask):
    before = {name: weight.clone() for name, weight in graph.weights.items()}
    whole = tp.Mask({name: torch.ones_like(keep) for name, keep in mask.keep.items()})
    fresh, sparse = reinitialise(graph, whole, seed=0), reinitialise(graph, mask, seed=0)
    for name, weight in before.items():
        assert torch.equal(fresh.weights[name].flatten().sort().values, weight.flatten().sort().values)
        assert not torch.equal(fresh.weights[name], weight)
        assert torch.equal(sparse.weights[name] != 0, mask.keep[name])
        assert torch.equal(sparse.weights[name], fresh.weights[name] * mask.keep[name])
        assert torch.equal(graph.weights[name], weight)
    assert torch.equal(sparse.by_name["0"].bias, graph.by_name["0"].bias)


def test_reinitialise_forgets_which_values_the_mask_had_chosen(graph, mask):
    """Magnitude keeps the largest; permuted, the kept ones are as large as all."""
    fresh = reinitialise(graph, mask, seed=0).weights["0.weight"][mask.keep["0.weight"]]
    weight = graph.weights["0.weight"]
    assert float(weight[mask.keep["0.weight"]].abs().mean()) > 1.5 * float(weight.abs().mean())
    assert float(fresh.abs().mean()) == pytest.approx(float(weight.abs().mean()), rel=0.15)


def test_the_seed_decides(graph, mask):
    first, again, other = (reinitialise(graph, mask, seed).weights["0.weight"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_reinitialise_with_an_initialiser(graph, mask):
    def init(shape, draws):
        return torch.randn(shape, generator=draws) / shape[1] ** 0.5

    state = torch.get_rng_state()
    fresh = reinitialise(graph, mask, seed=0, init=init)
    assert torch.equal(torch.get_rng_state(), state)
    assert fresh.dtype == torch.float64
    for name, weight in fresh.weights.items():
        assert torch.equal(weight != 0, mask.keep[name])
        assert not torch.isin(weight[mask.keep[name]], graph.weights[name]).any()
    assert reinitialise(tp.apply_mask(graph, mask), mask, seed=0, init=init).weights["0.weight"].any()


def test_layers_that_the_mask_does_not_name_are_drawn_anew_and_kept_whole(graph):
    mask = tp.keep_top(tp.magnitude(graph), 0.3, protect="2")
    fresh = reinitialise(graph, mask, seed=0).weights["2.weight"]
    assert not torch.equal(fresh, graph.weights["2.weight"])
    assert bool(fresh.all())


def test_a_masked_graph_has_no_fresh_values(graph, mask):
    with pytest.raises(ValueError, match=r"graph must be the dense network, but all .* pass the graph before apply"):
        reinitialise(tp.apply_mask(graph, mask), mask, seed=0)


def test_a_mask_that_removes_nothing_is_no_masked_graph(graph):
    whole = tp.Mask({name: torch.ones_like(weight, dtype=torch.bool) for name, weight in graph.weights.items()})
    assert reinitialise(graph, whole, seed=0).weights["0.weight"].all()


@pytest.mark.parametrize(
    ("init", "message"),
    [
        (lambda shape, draws: torch.zeros(3), r"init must return a tensor of shape \(30, 20\) for '0.weight', got \(3"),
        (lambda shape, draws: 0.5, r"init must return a tensor of shape \(30, 20\) for '0.weight', got float"),
        (lambda shape, draws: torch.full(shape, torch.inf), "init must return finite values, got 600 others for '0.we"),
    ],
)
def test_what_an_initialiser_returns(graph, mask, init, message):
    with pytest.raises(ValueError, match=message):
        reinitialise(graph, mask, seed=0, init=init)


def test_a_mask_of_another_network(graph):
    with pytest.raises(ValueError, match="which the graph lacks"):
        reinitialise(graph, tp.Mask({"other": torch.tensor([True])}), seed=0)


# invert


def test_invert_by_hand():
    """Highest first; the dead entry still before all; ties keep the lower index."""
    scores = tp.Scores({"a": torch.tensor([4.0, 0.0, 1.0]), "b": torch.tensor([1.0, 9.0])}, 1.0, 0, method="synflow")
    inverted = invert(scores)
    assert (inverted.method, inverted.total, inverted.exponent) == ("inverted synflow", None, None)
    kept = [tp.keep_top(inverted, count / 5).keep for count in (1, 2, 3, 4)]
    assert [keep["a"].tolist() + keep["b"].tolist() for keep in kept] == [
        [False, False, True, False, False],
        [False, False, True, True, False],
        [True, False, True, True, False],
        [True, False, True, True, True],
    ]
    assert invert(scores).values["a"].dtype == torch.float64


@pytest.mark.parametrize("largest", [1.0, 1e300, 5e-324, 2.0**1023])
def test_dead_entries_are_below_all_others_at_any_size(largest):
    inverted = invert(tp.Scores({"w": torch.tensor([0.0, largest], dtype=torch.float64)})).values["w"]
    assert bool(inverted.isfinite().all())
    assert float(inverted[0]) < float(inverted[1]) == -largest


def test_float32_scores_do_not_tie_with_the_dead():
    inverted = invert(tp.Scores({"w": torch.tensor([0.0, 3e38, 1.0])})).values["w"]
    assert inverted.argsort().tolist() == [0, 1, 2]


def test_signed_scores_are_reversed():
    inverted = invert(tp.Scores({"w": torch.tensor([-2.0, 5.0, 0.0, 1.0])}))
    assert inverted.values["w"].argsort().tolist() == [2, 1, 3, 0]


def test_without_any_live_entry():
    scores = invert(tp.Scores({"w": torch.zeros(3)}))
    assert tp.keep_top(scores, 1 / 3).keep["w"].tolist() == [True, False, False]


def test_an_inverted_function_works_in_prune(graph):
    score = invert(tp.synflow)
    assert not hasattr(score, "prepare")
    pruning = tp.prune(graph, score, 0.5, tp.exponential(4), on_collapse="report")
    assert (pruning.method, pruning.mask.kept) == ("inverted synflow", 375)
    for step in range(1, 5):
        later = pruning.mask_after(step)
        assert (later & pruning.mask_after(step - 1)).sha256 == later.sha256
    once = tp.prune(graph, invert(tp.magnitude), 0.4, on_collapse="report")
    assert once.schedule == "one_shot()"
    kept = tp.keep_top(tp.magnitude(graph), 0.6)
    assert (once.mask & kept).kept == 0  # the complement of the largest


def test_dead_weights_go_first_whatever_they_score(graph):
    mask = tp.keep_top(partial(tp.random, seed=1)(graph), 0.6)
    scores = invert(partial(tp.random, seed=0))(tp.apply_mask(graph, mask))
    assert tp.keep_top(scores, 0.6).sha256 == mask.sha256
    assert (scores.method, scores.total) == ("inverted random", None)


def test_weights_without_flow_go_first():
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False))
    net[0].weight.data = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    net[1].weight.data = torch.tensor([[5.0, 0.0]])  # nothing reads the second unit
    scores = invert(tp.synflow)(tp.extract(net, (2,)))
    assert tp.keep_top(scores, 0.5).keep["0.weight"].tolist() == [[True, True], [False, False]]


def test_twice_inverted_is_the_order_itself():
    values = normal(40).abs() + 0.1
    twice = invert(invert(tp.Scores({"w": values}))).values["w"]
    assert torch.equal(twice, values)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("synflow", "score must be a function of a graph such as theoryprune.synflow, got 'synflow'"),
        (tp.random, r"random: missing a required .*'seed'.*functools.partial"),
    ],
)
def test_what_is_no_score(score, message):
    with pytest.raises(TypeError, match=message):
        invert(score)


def test_a_function_that_returns_no_scores(graph):
    def broken(graph):
        return dict(graph.weights)

    with pytest.raises(TypeError, match="score must return Scores, got dict from broken"):
        invert(broken)(graph)
