"""The options that say how the density falls, as a schedule."""

from __future__ import annotations

from theoryprune.masks import SCHEDULES, Schedule

_STEPS = 100


def read_schedule(name: str | None, steps: int | None, theta: float | None) -> Schedule | None:
    """Return the schedule that the options name, or None for the default of `prune`.

    Parameters
    ----------
    name : str or None
        Of a schedule; ``"guarded"`` guards the exponential one. Without a name, `theta` means adaptive and `steps`
        exponential.
    steps : int or None
        For exponential, linear and guarded: 100 unless given.
    theta : float or None
        For adaptive and guarded: the default of the schedule unless given.

    Raises
    ------
    ValueError
        If an option is out of range, or does not belong to the schedule.
    """
    if steps is not None and steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if name is None and steps is None and theta is None:
        return None
    name = name or ("exponential" if theta is None else "adaptive")
    if name == "one_shot" and steps is not None:
        raise ValueError("steps: one_shot has a single step; leave --steps out, or choose another --schedule")
    if name == "adaptive" and steps is not None:
        raise ValueError("steps: adaptive takes as many as it needs; leave --steps out, or choose --schedule guarded")
    if name not in ("adaptive", "guarded") and theta is not None:
        raise ValueError(f"theta: {name} does not look at the flow; leave --theta out, or choose --schedule guarded")
    options = {} if theta is None else {"theta": theta}
    if name in ("one_shot", "adaptive"):
        return SCHEDULES[name](**options)
    plain = SCHEDULES["exponential" if name == "guarded" else name](steps or _STEPS)
    return SCHEDULES["guarded"](plain, **options) if name == "guarded" else plain
