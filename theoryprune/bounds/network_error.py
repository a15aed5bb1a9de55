"""What is certified of a whole pruned network, as a record."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from theoryprune.bounds.block_error import BlockError


@dataclass(frozen=True)
class BlockTerm:
    """One block's share: ``share = error * downstream``.

    Parameters
    ----------
    block : BlockError
    norm : float
        Bound of ``||z||`` in the network just after the block was pruned.
    error : float
        ``block.error(norm)``.
    downstream : float
        Gain of the network just before, from where the error arises to the output.
    share : float
    """

    block: BlockError
    norm: float
    error: float
    downstream: float
    share: float


@dataclass(frozen=True, eq=False)
class EndToEnd:
    """``||N(x) - N'(x)|| <= error`` for every input of the domain.

    Parameters
    ----------
    error : float
        The sum of the shares; infinite where a product overflows.
    terms : tuple of BlockTerm
        In the order given.
    observed : float
        The largest difference found, by search or on the inputs given.
    output : float
        The largest ``||N(x)||`` on the same inputs.
    radius : float or None
        The domain: the ball about 0; None for the inputs given alone.
    witness : Tensor, shape (1, *input shape)
        Where the observed difference was found.
    """

    error: float
    terms: tuple[BlockTerm, ...]
    observed: float
    output: float
    radius: float | None
    witness: Tensor

    @property
    def vacuous(self) -> bool:
        """Whether the bound is above every output seen: a network that says 0 is no further from the original."""
        return self.error > 0 and not self.error < self.output

    def __str__(self) -> str:
        """The interval in which the largest difference lies."""
        domain = "the inputs given" if self.radius is None else f"inputs of norm at most {self.radius:.4g}"
        note = f"; vacuous: outputs seen reach {self.output:.4g}" if self.vacuous else ""
        return f"largest difference of the outputs in [{self.observed:.4g}, {self.error:.4g}] for {domain}{note}"
