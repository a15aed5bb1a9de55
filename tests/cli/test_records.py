"""Records survive the way through a file, bit for bit."""

import json
from dataclasses import dataclass, fields, is_dataclass

import numpy as np
import pytest
import torch

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.cli.records import decode, encode
from theoryprune.coresets import CONSTRUCTIONS, Budget, reduce


def same(one, other):
    """Whether two values are equal down to the last bit; only how long something took does not count."""
    if is_dataclass(one):
        names = [spec.name for spec in fields(one) if spec.name != "seconds"]
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "items"):
        return list(one) == list(other) and all(same(value, other[key]) for key, value in one.items())
    return type(one) is type(other) and one == other


def through_a_file(value):
    tensors = {}
    text = json.dumps(encode(value, tensors), allow_nan=False)
    return decode(json.loads(text), {key: tensor.clone() for key, tensor in tensors.items()})


@pytest.mark.parametrize("method", CONSTRUCTIONS)
def test_reductions_of_every_construction(method):
    result = reduce(model_graph("digits_mlp"), Budget(params=0.5), CONSTRUCTIONS[method], effort="fast")
    assert same(result.plan, through_a_file(result.plan))
    assert same(dict(result.coresets), through_a_file(result.coresets))


def test_plans_with_convolutions():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(2, 6, 3), torch.nn.ReLU(), torch.nn.Conv2d(6, 4, 3))
    result = reduce(tp.extract(net, (2, 7, 7)), Budget(channels=0.5))
    assert same(result.plan, through_a_file(result.plan))
    assert result.plan.explain() == through_a_file(result.plan).explain()


@pytest.mark.parametrize("value", [float("inf"), -0.0, 5e-324, 0.1, 3, True, None, "text", (1, (2.0,)), ()])
def test_single_values(value):
    assert repr(through_a_file(value)) == repr(value)


@pytest.mark.parametrize("array", [np.zeros(0), np.arange(6).reshape(2, 3), np.array([True]), np.array([np.inf, -0.0])])
def test_arrays(array):
    assert same(array, through_a_file(array))


@dataclass
class Foreign:
    x: int = 1


@pytest.mark.parametrize("value", [Foreign(), object(), [1]])
def test_what_is_no_record_is_refused(value):
    with pytest.raises(TypeError, match="cannot be written to a run folder"):
        encode(value, {})


@pytest.mark.parametrize("data", [{"record": "os.system", "fields": {}}, {"other": 1}])
def test_what_was_not_written_here_is_refused(data):
    with pytest.raises(KeyError):
        decode(data, {})
