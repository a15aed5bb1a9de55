"""What pruning one group of channels changes for those who read it, as one row for the whole network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from theoryprune.bounds.conv_certificate import ConvCertificate
from theoryprune.bounds.joined import times_up
from theoryprune.bounds.layer_certificate import LayerCertificate
from theoryprune.bounds.rounding import up


@dataclass(frozen=True)
class BlockError:
    """``||(e_1, ..., e_t)|| <= gain ||z|| + constant`` for every z: the error that arises at the readers of a group.

    Parameters
    ----------
    name : str
        Of the group, for reports.
    starts : tuple of str
        The tensors z that the producers of the group read, together ``||z||^2 = sum ||z_i||^2``.
    ends : tuple of str
        The outputs of the records that read the group, where ``e_i`` arises.
    gain, constant : float
        Not negative; infinity where nothing is proved.
    joint, tau : float
        If finite, also ``||e|| <= joint sqrt(||z||^2 + tau^2)``.

    Raises
    ------
    ValueError
        For a negative number or NaN, and without starts or ends.
    """

    name: str
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    gain: float
    constant: float = 0.0
    joint: float = math.inf
    tau: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not min(self.gain, self.constant, self.joint) >= 0 or not 0 <= self.tau < math.inf:
            raise ValueError(f"gain, constant, joint and tau must not be negative, got {self}")
        if not self.starts or not self.ends:
            raise ValueError(f"a block needs tensors that it reads and writes, got {self}")

    def error(self, norm: float) -> float:
        """Bound ``||e||`` for ``||z|| <= norm``, rounded up."""
        separate = up(times_up(self.gain, norm) + self.constant, terms=2)
        if math.isinf(self.joint):
            return separate
        return min(separate, times_up(self.joint, up(math.hypot(norm, self.tau), terms=2)))


def block_error(
    name: str, certificate: LayerCertificate | ConvCertificate, starts: tuple[str, ...], ends: tuple[str, ...]
) -> BlockError:
    """Return the row of a layer's certificate, dense or convolutional.

    Parameters
    ----------
    name : str
    certificate : LayerCertificate or ConvCertificate
        Of the folded rows of the group's producers, side by side in the order of `starts`, and the outgoing weights
        of its readers, one below the other.
    starts, ends : tuple of str
        As in `BlockError`.

    Raises
    ------
    ValueError
        If the certificate holds for x >= 0 only: the tensors between layers need a proof of that.
    """
    if certificate.nonnegative:
        raise ValueError(f"the certificate of '{name}' holds for x >= 0 only: certify it for every x")
    if isinstance(certificate, ConvCertificate):
        return BlockError(name, starts, ends, certificate.best, certificate.constant)
    if certificate.separate is None or certificate.constant is None or certificate.tau is None:
        return BlockError(name, starts, ends, certificate.best)
    constant = times_up(certificate.constant.best, certificate.tau)
    return BlockError(name, starts, ends, certificate.separate.best, constant, certificate.best, certificate.tau)
