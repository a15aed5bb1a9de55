"""How much work may go into a bound."""

from __future__ import annotations

from typing import Literal, get_args

Effort = Literal["fast", "default", "high"]
EFFORTS: tuple[str, ...] = get_args(Effort)


def check_effort(effort: str) -> None:
    """Raise ValueError for another effort."""
    if effort not in EFFORTS:
        raise ValueError(f"effort must be one of {', '.join(EFFORTS)}, got {effort!r}")
