"""Point sets that the tests share: two kinds that differ in everything, awkward ones, and a strategy of both."""

import numpy as np
from hypothesis import strategies as st


def gaussian(n, d, seed=0):
    """Independent standard normal coordinates: many points on the ellipsoid."""
    return np.random.default_rng(seed).standard_normal((n, d))


def heavy(n, d, seed=0, width=4.0, spread=0.5):
    """Anisotropic, rotated, rows of very different lengths: few points on the ellipsoid."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((n, d)) * np.exp(-np.linspace(0, width, d))
    points *= np.exp(spread * rng.standard_normal((n, 1)))
    return points @ np.linalg.qr(rng.standard_normal((d, d)))[0]


def anisotropic(n, d, decades, seed=0):
    """Rotated points whose singular values span so many decades."""
    rng = np.random.default_rng(seed)
    scales = 10.0 ** (-decades * np.linspace(0, 1, d))
    return rng.standard_normal((n, d)) * scales @ np.linalg.qr(rng.standard_normal((d, d)))[0]


AWKWARD = {
    "one point": np.array([[3.0, -4.0]]),
    "one dimension": np.array([[1.0], [-3.0], [2.0]]),
    "fewer points than dimensions": gaussian(3, 7),
    "as many points as dimensions": gaussian(5, 5),
    "one point more": gaussian(6, 5),
    "on a line": np.outer(np.arange(-3.0, 6.0), [1.0, 2.0, -1.0]),
    "on a line beside the origin": np.array([5.0, 0.0, 1.0]) + np.outer(np.arange(-3.0, 6.0), [1.0, 2.0, -1.0]),
    "in a plane": gaussian(40, 2) @ gaussian(2, 6, seed=1),
    "duplicates": np.repeat(gaussian(9, 3), 4, axis=0),
    "all equal": np.full((5, 3), 0.1),
    "opposite pairs": np.concatenate([gaussian(9, 3), -gaussian(9, 3)]),
    "zero rows": np.concatenate([gaussian(9, 3), np.zeros((4, 3))]),
    "tiny": 1e-150 * gaussian(30, 4),
    "huge": 1e150 * gaussian(30, 4),
    "anisotropy of 1e8": anisotropic(60, 4, 8.0),
    "row lengths over 300 decades": gaussian(301, 2) * 10.0 ** np.linspace(-150, 150, 301)[:, None],
    "integers": np.arange(24).reshape(8, 3) % 7,
    "single precision": gaussian(30, 4).astype(np.float32),
}
"""Point sets on which a construction may stumble; each is finite and has at least one point."""


@st.composite
def point_sets(draw, most_points=40, most_dimensions=6):
    """Random points, with duplicates, zero rows, low rank, anisotropy and any magnitude mixed in."""
    n, d = draw(st.integers(1, most_points)), draw(st.integers(1, most_dimensions))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["gaussian", "integer", "low rank", "duplicates", "long rows", "anisotropic"]))
    if kind == "integer":
        points = rng.integers(-2, 3, (n, d)).astype(float)
    elif kind == "low rank":
        points = rng.standard_normal((n, (d + 1) // 2)) @ rng.standard_normal(((d + 1) // 2, d))
    elif kind == "anisotropic":
        points = anisotropic(n, d, draw(st.floats(0, 8)), seed=rng)
    else:
        points = rng.standard_normal((n, d))
    if kind == "duplicates":
        points = points[rng.integers(0, n, n)]
    if kind == "long rows":
        points = points * np.exp(3 * rng.standard_normal((n, 1)))
    if draw(st.booleans()):
        points[rng.random(n) < 0.3] = 0
    return points * 10.0 ** draw(st.sampled_from([0, 0, -150, 150]))
