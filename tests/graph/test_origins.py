import pytest
import torch
from torch import nn

import benchmarks.models as models
import theoryprune as tp
from tests.networks import random_graph, random_mask
from tests.small import Written
from theoryprune.graph.origins import compose, moved, with_origin
from theoryprune.types import Origin


def compacted(graph, seed, density=0.3):
    sparse = tp.apply_mask(graph, random_mask(graph, density, seed))
    try:
        return sparse, tp.compact(sparse)
    except tp.LayerCollapseError:
        pytest.skip("nothing is left of this network")


def assert_the_origin_of(small, large):
    """Every tensor is what its origin says, but for biases that took up constants."""
    before = large.state_dict()
    for name, tensor in small.state_dict().items():
        if name not in small.origin:
            assert name.endswith("bias")
            assert name not in before
        elif not name.endswith("bias"):
            assert torch.equal(small.origin[name].take(before[name]), tensor)
        else:
            assert small.origin[name].take(before[name]).shape == tensor.shape
    assert set(small.origin) <= set(small.state_dict())


@pytest.mark.parametrize("seed", range(30))
def test_random_networks(seed):
    sparse, small = compacted(random_graph(seed, biases=seed % 2 == 0), seed)
    assert_the_origin_of(small, sparse)


@pytest.mark.parametrize(
    "name", ["resnet20", "resnet20_a", "mobile_tiny", "dense_tiny", "grouped_tiny", "lenet5_caffe"]
)
def test_origins_compose_over_repeated_compaction(name):
    torch.manual_seed(0)
    model = models.MODELS[name]()
    graph = tp.extract(model, model.example_shape)
    masked, once = compacted(graph, 0, 0.5)
    assert_the_origin_of(once, masked)
    _, twice = compacted(once, 1, 0.2)
    whole = graph.state_dict()
    for name_, tensor in twice.weights.items():
        assert torch.equal(torch.where(tensor != 0, twice.origin[name_].take(whole[name_]), 0), tensor)
    assert tp.compact(twice).origin == twice.origin


def test_a_graph_as_extracted_has_none_and_a_compacted_one_of_all_tensors():
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)), (2,))
    assert graph.origin is None
    assert tp.compact(graph).origin == {
        "0.weight": Origin((3, 2), (0, 1, 2), ((0, 1),)),
        "0.bias": Origin((3,), (0, 1, 2)),
        "2.weight": Origin((1, 3), (0,), ((0, 1, 2),)),
        "2.bias": Origin((1,), ()),
    }


def test_a_bias_that_compaction_made_has_none_ever_after():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
    with torch.no_grad():
        net[0].weight[0], net[0].bias[0] = 0, 1  # a constant unit
    once = tp.compact(tp.extract(net, (2,)))
    assert "2.bias" in once.state_dict()
    assert "2.bias" not in once.origin
    assert "2.bias" not in tp.compact(tp.apply_mask(once, tp.Mask({"0.weight": torch.eye(2, dtype=torch.bool)}))).origin


def test_constants_per_channel_and_for_all():
    net = Written(
        lambda m, x: m.head((m.a(x) * m.scale).relu() * m.one),
        a=nn.Linear(2, 3), head=nn.Linear(3, 1), scale=torch.tensor([1.0, 0.0, 2.0]), one=torch.tensor(3.0),
    )  # fmt: skip
    small = tp.compact(tp.extract(net, (2,)))
    assert small.origin["scale"] == Origin((3,), (0, 2))
    assert small.origin["one"] == Origin(())


def test_the_step_of_one_record():
    conv = tp.extract(nn.Conv2d(4, 6, 1, groups=2), (4, 3, 3)).layers[0]
    found = moved(conv, torch.tensor([0, 5]), (torch.tensor([1, 2]),))
    assert found == {"weight": Origin((6, 2, 1, 1), (0, 5), ((1,), (0,))), "bias": Origin((6,), (0, 5))}
    assert compose({"bias": Origin((9,), (1, 2, 3, 4, 5, 8))}, found) == {"bias": Origin((9,), (1, 8))}
    with_one = with_origin(tp.extract(nn.Linear(2, 2), (2,)))
    assert with_origin(with_one) is with_one
