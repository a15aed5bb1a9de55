import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph, sequential_graph
from tests.small import Written, with_statistics
from theoryprune.coresets import group_coreset, hidden_layer, merge
from theoryprune.coresets.apply import applied
from theoryprune.coresets.certify_group import certify_group
from theoryprune.coresets.conv_reading import conv_geometry, convolution_of, why_no_conv_certificate
from theoryprune.coresets.hidden_groups import hidden_groups


def net(*between, last=None, size=6):
    last = last or nn.Conv2d(6, 3, 2, padding=1)
    return sequential_graph(nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), *between, last, shape=(2, size, size))


def twice(last, *, flat=False, dense=False):
    """Units concatenated with themselves, before or after flattening."""
    first = nn.Linear(3, 6) if dense else nn.Conv2d(2, 6, 3, padding=1)

    def forward(parts, x):
        hidden = torch.relu(parts.first(x))
        hidden = torch.flatten(hidden, 1) if flat else hidden
        both = torch.cat([hidden, hidden], 1)
        return parts.last(torch.flatten(both, 1) if isinstance(last, nn.Linear) else both)

    torch.manual_seed(3)
    for part in (first, last):
        nn.init.normal_(part.weight)
    return tp.extract(Written(forward, first=first, last=last).double(), (3,) if dense else (2, 4, 4))


CASES = {
    "conv": net(nn.ReLU()),
    "leaky, strided": net(nn.LeakyReLU(0.2), last=nn.Conv2d(6, 3, 3, stride=2)),
    "max pool": net(nn.ReLU(), nn.MaxPool2d(2)),
    "two pools": net(nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2)),
    "pool before": net(nn.AvgPool2d(2), nn.ReLU()),
    "max pool before": net(nn.MaxPool2d(2), nn.LeakyReLU(0.1)),
    "no activation": net(),
    "flatten": net(nn.ReLU(), nn.Flatten(), last=nn.Linear(6 * 36, 4)),
    "pool, flatten": net(nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), last=nn.Linear(6 * 9, 4)),
    "mean": net(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), last=nn.Linear(6, 4)),
    "groups": net(nn.ReLU(), last=nn.Conv2d(6, 4, 2, groups=2)),
    "twice": twice(nn.Conv2d(12, 3, 2)),
    "twice, then flat": twice(nn.Linear(192, 3)),
    "flat, then twice": twice(nn.Linear(192, 3), flat=True),
    "shift before borders": net(nn.ReLU(), nn.BatchNorm2d(6)),
    "shift after": net(nn.ReLU(), nn.BatchNorm2d(6), last=nn.Conv2d(6, 3, 2)),
}


def reduced(graph, width=2):
    hidden = hidden_groups(graph)[0]
    coreset = group_coreset(hidden_layer(graph, hidden.group.name), merge, width)
    return hidden, coreset, applied(graph, hidden, coreset)


@pytest.mark.parametrize("case", list(CASES))
def test_no_input_shows_a_larger_error(case):
    """The whole network is the producer, the group and its consumer: random inputs, and ascent from the best."""
    graph = CASES[case]
    hidden, coreset, after = reduced(graph)
    assert why_no_conv_certificate(graph, hidden.readings[0]) == ""
    proof = certify_group(graph, after, hidden, coreset, effort="fast")
    x = torch.randn(200, *graph.input_shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    worst = 0.0
    for size in (1.0, 30.0, 1e4):
        worst = max(worst, float((_error(graph, after, size * x) - proof.constant).div(_norm(size * x)).max()))
    start = x[_error(graph, after, 1e4 * x).div(_norm(x)).argmax()][None].clone() * 1e4
    for _ in range(20):
        start.requires_grad_()
        (gradient,) = torch.autograd.grad(_error(graph, after, start).sum(), start)
        start = (gradient / gradient.norm() * 1e4).detach()
        worst = max(worst, float((_error(graph, after, start) - proof.constant) / _norm(start)))
    assert 0 < worst <= proof.best * (1 + 1e-12)
    if case in ("two pools", "pool before"):  # of which the search knows too little
        assert proof.observed is None
    else:
        assert 0 < proof.observed <= proof.best


def _error(before, after, x):
    one, other = before, after
    return (_run(one, x) - _run(other, x)).flatten(1).norm(dim=1)


def _run(graph, x):
    values = {"<input>": x}
    for layer in graph.layers:
        values[layer.name] = layer.forward(*(values[name] for name in layer.inputs))
    return values[graph.output]


def _norm(x):
    return x.flatten(1).norm(dim=1)


def test_one_certificate_for_each_consumer():
    graph = CASES["conv"]
    hidden, coreset, after = reduced(graph)
    (proof,) = certify_group(graph, after, hidden, coreset, effort="fast").parts
    assert 0 < proof.observed <= proof.best < proof.full.best * 2


def test_what_has_no_certificate_says_why():
    streams = [hidden for hidden in hidden_groups(model_graph("resnet20")) if hidden.stream]
    graph = model_graph("resnet20")
    assert "sum of several" in why_no_conv_certificate(graph, streams[0].readings[0])
    padded = sequential_graph(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.ZeroPad2d(1), nn.Conv2d(4, 2, 3), shape=(2, 6, 6))
    assert "zero_pad" in why_no_conv_certificate(padded, hidden_groups(padded)[0].readings[0])
    dense = sequential_graph(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2), shape=(2,))
    assert "no convolution" in why_no_conv_certificate(dense, hidden_groups(dense)[0].readings[0])


