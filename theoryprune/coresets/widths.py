"""Which groups may lose channels, and how many each keeps where all keep the same fraction."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from theoryprune.coresets.hidden import Hidden
from theoryprune.errors import BudgetError
from theoryprune.graph.protect import protected_names
from theoryprune.measures import check_fraction
from theoryprune.types import WeightGraph


def whole_reasons(
    graph: WeightGraph, groups: Sequence[Hidden], *, streams: bool, protect: Collection[str] | str
) -> dict[str, str]:
    """Return why groups stay whole, by name; those that may lose channels are not in it.

    Parameters
    ----------
    graph : WeightGraph
    groups : sequence of Hidden
    streams : bool
        Whether residual streams may lose channels.
    protect : collection of str, or str
        As for `reduce`.

    Raises
    ------
    ValueError
        If a pattern of `protect` matches nothing.
    """
    layers = {weight: layer.name for weight, layer in graph.weight_layers.items()}
    kept = {layers[weight] for weight in protected_names(layers, protect)}
    reasons = {}
    for hidden in groups:
        touched = sorted(kept.intersection(hidden.group.layers), key=list(layers.values()).index)
        if touched:
            reasons[hidden.group.name] = f"protected ('{touched[0]}')"
        elif hidden.refusal:
            reasons[hidden.group.name] = hidden.refusal
        elif hidden.stream and not streams:
            reasons[hidden.group.name] = "a residual stream (streams=True reduces it)"
        elif hidden.units == hidden.step:
            reasons[hidden.group.name] = "a single channel" if hidden.units == 1 else "a single channel in each block"
    return reasons


def prunable_groups(groups: Sequence[Hidden], reasons: Mapping[str, str]) -> tuple[Hidden, ...]:
    """Return the groups that may lose channels.

    Raises
    ------
    BudgetError
        If there are none, with the reason for each group.
    """
    free = tuple(hidden for hidden in groups if hidden.group.name not in reasons)
    if not free:
        listed = "; ".join(f"'{name}': {reason}" for name, reason in reasons.items())
        raise BudgetError(f"no channel can be removed. {listed or 'The network has no hidden layer'}")
    return free


def uniform_widths(
    free: Sequence[Hidden], budget: float | Mapping[str, int], multiple_of: int, min_keep: int = 0
) -> dict[str, int]:
    """Return the widths of groups that may lose channels.

    Parameters
    ----------
    free : sequence of Hidden
    budget : float or mapping of str to int
        A fraction of each group's channels, rounded to the nearest width allowed; or the widths themselves.
    multiple_of, min_keep : int
        Of widths that come from a fraction.

    Raises
    ------
    TypeError
        If the budget is neither a number nor a mapping, or a width no int.
    ValueError
        If something is out of range, or a name is no group that may lose channels.
    """
    check_multiple(multiple_of)
    if isinstance(budget, Mapping):
        return _given(free, budget)
    if isinstance(budget, bool) or not isinstance(budget, int | float):
        raise TypeError(
            f"budget must be a Budget, a number in (0, 1] or a mapping of group names to widths, got {budget!r}"
        )
    fraction = check_fraction("budget", budget)
    return {hidden.group.name: _nearest(hidden, fraction, multiple_of, min_keep) for hidden in free}


def _nearest(hidden: Hidden, fraction: float, multiple_of: int, min_keep: int) -> int:
    step = math.lcm(hidden.step, multiple_of)
    least = max(1, -(-min_keep // step))
    return min(hidden.units, max(least, math.floor(fraction * hidden.units / step + 0.5)) * step)


def check_multiple(multiple_of: int) -> None:
    """Raise `TypeError` or `ValueError` unless `multiple_of` is a positive integer."""
    if isinstance(multiple_of, bool) or not isinstance(multiple_of, int):
        raise TypeError(f"multiple_of must be an integer, got {multiple_of!r}")
    if multiple_of < 1:
        raise ValueError(f"multiple_of must be at least 1, got {multiple_of}")


def _given(free: Sequence[Hidden], widths: Mapping[str, int]) -> dict[str, int]:
    known = {hidden.group.name: hidden for hidden in free}
    for name, width in widths.items():
        if name not in known:
            raise ValueError(f"budget: '{name}' is no group that may lose channels; they are {list(known)}")
        step, units = known[name].step, known[name].units
        if isinstance(width, bool) or not isinstance(width, int):
            raise TypeError(f"budget: the width of '{name}' must be an int, a number of channels, got {width!r}")
        if width not in range(step, units + 1, step):
            multiple = f"a multiple of {step} up to" if step > 1 else "from 1 to"
            raise ValueError(f"budget: the width of '{name}' must be {multiple} {units}, got {width}")
    return dict(widths)
