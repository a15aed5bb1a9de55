"""Channel groups against hand-computed ones, and the law that removing an atom is masking it."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import theoryprune as tp
from benchmarks.models import MODELS
from tests.networks import RandomNet
from tests.small import Written, normal
from theoryprune.graph.channels import channel_map, group_atoms
from theoryprune.graph.evaluate import walk
from theoryprune.types import INPUT


def conv(channels, out, **options):
    return nn.Conv2d(channels, out, 3, padding=1, **options)


def groups_of(function, shape, **parts):
    model = Written(function, **parts) if callable(function) and not isinstance(function, nn.Module) else function
    return {group.name: group for group in tp.channel_groups(tp.extract(model, shape))}


def sizes(groups):
    return {name: (group.size, group.removable) for name, group in groups.items()}


def axis(group, layer, side):
    (found,) = [a.channels.tolist() for a in group.axes if (a.layer, a.side) == (layer, side)]
    return found


def test_a_chain_has_a_group_per_layer():
    groups = groups_of(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), (4,))
    assert sizes(groups) == {INPUT: (4, False), "0": (3, True), "2": (2, False)}
    assert groups["0"].layers == ("0", "2")
    assert axis(groups["0"], "0", "out") == axis(groups["0"], "2", "in") == [0, 1, 2]


def test_a_residual_stream_is_one_group():
    groups = groups_of(
        lambda m, x: m.out((y := m.stem(x)) + m.b(F.relu(m.a(y)))),
        (3, 5, 5),
        stem=conv(3, 6),
        a=conv(6, 2),
        b=conv(2, 6),
        out=conv(6, 1),
    )
    assert sizes(groups) == {INPUT: (3, False), "stem": (6, True), "a": (2, True), "out": (1, False)}
    assert groups["stem"].layers == ("stem", "a", "b", "out")


def test_trap_057_a_tensor_beside_itself_is_one_group_read_twice():
    groups = groups_of(lambda m, x: m.b(torch.cat([y := m.a(x), y], 1)), (3,), a=nn.Linear(3, 2), b=nn.Linear(4, 1))
    assert axis(groups["a"], "b", "in") == [0, 1, 0, 1]


def test_trap_058_different_sources_of_a_concatenation_stay_apart():
    groups = groups_of(
        lambda m, x: m.c(torch.cat([m.a(x), m.b(x)], 1)), (3,), a=nn.Linear(3, 2), b=nn.Linear(3, 3), c=nn.Linear(5, 1)
    )
    assert sizes(groups) == {INPUT: (3, False), "a": (2, True), "b": (3, True), "c": (1, False)}
    assert axis(groups["a"], "c", "in") == [0, 1, -1, -1, -1]
    assert axis(groups["b"], "c", "in") == [-1, -1, 0, 1, 2]


def test_trap_063_a_flattened_channel_is_a_block_of_features():
    groups = groups_of(nn.Sequential(conv(1, 2), nn.Flatten(), nn.Linear(12, 3)), (1, 2, 3))
    assert axis(groups["0"], "2", "in") == [0] * 6 + [1] * 6


def test_depthwise_outputs_belong_to_the_channel_they_read():
    groups = groups_of(nn.Sequential(conv(3, 4), conv(4, 8, groups=4), conv(8, 1)), (3, 5, 5))
    assert sizes(groups) == {INPUT: (3, False), "0": (4, True), "2": (1, False)}
    assert axis(groups["0"], "1", "out") == [0, 0, 1, 1, 2, 2, 3, 3]
    assert axis(groups["0"], "2", "in") == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_depthwise_layer_on_the_input_is_not_removable():
    groups = groups_of(nn.Sequential(conv(3, 3, groups=3), conv(3, 1)), (3, 5, 5))
    assert sizes(groups) == {INPUT: (3, False), "1": (1, False)}


def test_grouped_convolutions_open_new_channels():
    groups = groups_of(nn.Sequential(conv(3, 4), conv(4, 6, groups=2), conv(6, 1)), (3, 5, 5))
    assert sizes(groups) == {INPUT: (3, False), "0": (4, True), "1": (6, True), "2": (1, False)}


def option_a(m, x):
    y = m.stem(x)
    short = F.pad(y[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1))
    return m.out(F.relu(m.b(y) + short))


def test_a_zero_padded_shortcut_ties_the_middle_channels():
    groups = groups_of(option_a, (3, 6, 6), stem=conv(3, 2), b=conv(2, 4, stride=2), out=conv(4, 1))
    assert sizes(groups) == {INPUT: (3, False), "stem": (4, True), "out": (1, False)}
    assert axis(groups["stem"], "stem", "out") == axis(groups["stem"], "b", "in")
    assert set(axis(groups["stem"], "stem", "out")) < set(axis(groups["stem"], "b", "out")) == {0, 1, 2, 3}
    assert axis(groups["stem"], "b", "out")[1:3] == axis(groups["stem"], "stem", "out")


def test_a_depthwise_layer_behind_zero_padded_channels_has_groups():
    groups = groups_of(
        lambda m, x: m.out(m.d(F.pad(m.a(x), (0, 0, 0, 0, 0, 2)))),
        (3, 5, 5),
        a=conv(3, 2),
        d=conv(4, 4, groups=4),
        out=conv(4, 1),
    )
    assert groups["a"].size == 4
    assert axis(groups["a"], "d", "out") == [0, 1, 2, 3]
    assert axis(groups["a"], "a", "out") == [0, 1]


def test_slices_of_channels_keep_their_numbers():
    groups = groups_of(
        lambda m, x: m.b((y := m.a(x))[:, 1:3]) + m.c(y), (3,), a=nn.Linear(3, 4), b=nn.Linear(2, 1), c=nn.Linear(4, 1)
    )
    assert axis(groups["a"], "b", "in") == [1, 2]


def test_the_dense_network_has_a_group_per_writer():
    model = MODELS["dense_tiny"]()
    groups = tp.channel_groups(tp.extract(model, model.example_shape))
    assert [g.name for g in groups if g.removable] == [
        *("stem", "block1.0.conv", "block1.1.conv", "transition", "block2.0.conv", "block2.1.conv"),
    ]
    stem = groups[1]
    assert {"stem", "block1.0.bn", "block1.0.conv", "block1.1.conv", "transition"} <= set(stem.layers)


def test_trap_069_inputs_and_outputs_are_never_removable():
    for name in ("digits_convnet", "mobile_tiny", "grouped_tiny"):
        model = MODELS[name]()
        graph = tp.extract(model, model.example_shape)
        fixed = [group for group in tp.channel_groups(graph) if not group.removable]
        assert INPUT in {group.name for group in fixed}
        assert any((a.layer, a.side) == (graph.output, "out") for group in fixed for a in group.axes)


def test_values_are_not_needed():
    with torch.device("meta"):
        model = MODELS["resnet20_a"]()
    real = MODELS["resnet20_a"]()
    shape = model.example_shape
    assert [(g.name, g.size, g.layers) for g in tp.channel_groups(tp.extract(model, shape))] == [
        (g.name, g.size, g.layers) for g in tp.channel_groups(tp.extract(real, shape))
    ]


def without(graph, chart, removed):
    """The graph without the channels of the atoms `removed`, layer by layer."""

    def kept(name):
        return torch.tensor(np.flatnonzero(~np.isin(chart.atoms[name], removed)))

    layers = tuple(layer.select(kept(layer.name), *map(kept, layer.inputs)) for layer in graph.layers)
    return replace(graph, layers=layers)


def masked(graph, chart, removed, x):
    """The output of `graph` with the channels of the atoms `removed` set to zero wherever they occur."""

    def step(layer, *values):
        y = layer.forward(*values)
        y[:, np.isin(chart.atoms[layer.name], removed)] = 0
        return y

    return walk(graph, x, step)


def splits_a_group(graph, chart, atom):
    """Whether the atom is read or written by a convolution with groups that are not depthwise."""
    grouped = [layer for layer in graph.weight_layers.values() if layer.groups > 1 and not layer.depthwise]
    return any(atom in chart.atoms[name] for layer in grouped for name in (layer.name, *layer.inputs))


@pytest.mark.parametrize("seed", range(12))
def test_removing_an_atom_is_masking_it_everywhere(seed):
    model = RandomNet(seed).double().eval()
    graph = tp.extract(model, model.example_shape)
    chart = channel_map(graph)
    fixed = set(chart.atoms[INPUT]) | set(chart.atoms[graph.output])
    x = normal(2, *model.example_shape)
    removable = sorted(set(range(chart.count)) - fixed)
    small = {atom: without(graph, chart, [atom]) for atom in removable if not splits_a_group(graph, chart, atom)}
    # A network without channels somewhere is not for torch.
    small = {atom: g for atom, g in small.items() if all(0 not in shape for shape in g.shapes.values())}
    assert small or seed == 7  # every channel of that one is an input, an output, or the only one
    for atom, less in small.items():
        torch.testing.assert_close(tp.forward(less, x), masked(graph, chart, [atom], x), rtol=1e-9, atol=1e-9)


def test_the_map_is_kept_as_long_as_the_graph_and_nobody_can_write_to_it():
    graph = tp.extract(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), (3,))
    chart = channel_map(graph)
    assert channel_map(graph) is chart
    for kept in (chart.atoms["0"], group_atoms(graph)[0]["0"]):
        with pytest.raises(ValueError, match="read-only"):
            kept[0] = 0
    left = weakref.ref(chart)
    del chart, kept, graph
    gc.collect()
    assert left() is None


def test_the_numbers_of_a_group_are_atoms_of_its_axes():
    graph = tp.extract(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), (3,))
    atoms, fixed = group_atoms(graph)
    assert fixed == {"<input>", "2"}
    for group in tp.channel_groups(graph):
        for axis in (axis for axis in group.axes if axis.side == "out"):
            assert atoms[group.name][axis.channels].tolist() == channel_map(graph).atoms[axis.layer].tolist()