def test_the_geometry_of_a_reading():
    graph = CASES["max pool before"]
    (reading,) = hidden_groups(graph)[0].readings
    found = conv_geometry(graph, reading, reading[0])
    assert found["size"] == (6, 6)
    assert (found["producer"].pads, found["consumer"].pads) == (((1, 1), (1, 1)), ((1, 1), (1, 1)))
    assert (found["pool"].kind, found["pool_gain"]) == ("max_pool", 1.0)
    (reading,) = hidden_groups(CASES["two pools"])[0].readings
    found = conv_geometry(CASES["two pools"], reading, reading[0])
    assert found["pool"] is None
    assert 0.5 < found["pool_gain"] < 0.5 * (1 + 1e-12)  # 1 of the max pool, 1/2 of the mean
    (reading,) = hidden_groups(CASES["flatten"])[0].readings
    assert conv_geometry(CASES["flatten"], reading, reading[0])["consumer"] is None


def test_a_dense_producer_has_no_geometry():
    dense = sequential_graph(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2), shape=(2,))
    with pytest.raises(TypeError, match="'0' is no convolution"):
        convolution_of(dense, hidden_groups(dense)[0].readings[0])


class Summed(nn.Module):
    """Two convolutions of one input and one of another, added before the activation."""

    def __init__(self, kernel=3):
        super().__init__()
        self.first = nn.Conv2d(2, 3, 3, padding=1)
        self.a, self.b = nn.Conv2d(2, 6, 3, padding=1), nn.Conv2d(3, 6, kernel, padding=kernel // 2)
        self.norm, self.head = nn.BatchNorm2d(6), nn.Conv2d(6, 2, 3, padding=1)

    def forward(self, x):
        return self.head(torch.relu(self.norm(self.a(x)) + self.b(torch.relu(self.first(x)))))


@pytest.mark.parametrize("seed", range(5))
def test_a_sum_of_convolutions_is_one_of_the_stacked_inputs(seed):
    torch.manual_seed(seed)
    graph = tp.extract(with_statistics(Summed()).double().eval(), (2, 5, 5))
    hidden = next(hidden for hidden in hidden_groups(graph) if "a" in hidden.producers)
    assert set(hidden.producers) == {"a", "b"}
    result = tp.coresets.reduce(graph, {hidden.group.name: 3}, effort="fast")
    proof = next(row for row in result.layers if row.after < row.before).certificate
    x = torch.randn(200, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    z = torch.cat([x, torch.relu(graph.by_name["first"].forward(x))], 1)
    change = _norm(tp.forward(graph, x) - tp.forward(result.graph, x))
    assert (change <= proof.best * _norm(z) + proof.constant).all()
    assert 0 < proof.observed <= proof.best
    unit = x / _norm(x).reshape(-1, 1, 1, 1)
    assert _norm(tp.forward(graph, unit) - tp.forward(result.graph, unit)).max() <= result.end_to_end.error


def test_sums_of_different_windows_have_no_certificate():
    torch.manual_seed(0)
    graph = tp.extract(Summed(kernel=1).double().eval(), (2, 5, 5))
    hidden = next(hidden for hidden in hidden_groups(graph) if "a" in hidden.producers)
    assert "different windows" in why_no_conv_certificate(graph, hidden.readings[0])
