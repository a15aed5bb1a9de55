"""``theoryprune verify``: the certificates of a run, checked from its folder alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from theoryprune.bounds import verify
from theoryprune.cli import options
from theoryprune.cli.folders import RECORD, kind_of
from theoryprune.cli.output import show, show_json
from theoryprune.cli.proof import dense_graph
from theoryprune.cli.runs import Run, read_proof, read_run
from theoryprune.cli.verify_reduction import verify_reduction
from theoryprune.errors import CertificateError, FileFormatError
from theoryprune.types import FlowCertificate, Pruning, TraceRow, WeightGraph

_DERIVED = ("density", "empty_layers")


@dataclass(frozen=True)
class Verify:
    """Check the certificates of a run, from its folder alone: the weights, and what is stated of them.

    Prints what is certified and what was checked. Ends with 1, naming the row or the group, if anything is not as
    stated.
    """

    run_folder: Annotated[tyro.conf.Positional[Path], options.FOLDER]
    """Folder that prune --out or reduce --out wrote."""

    rows: Annotated[str, options.ROWS] = "auto"
    """Iterations of prune to compute again: all, last, a number, or auto (the first, the last, and 8 chosen by the
    mask)."""

    json: Annotated[bool, options.FLAG] = False
    """Print one JSON document in place of the text."""

    quiet: Annotated[bool, options.FLAG] = False
    """Print nothing but errors, and the JSON if asked for."""

    def run(self) -> None:
        """Execute the command."""
        rows = self._rows()
        if kind_of(self.run_folder) == "reduction":
            self._reduction()
            return
        graph, pruning = read_pruning(self.run_folder)
        found = verify(pruning, graph, rows=rows)
        certificate = pruning.certificate
        if self.json:
            claims = ("certified", "connected", "maximal_critical_compression", "trivially_connected", "theta_max")
            told = {name: getattr(certificate, name) for name in claims}
            show_json({"certificate": str(certificate), **told, "verified": asdict(found)})
        elif not self.quiet:
            show(str(certificate), f"\n{found}")

    def _reduction(self) -> None:
        if self.rows != "auto":
            raise ValueError(f"rows: '{self.run_folder}' is a reduction, which has no iterations; leave --rows out")
        claim, found = verify_reduction(self.run_folder)
        if self.json:
            show_json({"claim": claim, "verified": asdict(found)})
        elif not self.quiet:
            show(claim, f"\n{found}")

    def _rows(self) -> str | int:
        if self.rows in ("auto", "all", "last"):
            return self.rows
        if self.rows.isascii() and self.rows.isdigit() and int(self.rows) > 0:
            return int(self.rows)
        raise ValueError(f"rows must be all, last, auto or a number of at least 1, got '{self.rows}'")


def read_pruning(folder: Path) -> tuple[WeightGraph, Pruning]:
    """Return the network before pruning, and the run, as a folder holds them.

    Raises
    ------
    FileNotFoundError
        If `folder` is no run folder.
    FileFormatError
        If a file is damaged, or there is no proof.
    CertificateError
        If what run.json says beside the certificate differs from it.
    """
    run = read_run(folder)
    proof = read_proof(folder, run)
    graph = dense_graph(run.graph, proof)
    certificate = FlowCertificate.from_dict(_certificate(run, folder))
    hashes = run.record["hashes"]
    if not isinstance(hashes, dict):
        raise FileFormatError(f"'{folder / RECORD}': 'hashes' is no table of hashes; run prune again")
    if hashes.get("mask") != run.mask.sha256:
        raise CertificateError(f"'{folder / RECORD}': 'hashes.mask' is not the hash of the mask")
    try:
        trace = tuple(_row(data) for data in run.record["trace"])
        return graph, Pruning(
            mask=run.mask,
            trace=trace,
            removed_at=proof.removed_at,
            method=run.record["method"],
            schedule=run.record["arguments"]["schedule"],
            scope=run.record["arguments"]["scope"],
            collapsed_at=run.record["collapsed_at"],
            final_flow=certificate.final_flow,
            final_exponent=certificate.final_exponent,
            certificate=certificate,
        )
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise FileFormatError(f"'{folder / RECORD}': the trace is damaged ({error!r}); run prune again") from error


def _certificate(run: Run, folder: Path) -> dict[str, Any]:
    data = run.record.get("certificate")
    if not isinstance(data, dict):
        raise FileFormatError(f"'{folder / RECORD}' holds no certificate; run prune again, with a score that is a flow")
    return data


def _row(data: dict[str, Any]) -> TraceRow:
    """Read a row of the trace, and check what it repeats."""
    row = TraceRow.from_dict({name: value for name, value in data.items() if name not in _DERIVED})
    for name, value in (("density", row.density), ("empty_layers", list(row.empty_layers))):
        if data.get(name) != value:
            raise CertificateError(f"row {row.iteration}: '{name}' is stated as {data.get(name)}, but it is {value}")
    return row
