"""The published divide and conquer for Carathéodory's theorem, written plainly: the peer of the benchmark.

Our own words for algorithms 1 and 2 of Maalouf, Jubran and Feldman (NeurIPS 2019, "Fast and accurate least-mean-squares
solvers") with the costs of the released form: 2 d + 2 clusters at each level, padded to one size and averaged by one
einsum; one full singular value decomposition for each mean that is removed; the clusters kept are copied by index.
"""

import numpy as np


def published_caratheodory(points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reduce points of positive weight to at most d + 1.

    Parameters
    ----------
    points : ndarray, shape (n, d)
    weights : ndarray, shape (n,)

    Returns
    -------
    indices, weights : ndarray
    """
    d = points.shape[1]
    total = weights.sum()
    indices, left, weights = np.arange(len(points)), points, weights / total
    while len(left) > d + 1:
        size = -(-len(left) // (2 * d + 2))
        left, weights, indices = _padded(left, weights, indices, size)
        groups, shares = left.reshape(-1, size, d), weights.reshape(-1, size)
        masses = shares.sum(axis=1)
        means = np.einsum("ijk,ij->ik", groups, shares) / masses[:, None]
        found = one_by_one(means, masses)
        kept = np.flatnonzero(found)
        left = groups[kept].reshape(-1, d)
        weights = (shares[kept] * (found[kept] / masses[kept])[:, None]).reshape(-1)
        indices = indices.reshape(-1, size)[kept].reshape(-1)
        some = weights > 0
        left, weights, indices = left[some], weights[some], indices[some]
    return indices, weights * total


def one_by_one(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Set all but d + 1 of the weights to 0, one for each singular value decomposition."""
    weights = weights.copy()
    while np.count_nonzero(weights) > points.shape[1] + 1:
        some = np.flatnonzero(weights)
        differences = (points[some[1:]] - points[some[0]]).T
        v = np.linalg.svd(differences, full_matrices=True)[2][-1]
        v = np.concatenate([[-v.sum()], v])
        positive = v > 0
        step = (weights[some][positive] / v[positive]).min()
        moved = weights[some] - step * v
        moved[moved.argmin()] = 0
        weights[some] = moved
    return weights


def _padded(points, weights, indices, size):
    """Append points of weight 0 until the number is a multiple of `size`."""
    missing = -len(points) % size
    if not missing:
        return points, weights, indices
    return (
        np.concatenate([points, np.zeros((missing, points.shape[1]))]),
        np.concatenate([weights, np.zeros(missing)]),
        np.concatenate([indices, np.zeros(missing, dtype=indices.dtype)]),
    )
