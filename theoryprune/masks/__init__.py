"""From scores to masks: selection, schedules, iterative pruning, and what a mask really keeps."""

from __future__ import annotations

from theoryprune.masks.ablations import invert, reinitialise, shuffle
from theoryprune.masks.compare import MaskComparison, compare_masks
from theoryprune.masks.compression import critical_compression, max_compression
from theoryprune.masks.effective import disconnected_outputs, effective_mask, is_connected
from theoryprune.masks.keep_top import keep_top
from theoryprune.masks.prune import prune
from theoryprune.masks.schedules import SCHEDULES, Schedule, adaptive, exponential, guarded, linear, one_shot
from theoryprune.masks.verify import Verification

__all__ = [
    "SCHEDULES", "MaskComparison", "Schedule", "Verification", "adaptive", "compare_masks", "critical_compression",
    "disconnected_outputs", "effective_mask", "exponential", "guarded", "invert", "is_connected", "keep_top",
    "linear", "max_compression", "one_shot", "prune", "reinitialise", "shuffle",
]  # fmt: skip
