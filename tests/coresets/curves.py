"""Random error curves, and costs for them."""

from itertools import pairwise, product

import numpy as np

from theoryprune.coresets import ErrorCurve
from theoryprune.measures import WidthCost


def linear_cost(sizes, savings, quantity="params", constant=0):
    """A cost that is linear in the widths."""
    terms = {(): constant, **{((name, 0),): saving for name, saving in zip(sizes, savings, strict=True)}}
    ones = dict.fromkeys(sizes, 1)
    return WidthCost(quantity, sizes, ones, ones, terms, {name: (range(n + 1),) for name, n in sizes.items()})


def chain_cost(sizes, first=3, last=2, quantity="params"):
    """The parameters of dense layers one after the other, with biases."""
    names = list(sizes)
    terms = {((names[0], 0),): first + 1, (): last}
    for a, b in pairwise(names):
        terms[tuple(sorted(((a, 0), (b, 0))))] = 1
        terms[((b, 0),)] = 1
    terms[((names[-1], 0),)] = terms.get(((names[-1], 0),), 0) + last
    ones = dict.fromkeys(sizes, 1)
    return WidthCost(quantity, sizes, ones, ones, terms, {name: (range(n + 1),) for name, n in sizes.items()})


def random_curve(name, size, seed, convex=True, **options):
    """Falling errors that end at 0: with gains that do not grow, or with any gains."""
    gains = np.random.default_rng(seed).exponential(size=size)
    gains = np.sort(gains)[::-1] if convex else gains
    return ErrorCurve(name, np.append(np.cumsum(gains[::-1])[::-1], 0.0), **options)


def best_errors(curves, cost):
    """(cost, error) of every choice of widths, by brute force."""
    rows = []
    for widths in product(*(curve.sizes for curve in curves)):
        named = dict(zip([curve.name for curve in curves], widths, strict=True))
        rows.append((cost.of(named), sum(curve.error(named[curve.name]) for curve in curves)))
    return np.array(rows)
