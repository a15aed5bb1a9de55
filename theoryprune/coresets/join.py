"""Coresets of blocks whose units never mix, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from theoryprune.coresets.record import LayerCoreset, Merging
from theoryprune.geometry.arguments import Indices


def joined(found: Sequence[LayerCoreset], members: Sequence[Indices], units: int) -> LayerCoreset:
    """Put the coresets of blocks together, without constants: outputs of blocks may be others.

    Parameters
    ----------
    found : sequence of LayerCoreset
        One for each block.
    members : sequence of ndarray of int
        The units of each block, ascending.
    units : int
        Of all blocks.
    """
    if len(found) == 1:
        return found[0]
    kept = np.concatenate([own[part.kept] for own, part in zip(members, found, strict=True)])
    order = np.argsort(kept)
    outgoing = np.concatenate([part.outgoing for part in found], axis=1)[:, order]
    merging = _joined_mergings([part.merging for part in found], members, units)
    return replace(
        found[0], kept=kept[order], outgoing=outgoing, units=units, merging=merging, sampling=None, shift=None
    )


def _joined_mergings(parts: Sequence[Merging | None], members: Sequence[Indices], units: int) -> Merging | None:
    assignment, multipliers = np.full(units, -1), np.zeros(units)
    gone, residuals = [], []
    for own, part in zip(members, parts, strict=True):
        if part is None:
            return None
        assignment[own] = np.where(part.assignment >= 0, own[part.assignment], -1)
        multipliers[own] = part.multipliers
        gone.append(own[part.assignment != np.arange(len(own))])
        residuals.append(part.residuals)
    return Merging(assignment, multipliers, np.concatenate(residuals)[np.argsort(np.concatenate(gone))])
