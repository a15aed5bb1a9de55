"""The certificate of a pruning run: which theorem held throughout, as data that anyone can check again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from typing import Any

from theoryprune.errors import CertificateError
from theoryprune.types.scores import FlowRule
from theoryprune.types.sentence import sentence
from theoryprune.types.trace import TraceRow, check_integer

SCHEMA = 1
"""Number of the layout of `FlowCertificate.to_dict`; a reader refuses others."""

_TUPLES = ("protect", "exact_cuts", "surrogates", "dropped")
_TEXTS = ("method", "dtype", "schedule", "scope", "weights_sha256", "mask_sha256", "digest")


def theta_max(gamma: float) -> float:
    """Return the largest computed ratio of two sums of scores that proves a true ratio below 1.

    Parameters
    ----------
    gamma : float
        Each computed number is within a factor ``1 +- gamma`` of the true one; infinite where nothing is known, and
        then the result is negative.

    Notes
    -----
    ``(1 - gamma) / (1 + gamma) - 1e-12``. gamma is about each score and the flow; the last 1e-12 is for the rounding
    of the division and of the sums of the scores, which are pairwise: relatively about ``u log2(count)`` with the unit
    roundoff u of float64, 4e-15 for a billion scores.
    """
    return (1 - gamma) / (1 + gamma) - 1e-12 if isfinite(gamma) else -1.0


@dataclass(frozen=True, repr=False)
class FlowCertificate:
    """What is known, and by which theorem, about a run of `prune` with a score that is a flow.

    Parameters
    ----------
    rows : tuple of TraceRow
        Those of ``Pruning.trace``.
    final_flow, final_exponent : float, int
        The flow of the final mask, ``final_flow * 2**final_exponent``.
    method : str
        Name of the score.
    rule : FlowRule
        Which flow it is.
    dtype : str
        Of the arithmetic: ``"float64"`` or ``"float32"``.
    gamma : float
        Every computed flow and score is within a factor ``1 +- gamma`` of the true one, barring underflow inside a
        product and ties of max pooling (`theoryprune.graph.rounding`); infinite where no bound holds.
    schedule : str
    scope : str
    protect : tuple of str
        Weights that were kept whole.
    guard : str or None
        ``"layer"`` if the highest weight of each layer with flow was kept.
    exact_cuts : tuple of str
        The weights, protected ones apart, whose layers every input-output path crosses.
    chain : bool
        Whether those are all weights.
    shortest_path, longest_path : int or None
        Least and largest number of prunable weights, protected ones apart, on an input-output path of the network
        before pruning; None where it has no path.
    surrogates : tuple of str
        Records whose flow stands in for an activation that is not homogeneous (GELU, tanh, ...).
    dropped : tuple of str
        Records left out of the flow network, such as a last softmax.
    effective : int
        How many of the kept weights lie on an input-output path, judged per channel.
    weights_sha256 : str
        Hash of the network before pruning.
    mask_sha256 : str
        Hash of the final mask.
    versions : mapping of str to str
    digest : str
        SHA-256 over the canonical bytes of all other fields (`sealed`).
    """

    rows: tuple[TraceRow, ...]
    final_flow: float
    final_exponent: int
    method: str
    rule: FlowRule
    dtype: str
    gamma: float
    schedule: str
    scope: str
    protect: tuple[str, ...]
    guard: str | None
    exact_cuts: tuple[str, ...]
    chain: bool
    shortest_path: int | None
    longest_path: int | None
    surrogates: tuple[str, ...]
    dropped: tuple[str, ...]
    effective: int
    weights_sha256: str
    mask_sha256: str
    versions: Mapping[str, str]
    digest: str = ""

    def __repr__(self) -> str:
        """Say what was run and what holds."""
        state = "certified" if self.certified else "not certified"
        end = "connected" if self.connected else "not connected"
        return (
            f"FlowCertificate({self.method}, {self.schedule}, {len(self.rows)} iterations, {state}, {end} at the end)"
        )

    def __str__(self) -> str:
        """Return its sentence: what held, by which theorem, and what the theory does not cover."""
        return sentence(self)

    @property
    def theta_max(self) -> float:
        """The largest ratio that counts as below 1, with room for rounding; negative where nothing can be said."""
        return theta_max(self.gamma)

    def condition(self, row: TraceRow) -> bool:
        """Return whether Theorem 3 applies to a row: its ratio is at most `theta_max`."""
        return row.ratio is not None and row.ratio <= self.theta_max

    @property
    def largest_ratio(self) -> float:
        """The largest part of the flow that one iteration removed; 0 without iterations."""
        return max((row.ratio for row in self.rows if row.ratio is not None), default=0.0)

    @property
    def survival_bound(self) -> float:
        """The part of the first flow that Theorem 3 promises to be left: the product of ``1 - ratio``, or 0."""
        product = 1.0
        for row in self.rows:
            product *= 1 - row.ratio if row.ratio is not None and self.condition(row) else 0.0
        return product

    @property
    def flushed(self) -> int:
        """How many positive entries were lost to underflow in all iterations."""
        return sum(row.flushed or 0 for row in self.rows)

    @property
    def certified(self) -> bool:
        """Certified during the procedure: Theorem 3 applied to every row, so no iteration could cut the last path.

        Never True with ``bias="unit"``, for then flow need not come from the input, nor where entries were lost to
        underflow, for the margin `gamma` does not cover them.
        """
        return self.rule.bias == "drop" and not self.flushed and all(map(self.condition, self.rows))

    @property
    def connected(self) -> bool:
        """Connected at the end: some input still reaches some output. A fact that needs no theorem."""
        if self.rule.bias == "drop":
            return self.final_flow > 0
        return bool(self.rows) and self.rows[-1].connected  # judged without biases

    @property
    def trivially_connected(self) -> bool:
        """Whether some path has no prunable weight at all, so that no mask can cut it."""
        return self.shortest_path == 0

    @property
    def maximal_critical_compression(self) -> bool:
        """Whether the hypothesis of Theorem 4 held throughout, so that no compression up to N / L empties a layer.

        It asks for a chain, the global scope, no guard and a certified run (`without_maximal` says which is missing).
        """
        return not self.without_maximal

    @property
    def without_maximal(self) -> tuple[str, ...]:
        """Why Theorem 4 does not apply; empty if it does."""
        reasons = {
            "shortcuts go around some layers": not self.chain,
            f"the scope is '{self.scope}', not 'global'": self.scope != "global",
            "a guard may have changed the order of removal": self.guard is not None,
            "no iteration was run": not self.rows,
            "the run is not certified": not self.certified,
        }
        return tuple(reason for reason, holds in reasons.items() if holds)

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as JSON data; floats are written in hexadecimal, which loses no digit."""
        data: dict[str, Any] = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        data |= {name: list(data[name]) for name in _TUPLES}
        data |= {name: float(data[name]).hex() for name in ("final_flow", "gamma")}
        data["rows"] = [row.to_dict() for row in self.rows]
        data["rule"] = asdict(self.rule)
        data["versions"] = dict(self.versions)
        return {"schema": SCHEMA, **data}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FlowCertificate:
        """Read what `to_dict` returned; the digest is read and not checked (`is_sealed`, `verify`).

        Raises
        ------
        CertificateError
            If the schema is unknown, or the data are no certificate.
        """
        try:
            values = dict(data)
            schema = values.pop("schema")
            if schema != SCHEMA:
                raise CertificateError(f"the certificate has schema {schema!r}, this version reads {SCHEMA}")
            _check_kinds(values)
            values |= {name: tuple(values[name]) for name in _TUPLES}
            values |= {name: float.fromhex(values[name]) for name in ("final_flow", "gamma")}
            values["rows"] = tuple(TraceRow.from_dict(row) for row in values["rows"])
            values["rule"] = FlowRule(**values["rule"])
            return cls(**values)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise CertificateError(f"these data are no certificate of a run ({error!r}); run prune again") from error

    def computed_digest(self) -> str:
        """Return the SHA-256 of the canonical bytes (JSON, sorted keys) of all fields but `digest`."""
        data = self.to_dict()
        del data["digest"]
        return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def is_sealed(self) -> bool:
        """Whether `digest` is that of the other fields."""
        return self.digest == self.computed_digest()

    def sealed(self) -> FlowCertificate:
        """Return the certificate with the digest of its fields."""
        return replace(self, digest=self.computed_digest())


