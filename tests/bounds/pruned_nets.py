"""Small dense networks of several shapes, pruned group after group, with the rows that `end_to_end` takes."""

from dataclasses import dataclass, replace

import numpy as np
import torch

import theoryprune as tp
from theoryprune.bounds import block_error, certify_layer
from theoryprune.coresets import merge
from theoryprune.layers import Add, Concat, Linear, ReLU


@dataclass
class Group:
    """A hidden layer: its producer, what that reads, and for each reader where its columns begin."""

    producer: str
    start: str
    readers: tuple


class Builder:
    """Records put together by hand, which is quicker than extracting them."""

    def __init__(self, rng, width, bias):
        self.rng, self.bias, self.layers, self.widths = rng, bias, [], {"<input>": width}

    def add(self, layer, width):
        self.layers.append(layer)
        self.widths[layer.name] = width
        return layer.name

    def linear(self, name, source, outputs, redundancy=0.5):
        inputs = self.widths[source]
        rows = self.rng.standard_normal((outputs, inputs))
        for j in range(1, outputs):  # some rows lie near multiples of others, so that merging means something
            if self.rng.random() < redundancy:
                rows[j] = self.rng.uniform(0.5, 2) * rows[self.rng.integers(j)]
                rows[j] += 0.2 * self.rng.standard_normal(inputs)
        bias = torch.from_numpy(0.5 * self.rng.standard_normal(outputs)) if self.bias else None
        weight = torch.from_numpy(rows / np.sqrt(inputs))
        names = {"weight": f"{name}.weight"} | ({"bias": f"{name}.bias"} if self.bias else {})
        return self.add(Linear(name=name, inputs=(source,), names=names, weight=weight, bias=bias), outputs)

    def relu(self, source):
        return self.add(ReLU(name=f"relu_{source}", inputs=(source,)), self.widths[source])

    def graph(self):
        shape = (self.widths["<input>"],)
        order = tuple(layer.weight_name for layer in self.layers if isinstance(layer, Linear))
        return tp.WeightGraph(layers=tuple(self.layers), input_shape=shape, output=self.layers[-1].name, order=order)


def chain(rng, layers, bias):
    """x -> relu(W1 x) -> ... -> W_k."""
    net, here, groups = Builder(rng, int(rng.integers(3, 7)), bias), "<input>", []
    for i in range(layers - 1):
        groups.append(Group(f"l{i}", here, ((f"l{i + 1}", 0),)))
        here = net.relu(net.linear(f"l{i}", here, int(rng.integers(4, 10))))
    net.linear(f"l{layers - 1}", here, int(rng.integers(1, 5)))
    return net.graph(), groups


def residual(rng, layers, bias):
    """x -> relu(x + B relu(A x)), some of them, then a head."""
    net, here, groups = Builder(rng, int(rng.integers(3, 6)), bias), "<input>", []
    for i in range(layers):
        groups.append(Group(f"a{i}", here, ((f"b{i}", 0),)))
        inner = net.relu(net.linear(f"a{i}", here, int(rng.integers(4, 9))))
        branch = net.linear(f"b{i}", inner, net.widths[here])
        here = net.relu(net.add(Add(name=f"add{i}", inputs=(here, branch)), net.widths[here]))
    net.linear("head", here, 3)
    return net.graph(), groups


def dense(rng, layers, bias):
    """Every layer reads the input and all hidden layers before it."""
    net, here, groups = Builder(rng, int(rng.integers(2, 5)), bias), "<input>", []
    names = [f"l{i}" for i in range(layers)] + ["head"]
    for i, name in enumerate(names[:-1]):
        width = net.widths[here]
        groups.append(Group(name, here, tuple((reader, width) for reader in names[i + 1 :])))
        hidden = net.relu(net.linear(name, here, int(rng.integers(3, 8))))
        here = net.add(Concat(name=f"cat{i}", inputs=(here, hidden)), width + net.widths[hidden])
    net.linear("head", here, 3)
    return net.graph(), groups


NETS = {"chain": chain, "residual": residual, "dense": dense}


def without_bias(graph, name, gone):
    """Zero some entries of a bias."""
    layer = graph.by_name[name]
    if layer.bias is None:
        return graph
    changed = replace(layer, bias=layer.bias.index_fill(0, gone, 0))
    return replace(graph, layers=tuple(changed if other is layer else other for other in graph.layers))


def pruned(graph, groups, rng, keep=0.6, perturb=0.0):
    """Prune the groups in order; return the pruned graph of equal shape and its blocks."""
    after, blocks = graph, []
    for group in groups:
        producer = after.by_name[group.producer]
        rows = producer.weight.numpy()
        n = len(rows)
        cuts = group.readers
        old = np.concatenate([graph.by_name[name].weight.numpy()[:, at : at + n] for name, at in cuts])
        bias = None if producer.bias is None else producer.bias.numpy()
        tilted = rows if bias is None else np.concatenate([rows, bias[:, None]], axis=1)
        result = merge(tilted, old, max(1, int(keep * n)))
        new = result.outgoing + perturb * rng.standard_normal(result.outgoing.shape)
        certificate = certify_layer(old, rows, result.kept, new, bias=bias, effort="fast")
        ends = tuple(name for name, _ in cuts)
        blocks.append(block_error(group.producer, certificate, (group.start,), ends))
        gone = torch.from_numpy(result.pruned)
        weights = {producer.weight_name: producer.weight.index_fill(0, gone, 0)}
        place = 0
        for name, at in cuts:
            reader = after.by_name[name]
            matrix = reader.weight.clone()
            matrix[:, at : at + n] = 0
            matrix[:, at + result.kept] = torch.from_numpy(new[place : place + len(matrix)])
            place += len(matrix)
            weights[reader.weight_name] = matrix
        after = without_bias(after.with_weights(weights), group.producer, gone)
    return after, blocks
