import copy
import pickle

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import Written, normal

MODEL = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
GRAPH = tp.extract(MODEL, (4,))


def mask(*rows):
    return tp.Mask({f"layer{i}": torch.tensor(row) for i, row in enumerate(rows)})


def test_a_graph_names_its_weights_in_order():
    assert list(GRAPH.weights) == list(GRAPH.order) == ["0.weight", "2.weight"]
    assert GRAPH.num_weights == 18
    assert list(GRAPH.state_dict()) == ["0.weight", "0.bias", "2.weight"]
    assert dict(GRAPH.shapes) == {"<input>": (4,), "0": (3,), "relu": (3,), "2": (2,)}
    assert (GRAPH.dtype, GRAPH.device.type) == (torch.float32, "cpu")


def test_a_network_without_tensors_has_the_default_dtype():
    graph = tp.extract(nn.ReLU(), (4,))
    assert (graph.dtype, graph.device.type, graph.num_weights) == (torch.get_default_dtype(), "cpu", 0)


def test_constants_do_not_decide_the_dtype():
    model = Written(lambda m, x: m.fc(x - torch.tensor([0.5, 0.1, 0.2, 0.3])), fc=nn.Linear(4, 2).double())
    model.fc.float()
    graph = tp.extract(model, (4,))
    assert graph.dtype == torch.float32


def test_other_weights_make_another_graph():
    zeros = {"0.weight": torch.zeros(3, 4)}
    other = GRAPH.with_weights(zeros)
    assert not other.weights["0.weight"].any()
    assert GRAPH.weights["0.weight"].any()
    assert other.weights["2.weight"] is GRAPH.weights["2.weight"]


