"""From scores to a mask in one step."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

import torch

from theoryprune.errors import BudgetError
from theoryprune.graph.protect import protected_names
from theoryprune.masks.candidates import Vectors, require_finite
from theoryprune.masks.selection import lowest
from theoryprune.measures import check_density, kept_count
from theoryprune.types import Mask, Scores

Scope: TypeAlias = Literal["global", "layer"]


def check_scope(scope: Scope) -> None:
    """Raise `ValueError` unless `scope` is ``"global"`` or ``"layer"``."""
    if scope not in ("global", "layer"):
        raise ValueError(f"scope must be 'global' or 'layer', got {scope!r}")


def keep_top(scores: Scores, density: float, scope: Scope = "global", protect: Collection[str] | str = ()) -> Mask:
    """Keep the weights with the highest scores.

    Parameters
    ----------
    scores : Scores
        Finite; signed ones are ranked as they are.
    density : float
        In (0, 1]: the fraction to keep.
    scope : {"global", "layer"}
        Rank all weights together, or each layer by itself with a density of its own.
    protect : collection of str
        Names or patterns of layers or weights that are kept whole and do not count.

    Returns
    -------
    Mask
        Exactly ``max(1, ceil(density N))`` of the N weights that count (of each layer for ``scope="layer"``), on the
        scores' device. At equal scores the lower flat index stays.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or a score is not finite.
    BudgetError
        If nothing is left to prune.

    Notes
    -----
    Cost: a few passes over the scores; nothing of that size is sorted.

    Examples
    --------
    >>> scores = Scores({"fc.weight": torch.tensor([[0.1, 0.4], [0.3, 0.4]])})
    >>> keep_top(scores, density=0.5).keep["fc.weight"]
    tensor([[False,  True],
            [False,  True]])
    """
    if not isinstance(scores, Scores):
        raise TypeError(f"scores must be Scores, got {type(scores).__name__}; a score function goes to prune")
    density = check_density(density)
    check_scope(scope)
    kept_whole = protected_names({name: name.rpartition(".")[0] for name in scores.values}, protect)
    names = [name for name in scores.values if name not in kept_whole]
    if not names:
        raise BudgetError(nothing_to_prune(bool(kept_whole)))
    vectors = {name: scores.values[name].detach().reshape(-1) for name in names}
    require_finite(vectors)
    keep: dict[str, torch.Tensor] = {}
    for group in [names] if scope == "global" else [[name] for name in names]:
        total = sum(vectors[name].numel() for name in group)
        candidates = Vectors([vectors[name] for name in group])
        lowest(candidates, total - kept_count(density, total))
        sizes = [vectors[name].numel() for name in group]
        keep |= dict(zip(group, torch.split(~candidates.marks, sizes), strict=True))
    return Mask({name: kept.reshape(scores.values[name].shape) for name, kept in keep.items()})


def nothing_to_prune(protected: bool) -> str:
    """Return the message of the `BudgetError` for an empty set of prunable weights."""
    if protected:
        return "nothing can be pruned: every prunable weight is protected; protect fewer layers"
    return "nothing can be pruned: the network has no linear or convolution weight"
