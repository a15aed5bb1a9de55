"""Search for an input on which the pruned layer is most wrong, and what is proved of the error there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theoryprune.bounds.layer import Layer
from theoryprune.bounds.rounding import Floats, exponents, gamma, norm_down, norm_up, scale_down, shared_exponent


def search(
    layer: Layer, seed: int, *, nonnegative: bool = False, radius: float | None = None, effort: float = 1
) -> Floats:
    """Return the input with the largest error found.

    Parameters
    ----------
    layer : Layer
    seed : int
    nonnegative : bool
        Whether only x >= 0 counts.
    radius : float, optional
        With biases: look for the largest ``||err(x)||`` in this ball, not for the largest gain.
    effort : float
        Factor for starts and steps.

    Returns
    -------
    ndarray, shape (d,)
        x, without the bias coordinate.

    Notes
    -----
    The error is piecewise linear, so the gradient at x is that of ``||M x||`` with the M of x's cell; a step of the
    power method on ``M^T M`` goes to its direction, in the second half only part of the way. With biases the last
    coordinate of ``(x, tau)`` moves too and stays positive. Heuristic: the supremum may be larger. Cost O(n d + n p)
    for each of ``32 * effort`` starts and ``120 * effort`` steps.
    """
    layer = scaled(layer)[0]
    rng, d = np.random.default_rng(seed), layer.rows.shape[1]
    starts, steps = round(32 * effort), round(120 * effort)
    points = rng.standard_normal((d, starts))
    domain = np.array([] if radius is None or layer.tau is None else [radius, layer.tau])
    unit = int(exponents(domain))  # the error is homogeneous in (x, tau)
    ball = np.ldexp(domain, -unit)
    points = _projected(points, layer, nonnegative, ball)
    best, record = points[:, 0], -1.0
    for step in range(steps):
        errors, gradients = _errors(layer, points)
        sizes = np.sqrt(np.einsum("ij,ij->j", errors, errors))
        if not len(ball):
            sizes = sizes / np.sqrt(np.einsum("ij,ij->j", points, points))
        place = int(sizes.argmax())
        if sizes[place] > record:
            best, record = points[:, place].copy(), float(sizes[place])
        moved = _projected(gradients, layer, nonnegative, ball)
        if 2 * step >= steps:
            moved = _projected(0.8 * points + 0.2 * moved, layer, nonnegative, ball)
        points = moved
    if layer.tau is None:
        return best
    return np.ldexp(best[:-1], unit) if len(ball) else layer.tau * (best[:-1] / best[-1])


def observed_error(layer: Layer, point: Floats) -> float:
    """Return a proved lower bound of ``||err(x)||``; 0 where rounding hides it. Cost O(n (d + p))."""
    lifted, unit = _lifted(layer, point)
    size, exponent = _least_error(layer, lifted)
    return scale_down(size, exponent + unit)


def observed_gain(layer: Layer, point: Floats) -> float:
    """Return a proved lower bound of ``||err(x)|| / ||x~||``, 0 at the origin."""
    lifted, _ = _lifted(layer, point)
    length = norm_up(lifted)
    if length == 0:
        return 0.0
    size, exponent = _least_error(layer, lifted)
    return scale_down(max(0.0, float(np.nextafter(size / length, -np.inf))), exponent)


def scaled(layer: Layer) -> tuple[Layer, int]:
    """Return the layer with weights scaled by powers of two to at most 1, and the exponent of the error's scale."""
    outer = shared_exponent(layer.outgoing, layer.new_outgoing)
    inner = shared_exponent(layer.rows, layer.new_rows)
    if layer.tau is not None and layer.shift.any():
        inner = max(inner, shared_exponent(layer.shift) - outer - int(np.log2(layer.tau)))
    small = replace(
        layer,
        outgoing=np.ldexp(layer.outgoing, -outer),
        new_outgoing=np.ldexp(layer.new_outgoing, -outer),
        rows=np.ldexp(layer.rows, -inner),
        new_rows=np.ldexp(layer.new_rows, -inner),
        shift=np.ldexp(layer.shift, -outer - inner),
    )
    return small, outer + inner


def _lifted(layer: Layer, point: Floats) -> tuple[Floats, int]:
    """The input with its bias coordinate, of size 1, and the exponent taken out."""
    lifted = point if layer.tau is None else np.append(point, layer.tau)
    unit = int(exponents(lifted))
    return np.ldexp(lifted, -unit), unit


def _least_error(layer: Layer, lifted: Floats) -> tuple[float, int]:
    """A proved lower bound of the error at an input of size 1, without an exponent."""
    small, exponent = scaled(layer)
    errors, _ = _errors(small, lifted[:, None])
    share = 0.0 if small.tau is None else lifted[-1] / small.tau
    first = np.abs(small.outgoing) @ (np.abs(small.rows) @ np.abs(lifted))
    second = np.abs(small.new_outgoing) @ (np.abs(small.new_rows) @ np.abs(lifted))
    count = 2 * sum(small.rows.shape) + 2 * len(first) + 16
    # The last term is for what is lost below the range of float64, of which a small tau makes more of the shift.
    slack = 2 * gamma(count) * norm_up(first + second + np.abs(small.shift) * share) + 2.0**-1000 * max(1.0, share)
    return max(0.0, float(np.nextafter(norm_down(errors[:, 0]) - slack, -np.inf))), exponent


def _errors(layer: Layer, points: Floats) -> tuple[Floats, Floats]:
    """The error at each column, and the gradient of half its square."""
    slopes, kept = layer.slopes[:, None], layer.slopes[layer.kept][:, None]
    before, after = layer.rows @ points, layer.new_rows @ points
    first, second = np.where(before > 0, 1.0, slopes), np.where(after > 0, 1.0, kept)
    errors = layer.outgoing @ (first * before) - layer.new_outgoing @ (second * after)
    if layer.tau is not None:
        errors = errors + layer.shift[:, None] * (points[-1] / layer.tau)
    gradients = layer.rows.T @ (first * (layer.outgoing.T @ errors))
    gradients = gradients - layer.new_rows.T @ (second * (layer.new_outgoing.T @ errors))
    if layer.tau is not None:
        gradients[-1] += (layer.shift @ errors) / layer.tau
    return errors, gradients


def _projected(points: Floats, layer: Layer, nonnegative: bool, ball: Floats) -> Floats:
    """Columns of norm 1 in the domain, or beside the last coordinate of a ball on its sphere."""
    points = np.maximum(points, 0.0) if nonnegative else points.copy()
    largest = np.abs(points).max(axis=0)
    points[:, largest == 0] = 1.0
    points /= np.where(largest > 0, largest, 1.0)
    if len(ball):
        inputs = points[:-1]
        inputs *= ball[0] / np.maximum(np.sqrt(np.einsum("ij,ij->j", inputs, inputs)), 1e-30)
        points[-1] = ball[1]
        return points
    points /= np.sqrt(np.einsum("ij,ij->j", points, points))
    if layer.tau is not None:
        points[-1] = np.maximum(points[-1], 1e-9)
    return points