def test_weights_of_another_name_or_shape_are_refused():
    with pytest.raises(ValueError, match=r"'1\.weight' is no prunable weight of the graph; they are \['0\.weight'"):
        GRAPH.with_weights({"1.weight": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"'0\.weight' must have shape \(3, 4\), got \(4, 3\)"):
        GRAPH.with_weights({"0.weight": torch.zeros(4, 3)})


def test_records_and_edges_are_the_nodes_and_edges_of_networkx():
    view = GRAPH.to_networkx()
    assert list(view.edges) == [("<input>", "0"), ("0", "relu"), ("relu", "2")]
    assert view.nodes["2"]["layer"] is GRAPH.by_name["2"]


def test_graphs_and_masks_cannot_be_changed():
    with pytest.raises(AttributeError):
        GRAPH.output = "0"
    with pytest.raises(TypeError):
        GRAPH.weights["0.weight"] = normal(3, 4)
    with pytest.raises(TypeError):
        mask([True]).keep["layer0"] = torch.tensor([False])


def test_a_mask_counts_its_weights():
    m = mask([True, False, False], [False, False])
    assert (m.kept, m.total, m.density) == (1, 5, 0.2)
    assert m.layer_densities == {"layer0": 1 / 3, "layer1": 0.0}
    assert m.empty_layers == ("layer1",)


def test_only_bool_tensors_make_a_mask():
    with pytest.raises(TypeError, match=r"'a' must be a bool tensor, got torch\.float32"):
        tp.Mask({"a": torch.ones(2)})
    with pytest.raises(TypeError, match="got list"):
        tp.Mask({"a": [True]})


def test_trap_022_masks_combine_by_and():
    both = mask([True, True, False]) & mask([True, False, True])
    assert both.keep["layer0"].tolist() == [True, False, False]
    with pytest.raises(ValueError, match="same weights"):
        mask([True]) & tp.Mask({"other": torch.tensor([True])})


def test_the_hash_of_a_mask_tells_bits_and_not_memory():
    first = mask([[True, False], [False, True], [True, True]])
    turned = tp.Mask({"layer0": first.keep["layer0"].t().contiguous().t()})
    assert first.sha256 == turned.sha256
    assert first.sha256 != mask([[True, True], [False, True], [True, True]]).sha256


def test_all_masks_on_the_way_follow_from_the_iteration_of_removal():
    removed_at = {"a": torch.tensor([0, 1, 2, 2], dtype=torch.int32)}
    pruning = tp.Pruning(tp.Mask({"a": torch.tensor([True, False, False, False])}), (), removed_at, "m", "s", "global")
    assert [pruning.mask_after(i).kept for i in range(3)] == [4, 3, 1]
    assert pruning.density == 0.25


def test_a_row_of_the_trace_derives_its_densities():
    row = tp.TraceRow(1, 6, 3, 3, None, None, None, None, {"a": 3, "b": 0}, {"a": 4, "b": 2}, True)
    assert (row.density, row.layer_densities, row.empty_layers) == (0.5, {"a": 0.75, "b": 0.0}, ("b",))


def test_a_channel_group_lists_its_layers_once():
    group = tp.channel_groups(GRAPH)[1]
    assert group.layers == ("0", "2")


def test_trap_084_every_noun_can_be_copied_and_pickled():
    pruning = tp.prune(GRAPH, tp.synflow, 0.5, tp.exponential(2))
    GRAPH.shapes, GRAPH.by_name  # noqa: B018  (what is cached must travel too)
    nouns = (GRAPH, tp.synflow(GRAPH), pruning, pruning.mask, pruning.trace[0], tp.channel_groups(GRAPH)[0])
    for noun in (*nouns, tp.summarize(GRAPH)):
        for again in (copy.deepcopy(noun), pickle.loads(pickle.dumps(noun))):
            assert repr(again) == repr(noun)
    assert copy.deepcopy(pruning).mask.sha256 == pruning.mask.sha256


def test_representations_say_what_the_noun_is():
    pruning = tp.prune(GRAPH, tp.synflow, 0.5, tp.exponential(2))
    assert repr(pruning.mask) == f"Mask({pruning.mask.kept} of {GRAPH.num_weights} kept, 2 layers)"
    assert repr(pruning).startswith("Pruning(synflow, exponential(2), global, ")
    assert repr(tp.synflow(GRAPH)).startswith("Scores(synflow, 2 layers, flow 0.")
    assert repr(tp.magnitude(GRAPH)) == "Scores(magnitude, 2 layers)"


def test_the_trace_says_what_is_left_of_the_flow():
    pruning = tp.prune(GRAPH, tp.synflow, 0.3, tp.exponential(3))
    first, second, last = pruning.trace
    assert (first.flow_left, first.exponent_left) == (second.flow, second.exponent)
    left = tp.synflow(tp.apply_mask(GRAPH, pruning.mask))
    assert (last.flow_left, last.exponent_left) == (left.total, left.exponent)
    assert tp.prune(GRAPH, tp.magnitude, 0.5).trace[0].flow_left is None


def test_a_mask_of_nothing_is_refused():
    with pytest.raises(ValueError, match="keep must name at least one weight"):
        tp.Mask({})


VERBS = [tp.synflow, tp.magnitude, tp.erk, tp.uniform, tp.random, tp.compact, tp.to_module, tp.channel_groups]
VERBS += [tp.forward, tp.save_graph, tp.apply_mask, tp.prune]


@pytest.mark.parametrize("verb", VERBS)
def test_a_model_in_place_of_a_graph_is_told_how_to_become_one(verb):
    model = torch.nn.Linear(2, 2)
    rest = {tp.erk: {"seed": 0}, tp.uniform: {"seed": 0}, tp.random: {"seed": 0}, tp.forward: {"x": torch.ones(1, 2)}}
    rest |= {tp.save_graph: {"path": "nowhere"}, tp.prune: {"score": tp.synflow, "density": 0.5}}
    rest |= {tp.apply_mask: {"mask": tp.Mask({"weight": torch.ones(2, 2, dtype=torch.bool)})}}
    with pytest.raises(TypeError, match=r"graph must be a WeightGraph, got Linear; extract\(model, example\)"):
        verb(model, **rest.get(verb, {}))


def test_anything_but_a_mask_is_told_so():
    model, graph = torch.nn.Linear(2, 2), GRAPH
    mask = tp.Mask({"weight": torch.ones(2, 2, dtype=torch.bool)})
    for call in (
        lambda: tp.mask_module(model, {}),
        lambda: tp.save_mask({}, "nowhere"),
        lambda: tp.compare_masks(mask, 3),
        lambda: tp.apply_mask(graph, 3),
    ):
        with pytest.raises(TypeError, match="mask must be a Mask, got"):
            call()
    with pytest.raises(TypeError, match=r"model must be a torch\.nn\.Module, got WeightGraph"):
        tp.mask_module(graph, mask)
