import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import inputs_of, model_graph
from tests.coresets.residual_nets import residual_net
from tests.small import with_statistics
from theoryprune.bounds import end_to_end
from theoryprune.coresets import is_reduction, kernel_fit, merge, norm, reduce
from theoryprune.coresets.certify_stream import certify_stream
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.errors import UnsupportedLayerError
from theoryprune.graph.evaluate import walk


class Residual(nn.Module):
    """Two blocks with batch norms; the second one has a projection."""

    def __init__(self):
        super().__init__()
        self.stem, self.first = nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.a, self.na = nn.Conv2d(6, 5, 3, padding=1), nn.BatchNorm2d(5)
        self.b, self.nb = nn.Conv2d(5, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.c, self.nc = nn.Conv2d(6, 5, 3, 2, 1), nn.BatchNorm2d(5)
        self.d, self.nd = nn.Conv2d(5, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.e, self.ne = nn.Conv2d(6, 8, 1, 2), nn.BatchNorm2d(8)
        self.f, self.g = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = torch.relu(self.first(self.stem(x)))
        x = torch.relu(x + self.nb(self.b(torch.relu(self.na(self.a(x))))))
        x = torch.relu(self.ne(self.e(x)) + self.nd(self.d(torch.relu(self.nc(self.c(x))))))
        x = torch.relu(x + self.g(torch.relu(self.f(x))))
        return self.head(x.mean((2, 3)))


def residual(seed=0, dtype=torch.float64):
    torch.manual_seed(seed)
    net = with_statistics(Residual())
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight), nn.init.normal_(module.bias)
    return tp.extract(net.to(dtype).eval(), (2, 6, 6))


def streams_of(graph):
    return [hidden for hidden in hidden_groups(graph) if hidden.stream]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("method", [merge, kernel_fit, norm])
@pytest.mark.parametrize("seed", range(3))
def test_no_input_changes_the_output_more(seed, method, dtype):
    """Both streams merged one after the other, all other groups whole; searched for, and at random inputs."""
    graph = residual(seed, dtype)
    widths = {hidden.group.name: hidden.units // 2 for hidden in streams_of(graph)}
    assert list(widths) == ["stem", "d"] or list(widths) == ["stem", "e"]
    result = reduce(graph, widths, method, streams=True, end_to_end=True, radius=2.0, effort="fast")
    bound, x = result.end_to_end, inputs_of(graph, 200).double()
    x = 2 * x / x.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)
    exact = [one if dtype == torch.float64 else wide(one) for one in (graph, result.graph)]
    change = (tp.forward(exact[0], x) - tp.forward(exact[1], x)).norm(dim=1).max()
    assert 0 < float(change) <= bound.error < math.inf
    assert 0 < bound.observed <= bound.error


def wide(graph):
    layers = [layer.with_tensors({key: tensor.double() for key, tensor in layer.tensors()}) for layer in graph.layers]
    return replace(graph, layers=tuple(layers))


@pytest.mark.parametrize("method", [merge, kernel_fit])
def test_each_row_bounds_what_its_layer_does(method):
    graph = residual()
    (hidden, _) = streams_of(graph)
    result = reduce(graph, {"stem": 3}, method, streams=True)
    coreset = result.coresets["stem"]
    rows = certify_stream(graph, result.graph, hidden, coreset)
    assert rows == next(row for row in result.layers if row.group == "stem").certificate.stream
    assert [row.ends for row in rows[:2]] == [("first",), ("nb",)]
    assert {row.name for row in rows[2:]} == {"a", "c", "e"}
    folds, rng = coreset.readings[0].merging, torch.Generator().manual_seed(0)
    rounding = 1e-12
    for row in rows[:2]:
        x = torch.randn(50, *graph.shapes[row.starts[0]], generator=rng, dtype=torch.float64)
        out = graph.by_name[row.ends[0]].forward(graph.by_name[row.name].forward(x))
        target, factors = np.maximum(folds.assignment, 0), torch.from_numpy(folds.multipliers)
        change = (out - factors[:, None, None] * out[:, target]).flatten(1).norm(dim=1)
        assert (change <= row.gain * x.flatten(1).norm(dim=1) + row.constant + rounding).all()
    for row in rows[2:]:
        z = torch.randn(50, *graph.shapes[row.starts[0]], generator=rng, dtype=torch.float64)
        z[:, np.setdiff1d(np.arange(6), coreset.kept)] = 0
        spread = z[:, np.maximum(folds.assignment, 0)] * torch.from_numpy(folds.multipliers)[:, None, None]
        old, new = graph.by_name[row.name], result.graph.by_name[row.name]
        change = (old.forward(spread) - new.forward(z)).flatten(1).norm(dim=1)
        assert (change <= row.gain * z.flatten(1).norm(dim=1) + row.constant + rounding).all()
        assert row.gain < 1e-11 if method is merge else row.gain > 1e-3
        assert row.constant == 0 if method is merge else row.constant > 0  # kernel_fit puts means into biases
    assert end_to_end(graph, result.graph, rows, radius=1.0).error > 0


def tensors(graph, x):
    found = {"<input>": x}
    walk(graph, x, lambda layer, *values: found.setdefault(layer.name, layer.forward(*values)))
    return found


def replaced(graph, x, ends, merging):
    """The output if in each of these tensors a pruned channel is a multiple of the one that stands for it."""
    source, factors = np.maximum(merging.assignment, 0), torch.from_numpy(merging.multipliers)

    def step(layer, *values):
        out = layer.forward(*values)
        if layer.name in ends:
            out = factors.reshape(-1, *[1] * (out.ndim - 2)) * out[:, source]
        return out

    return walk(graph, x, step)


@pytest.mark.parametrize("extra", ["plain", "scaled", "shifted"])
def test_a_merged_stream_is_the_full_network_with_replaced_rows(extra):
    """What the rows rest on: they end where the channels join the stream, behind norms, scales and shifts."""
    met = 0
    for seed in range(6):
        graph = residual_net(seed, extra)
        for hidden in streams_of(graph):
            result = reduce(graph, {hidden.group.name: hidden.units // 2}, streams=True, certify=False)
            coreset = result.coresets[hidden.group.name]
            rows = certify_stream(graph, result.graph, hidden, coreset, effort="fast")
            ends = [row.ends[0] for row in rows[: len(hidden.producers)]]
            x, merging = inputs_of(graph, 5), coreset.readings[0].merging
            torch.testing.assert_close(
                replaced(graph, x, ends, merging), tp.forward(result.graph, x), rtol=0, atol=1e-9
            )
            met += 1
            before = tensors(graph, x)
            source, factors = np.maximum(merging.assignment, 0), torch.from_numpy(merging.multipliers)
            for row, end in zip(rows, ends, strict=False):
                out, start = before[end], before[row.starts[0]]
                change = out - factors.reshape(-1, *[1] * (out.ndim - 2)) * out[:, source]
                size = start.flatten(1).norm(dim=1)
                assert (change.flatten(1).norm(dim=1) <= row.gain * size + row.constant + 1e-12).all()
    assert met == 4


def test_norms_of_sums_are_refused_by_name():
    net = Residual()
    net.sum = nn.BatchNorm2d(8)
    net.forward = lambda x: normed_sum(net, x)
    graph = tp.extract(with_statistics(net).double().eval(), (2, 6, 6))
    (hidden,) = streams_of(graph)
    result = reduce(graph, {hidden.group.name: 4}, streams=True, end_to_end=True, effort="fast")
    assert "'sum' scales or shifts what" in result.unbounded
    assert result.end_to_end is None


def normed_sum(m, x):
    x = torch.relu(m.first(m.stem(x)))
    x = torch.relu(m.sum(m.ne(m.e(x)) + m.nd(m.d(torch.relu(m.nc(m.c(x)))))))
    x = torch.relu(x + m.g(torch.relu(m.f(x))))
    return m.head(x.mean((2, 3)))


def test_another_bias_of_a_reader_is_its_constant():
    graph = residual()
    hidden = streams_of(graph)[0]
    result = reduce(graph, {"stem": 3}, streams=True, certify=False)
    reader = result.graph.by_name["a"]
    moved = replace(reader, bias=reader.bias + 0.5)
    layers = tuple(moved if layer.name == "a" else layer for layer in result.graph.layers)
    coreset = result.coresets["stem"]
    for after, constant in ((result.graph, 0.0), (replace(result.graph, layers=layers), 0.5 * math.sqrt(5 * 36))):
        (row,) = (row for row in certify_stream(graph, after, hidden, coreset)[2:] if row.name == "a")
        assert row.constant == pytest.approx(constant, rel=1e-12)


def test_with_groups_inside_blocks_the_output_has_a_bound():
    graph = residual()
    result = reduce(graph, 0.5, streams=True, end_to_end=True, effort="fast")
    assert result.end_to_end.observed <= result.end_to_end.error
    assert result.unbounded == ""
    proof = next(row for row in result.layers if row.group == "stem").certificate
    assert proof.stream
    assert proof.best is None
    assert "bounds at each of its 2 producers" in proof.note


def test_streams_without_rows_say_why():
    graph = model_graph("resnet20_a")
    (hidden,) = streams_of(graph)
    result = reduce(graph, {hidden.group.name: hidden.units // 2}, streams=True, effort="fast")
    proof = next(row for row in result.layers if row.group == hidden.group.name).certificate
    assert not proof.stream
    assert "another order" in proof.note
    with pytest.raises(UnsupportedLayerError, match="another order"):
        certify_stream(graph, result.graph, hidden, result.coresets[hidden.group.name])


@pytest.mark.parametrize("effort", ["fast", "default"])
def test_checkers_accept_rows_of_streams_and_reject_smaller_ones(effort):
    graph = residual()
    result = reduce(graph, {"stem": 3}, kernel_fit, streams=True, end_to_end=True, effort=effort)
    assert is_reduction(result)
    place = next(i for i, row in enumerate(result.layers) if row.group == "stem")
    for number, row in enumerate(result.layers[place].certificate.stream):
        smaller = replace(row, gain=row.gain * 0.9)
        stream = list(result.layers[place].certificate.stream)
        stream[number] = smaller
        rows = list(result.layers)
        rows[place] = replace(rows[place], certificate=replace(rows[place].certificate, stream=tuple(stream)))
        assert not is_reduction(replace(result, plan=replace(result.plan, layers=tuple(rows)), end_to_end=None))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("method", [merge, kernel_fit, norm])
def test_no_input_shows_more_where_means_went_into_biases(method, dtype):
    """Readers of the streams have other biases: their rows count it, and so does the bound of the output."""
    graph = residual(1, dtype)
    widths = {hidden.group.name: hidden.units // 2 for hidden in streams_of(graph)[:1]}
    options = {"streams": True, "end_to_end": True, "effort": "fast"}
    result = reduce(graph, widths, method, bias_correction=True, radius=0.5, **options)
    found = is_reduction(result)
    assert found, found.reason
    row = next(row for row in result.layers if row.group in widths)
    assert row.mean.startswith("mean in the bias")
    moved = [c.layer for h in streams_of(graph)[:1] for c in h.consumers if c.units.told is not None]
    constants = {block.name: block.constant for block in row.certificate.stream[-len(streams_of(graph)[0].consumers) :]}
    assert all(constants[name] > 0 for name in moved)
    x = inputs_of(graph, 200).double()
    x = 0.5 * x / x.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1) * torch.linspace(0, 1, 200).reshape(-1, 1, 1, 1)
    exact = [one if dtype == torch.float64 else wide(one) for one in (graph, result.graph)]
    assert float((tp.forward(exact[0], x) - tp.forward(exact[1], x)).norm(dim=1).max()) <= result.end_to_end.error
    low = replace(row.certificate.stream[-1], constant=0.0)
    tampered = replace(row.certificate, stream=(*row.certificate.stream[:-1], low))
    rows = tuple(replace(one, certificate=tampered) if one is row else one for one in result.layers)
    if row.certificate.stream[-1].constant:
        assert not is_reduction(replace(result, plan=replace(result.plan, layers=rows), end_to_end=None))
