"""Adversarial search shared by the tests of propagation: how far two inputs of a map can be driven apart."""

import torch


def worst_ratio(function, shapes, seed=0, starts=4, steps=40, spread=1.0):
    """The largest ``||f(x) - f(y)|| / ||x - y||`` found by ascent over pairs, all inputs taken together."""
    draw = torch.Generator().manual_seed(seed)
    best = 0.0
    for start in range(starts):
        distance = (1e-3, 0.1, 1.0, 10.0)[start % 4]
        xs = [spread * torch.randn(1, *shape, generator=draw, dtype=torch.float64) for shape in shapes]
        ds = [distance * torch.randn(1, *shape, generator=draw, dtype=torch.float64) for shape in shapes]
        leaves = [t.requires_grad_() for t in (*xs, *ds)]
        optimiser = torch.optim.Adam(leaves, lr=0.05)
        for _ in range(steps):
            out = function(*(x + d for x, d in zip(xs, ds, strict=True))) - function(*xs)
            size = sum(d.square().sum() for d in ds).sqrt()
            ratio = out.square().sum().add(1e-300).sqrt() / size
            # What rounding adds to a difference of numbers of this size must not count as a violation.
            length, height = float(size.detach()), float(sum(x.detach().abs().max() for x in xs))
            if length > 1e-6:
                best = max(best, float(ratio.detach()) * (1 - 1e-12) - 1e-13 * (1 + height) / length)
            optimiser.zero_grad()
            (-ratio.log()).backward()
            optimiser.step()
    return best


def top_gain(function, shapes, seed=0, steps=200):
    """The norm of a linear map by power iteration, the transpose by autograd."""
    draw = torch.Generator().manual_seed(seed)
    xs = [torch.randn(1, *shape, generator=draw, dtype=torch.float64) for shape in shapes]
    base = function(*(torch.zeros_like(x) for x in xs)).detach()
    reached = 0.0
    for _ in range(steps):
        size = sum(x.square().sum() for x in xs).sqrt()
        xs = [(x / size).requires_grad_() for x in xs]
        out = function(*xs) - base
        reached = float(out.norm().detach())
        if reached == 0:
            return 0.0
        xs = [g.detach() for g in torch.autograd.grad(out.square().sum() / 2, xs)]
    return reached


def output_from(graph, start, x):
    """The output as a function of the tensor `start`, everything else as the input x makes it; and start's value."""
    with torch.no_grad():
        base = {"<input>": x}
        for layer in graph.layers:
            base[layer.name] = layer.forward(*(base[name] for name in layer.inputs))

    def function(value):
        values = {**base, start: value}
        changed = {start}
        for layer in graph.layers:
            if layer.name != start and not changed.isdisjoint(layer.inputs):
                values[layer.name] = layer.forward(*(values[name] for name in layer.inputs))
                changed.add(layer.name)
        return values[graph.output] + 0 * value.sum()

    return function, base[start]
