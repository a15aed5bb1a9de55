"""One iteration of a pruning run, with all that the survival theorem asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any

_FLOATS = ("flow", "prune_sum", "largest_removed", "smallest_kept", "conservation_residual")


@dataclass(frozen=True)
class TraceRow:
    """One iteration of a pruning run.

    All amounts of flow of a row are scaled alike: the true values are ``amount * 2**exponent``. The fields from `flow`
    on are None for scores without a flow.

    Parameters
    ----------
    iteration : int
        From 1.
    kept_before, removed, kept_after : int
        Counts of the prunable weights that are not protected.
    kept_per_layer : mapping of str to int
        Counts after the removal, by weight name.
    layer_sizes : mapping of str to int
        Number of weights of each of these layers.
    connected : bool
        Whether some input still reaches some output after the removal, judged by the flow without biases.
    flow : float or None
        The flow before the removal, in [1/2, 1), or 0.
    exponent : int or None
        See above; 0 for a flow of 0.
    prune_sum : float or None
        Sum of the scores of the weights removed.
    largest_removed, smallest_kept : float or None
        The ends of the removal among the candidates, which are the survivors but those that a guard keeps; None where
        nothing was removed, or no candidate was left.
    layer_totals : mapping of str to float, or None
        Sum of the scores of each layer before the removal.
    conservation_residual : float or None
        The largest ``|total - flow| / flow`` over the layers that every path crosses; 0 where there is none, or no
        flow.
    flushed : int or None
        How many positive entries were lost when tensors were brought to another power of two; an underflow inside a
        product is not counted.
    """

    iteration: int
    kept_before: int
    removed: int
    kept_after: int
    kept_per_layer: Mapping[str, int]
    layer_sizes: Mapping[str, int]
    connected: bool
    flow: float | None = None
    exponent: int | None = None
    prune_sum: float | None = None
    largest_removed: float | None = None
    smallest_kept: float | None = None
    layer_totals: Mapping[str, float] | None = None
    conservation_residual: float | None = None
    flushed: int | None = None

    @property
    def density(self) -> float:
        """Kept over total after the removal."""
        return self.kept_after / sum(self.layer_sizes.values())

    @property
    def layer_densities(self) -> dict[str, float]:
        """Kept over total of each layer after the removal."""
        return {name: kept / self.layer_sizes[name] for name, kept in self.kept_per_layer.items()}

    @property
    def empty_layers(self) -> tuple[str, ...]:
        """Layers of which nothing is kept."""
        return tuple(name for name, kept in self.kept_per_layer.items() if kept == 0)

    @property
    def ratio(self) -> float | None:
        """The part of the flow removed, ``prune_sum / flow``: below 1 a path survives.

        Infinite where there was no flow to begin with, for then nothing survives.
        """
        if self.flow is None or self.prune_sum is None:
            return None
        return self.prune_sum / self.flow if self.flow > 0 else inf

    @property
    def flow_lower_bound_next(self) -> float | None:
        """What Theorem 3 leaves of the flow, ``flow - prune_sum``; negative where it promises nothing."""
        return None if self.flow is None or self.prune_sum is None else self.flow - self.prune_sum

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON data; floats are written in hexadecimal, which loses no digit."""
        data = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        data |= {name: None if data[name] is None else float(data[name]).hex() for name in _FLOATS}
        data |= {name: dict(data[name]) for name in ("kept_per_layer", "layer_sizes")}
        if self.layer_totals is not None:
            data["layer_totals"] = {name: float(total).hex() for name, total in self.layer_totals.items()}
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TraceRow:
        """Read what `to_dict` returned.

        Raises
        ------
        TypeError, ValueError
            If a field is missing or unknown, or of another kind.
        """
        values = dict(data)
        missing = {spec.name for spec in fields(cls)} ^ values.keys()
        if missing:
            raise ValueError(f"a row must have exactly the fields of TraceRow; missing or unknown: {sorted(missing)}")
        values |= {name: None if values[name] is None else float.fromhex(values[name]) for name in _FLOATS}
        if values["layer_totals"] is not None:
            values["layer_totals"] = {name: float.fromhex(total) for name, total in values["layer_totals"].items()}
        _check_kinds(values)
        return cls(**values)


def _check_kinds(values: Mapping[str, Any]) -> None:
    for name in ("iteration", "kept_before", "removed", "kept_after"):
        check_integer(name, values[name])
    for name in ("exponent", "flushed"):
        if values[name] is not None:
            check_integer(name, values[name])
    if not isinstance(values["connected"], bool):
        raise TypeError(f"connected must be a bool, got {values['connected']!r}")
    kept, sizes = values["kept_per_layer"], values["layer_sizes"]
    for name, counts in (("kept_per_layer", kept), ("layer_sizes", sizes)):
        if not isinstance(counts, Mapping):
            raise TypeError(f"{name} must be a mapping, got {counts!r}")
        for layer, count in counts.items():
            check_integer(f"{name}['{layer}']", count)
    if not sizes or kept.keys() != sizes.keys() or min(sizes.values()) < 1:
        raise ValueError("layer_sizes must name the layers of kept_per_layer, at least one, with sizes of at least 1")


def check_integer(name: str, value: object) -> None:
    """Raise `TypeError` unless a field is an int, and no bool."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, got {value!r}")