def _check_kinds(values: Mapping[str, Any]) -> None:
    """Raise `TypeError` unless each field is of its kind; rows, numbers in hexadecimal and the rule's names aside."""
    texts = {name: values[name] for name in _TEXTS}
    if values["guard"] is not None:
        texts["guard"] = values["guard"]
    for name in _TUPLES:
        if not isinstance(values[name], list):
            raise TypeError(f"{name} must be a list, got {values[name]!r}")
        texts |= {f"{name}[{i}]": value for i, value in enumerate(values[name])}
    for name in ("rule", "versions"):
        if not isinstance(values[name], Mapping):
            raise TypeError(f"{name} must be a mapping, got {values[name]!r}")
    texts |= {f"versions['{name}']": value for name, value in values["versions"].items()}
    texts["rule.bias"] = values["rule"]["bias"]
    for name, value in texts.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a str, got {value!r}")
    check_integer("rule.power", values["rule"]["power"])
    for name in ("final_exponent", "effective"):
        check_integer(name, values[name])
    for name in ("shortest_path", "longest_path"):
        if values[name] is not None:
            check_integer(name, values[name])
    if not isinstance(values["chain"], bool):
        raise TypeError(f"chain must be a bool, got {values['chain']!r}")
    if not isinstance(values["rows"], list):
        raise TypeError(f"rows must be a list, got {values['rows']!r}")
