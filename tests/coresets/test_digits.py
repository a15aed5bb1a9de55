"""Accuracy on scikit-learn's digits, without data and without fine-tuning: the order of the constructions."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from theoryprune.coresets import CONSTRUCTIONS, SEEDED


def digits():
    data = load_digits()
    return train_test_split(data.data / 16, data.target, test_size=0.4, random_state=0)


def trained(inputs, targets, epochs, weight_decay, seed):
    """Weights of a 64-128-64-10 network, the bias as the last column of each."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=weight_decay)
    x, y = torch.tensor(inputs, dtype=torch.float32), torch.tensor(targets)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    layers = [net[0], net[2], net[4]]
    return [np.column_stack([one.weight.detach(), one.bias.detach()]).astype(float) for one in layers]


def accuracy(weights, inputs, targets):
    hidden = inputs
    for number, matrix in enumerate(weights):
        hidden = np.column_stack([np.maximum(hidden, 0) if number else hidden, np.ones(len(hidden))]) @ matrix.T
    return float(np.mean(hidden.argmax(axis=1) == targets))


def pruned(weights, name, keep, seed=0, **options):
    """Both hidden layers, from input to output; the bias of the next layer stays."""
    weights = [matrix.copy() for matrix in weights]
    options |= {"seed": seed} if name in SEEDED else {}
    for number in (0, 1):
        following = weights[number + 1]
        budget = round(keep * len(weights[number]))
        found = CONSTRUCTIONS[name](weights[number], following[:, :-1], budget, **options)
        weights[number] = weights[number][found.kept]
        weights[number + 1] = np.column_stack([found.outgoing, following[:, -1]])
    return weights


def test_kernel_fit_before_merge_before_norm():
    """A quarter of the units, one seed and a short training."""
    x, x_test, y, y_test = digits()
    weights = trained(x, y, epochs=30, weight_decay=1.0, seed=0)
    assert accuracy(weights, x_test, y_test) >= 0.94
    kernel, merged, norm = (
        accuracy(pruned(weights, name, 0.25), x_test, y_test) for name in ("kernel_fit", "merge", "norm")
    )
    assert kernel >= merged - 0.01
    assert merged - 0.01 >= norm + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("weight_decay", [0.01, 1.0])
def test_the_order_over_five_trainings(weight_decay):
    """At a quarter of the units; kernel_fit keeps .94 where all units have about .965, more than by merge's choice."""
    x, x_test, y, y_test = digits()
    nets = [trained(x, y, epochs=120, weight_decay=weight_decay, seed=seed) for seed in range(5)]

    def mean(name, **options):
        return np.mean([accuracy(pruned(net, name, 0.25, **options), x_test, y_test) for net in nets])

    assert mean("kernel_fit") >= max(0.94, mean("kernel_fit", select="facility"))
    assert mean("kernel_fit") >= mean("merge") - 0.01 >= mean("norm") + 0.1
    assert max(mean(name) for name in ("mussay", "lowner_peel", "lewis", "random")) <= mean("merge") - 0.1
