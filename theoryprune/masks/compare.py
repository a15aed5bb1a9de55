"""How much two masks agree."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.graph.transform import require_mask
from theoryprune.types import Mask


@dataclass(frozen=True)
class MaskComparison:
    """Agreement of a mask with a reference.

    Parameters
    ----------
    reference_kept, kept : int
        Weights kept by either.
    overlap : float
        Weights kept by both over those kept by the reference.
    hamming : int
        Weights on which the two differ.
    layer_l1 : float
        ``sum_l |a_l - b_l| / sum_l a_l`` with the layers' kept counts: the part of the difference that is not a choice
        within layers.
    reference_empty, empty : tuple of str
        Layers of which nothing is kept.
    """

    reference_kept: int
    kept: int
    overlap: float
    hamming: int
    layer_l1: float
    reference_empty: tuple[str, ...]
    empty: tuple[str, ...]


def compare_masks(reference: Mask, other: Mask) -> MaskComparison:
    """Compare two masks over the same weights.

    Parameters
    ----------
    reference, other : Mask

    Returns
    -------
    MaskComparison

    Notes
    -----
    Single weights are no stable object (another order of summation changes some), counts per layer are: read the
    overlap beside that of two runs which differ in rounding only.

    Examples
    --------
    >>> import torch
    >>> a = Mask({"w": torch.tensor([True, True, False, False])})
    >>> b = Mask({"w": torch.tensor([True, False, True, False])})
    >>> compare_masks(a, b).overlap, compare_masks(a, b).hamming, compare_masks(a, b).layer_l1
    (0.5, 2, 0.0)
    """
    require_mask(reference)
    require_mask(other)
    both = (reference & other).kept
    counts = [
        (int(keep.count_nonzero()), int(other.keep[name].count_nonzero())) for name, keep in reference.keep.items()
    ]
    return MaskComparison(
        reference_kept=reference.kept,
        kept=other.kept,
        overlap=both / reference.kept if reference.kept else 1.0,
        hamming=reference.kept + other.kept - 2 * both,
        layer_l1=sum(abs(a - b) for a, b in counts) / max(1, reference.kept),
        reference_empty=reference.empty_layers,
        empty=other.empty_layers,
    )
