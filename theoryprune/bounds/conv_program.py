"""One linear matrix inequality for each frequency, in the same ``(g, T)``: barrier, gradient and Hessian are sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError

from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.symbols import Symbols


def adjoint(matrices: Symbols) -> Symbols:
    """Return the conjugate transpose of each matrix."""
    return np.asarray(matrices.conj().transpose(0, 2, 1))


@dataclass(frozen=True, eq=False)
class SymbolProgram:
    """``F(g, T) = [[g I + C^* l T C, -C^* H T], [-H T C, T - G]]`` at many frequencies, as a `Program`.

    Parameters
    ----------
    gram : ndarray, shape (frequencies, k, k)
        G = A^* A.
    right : ndarray, shape (frequencies, k, r)
        C.
    slopes : ndarray, shape (k,)
        l, with ``H = (1 + l) / 2``.

    Notes
    -----
    As in `best_sector`, ``T_j`` stands before ``(a_j b_j^* + b_j a_j^*) / 2``, so the Hessian of the barrier is the
    real part of ``(a a * conj(b b) + a b * (a b)^T) / 2``, summed over frequencies.
    """

    gram: Symbols
    right: Symbols
    slopes: Floats

    def matrix(self, point: Floats) -> Symbols:
        """F at (g, T), one for each frequency."""
        count, k, r = self.right.shape
        weighted = point[1:, None] * self.right
        result = np.empty((count, r + k, r + k), dtype=np.complex128)
        result[:, :r, :r] = adjoint(self.right) @ (self.slopes[:, None] * weighted)
        result[:, np.arange(r), np.arange(r)] += point[0]
        result[:, r:, :r] = -((1 + self.slopes) / 2)[:, None] * weighted
        result[:, :r, r:] = adjoint(result[:, r:, :r])
        result[:, r:, r:] = -self.gram
        result[:, np.arange(r, r + k), np.arange(r, r + k)] += point[1:]
        return result

    def inverse(self, point: Floats) -> Symbols | None:
        """F^-1, None outside the cone."""
        matrix = self.matrix(point)
        try:
            np.linalg.cholesky(matrix)
            return np.asarray(np.linalg.inv(matrix))
        except LinAlgError:
            return None

    def barrier(self, point: Floats, t: float) -> float:
        """The barrier ``t g - sum log det F``, infinity outside the cone."""
        try:
            factors = np.linalg.cholesky(self.matrix(point))
        except LinAlgError:
            return float("inf")
        return t * float(point[0]) - 2 * float(np.log(np.einsum("fii->fi", factors).real).sum())

    def derivatives(self, inverse: Symbols, t: float) -> tuple[Floats, Floats]:
        """Gradient and Hessian of the barrier in (g, T)."""
        right, low = self.right, self.slopes[:, None]
        k, r = right.shape[1:]
        corner, side, units = inverse[:, :r, :r], inverse[:, :r, r:], inverse[:, r:, r:]
        inner, cross = right @ corner @ adjoint(right), right @ side
        scaled = low * inner
        first = scaled * self.slopes - low * cross - adjoint(low * cross) + units
        second = inner - cross - adjoint(cross) + units
        mixed = scaled - low * cross - adjoint(cross) + units
        gradient = np.empty(k + 1)
        gradient[0] = t - np.einsum("fii->", corner).real
        gradient[1:] = -np.einsum("fii->i", mixed).real
        hessian = np.empty((k + 1, k + 1))
        hessian[1:, 1:] = ((first * second.conj()).real + (mixed * mixed.transpose(0, 2, 1)).real).sum(axis=0) / 2
        hessian[0, 0] = np.sum(np.abs(corner) ** 2)
        reach = corner @ adjoint(right)
        hessian[0, 1:] = np.einsum("fij,fij->j", side - reach * self.slopes, (side - reach).conj()).real
        hessian[1:, 0] = hessian[0, 1:]
        return gradient, hessian
