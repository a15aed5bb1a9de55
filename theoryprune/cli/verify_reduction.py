"""Checking the folder of a reduction: the certificates by other means than they were made by, and every figure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from theoryprune.cli.folders import RECORD
from theoryprune.cli.reductions import ReductionRun, read_reduction
from theoryprune.coresets import is_reduction
from theoryprune.errors import CertificateError, FileFormatError
from theoryprune.graph.hashing import graph_sha256
from theoryprune.reports import claim, counts, reduction_data


@dataclass(frozen=True)
class VerifiedReduction:
    """What was checked of a reduction.

    Parameters
    ----------
    certificates : int
        Layer certificates checked by another route.
    reduced, groups : int
        Groups that lost channels, and all removable ones.
    params, macs, channels : int
        Of the small network, counted again.
    """

    certificates: int
    reduced: int
    groups: int
    params: int
    macs: int
    channels: int

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"Verified: the coresets of {self.reduced} of {self.groups} groups make the network from the one before, "
            f"bit for bit; {self.certificates} layer certificates hold, each checked by another route; the small "
            f"network has {self.params:,} parameters, {self.macs:,} MACs and {self.channels:,} channels, as stated."
        )


def verify_reduction(folder: Path) -> tuple[str, VerifiedReduction]:
    """Check everything that the folder of a reduction states.

    Returns
    -------
    claim : str
        What is certified and what is not.
    VerifiedReduction

    Raises
    ------
    FileNotFoundError
        If `folder` is no run folder.
    FileFormatError
        If a file is damaged.
    CertificateError
        If anything is not as stated.
    """
    run = read_reduction(folder)
    result = run.reduction
    found = is_reduction(result)
    if not found:
        raise CertificateError(f"'{folder}': {found.reason}")
    if graph_sha256(result.small) != graph_sha256(run.small):
        raise CertificateError(f"'{folder}': the small network is not the reduced one without its pruned channels")
    _check_record(run, folder)
    reduced = sum(row.after < row.before for row in result.layers)
    sizes = asdict(counts(result, run.small)[1])
    return claim(result), VerifiedReduction(int(found.value), reduced, len(result.layers), **sizes)


def _check_record(run: ReductionRun, folder: Path) -> None:
    """Raise if the record repeats anything otherwise than it is."""
    record = run.record
    graphs = {"before": run.reduction.before, "graph": run.reduction.graph, "small": run.small}
    hashes = record.get("hashes")
    if not isinstance(hashes, dict):
        raise FileFormatError(f"'{folder / RECORD}': 'hashes' is no table of hashes; run reduce again")
    for name, graph in graphs.items():
        if hashes.get(name) != graph_sha256(graph):
            raise CertificateError(f"'{folder / RECORD}': 'hashes.{name}' is not the hash of that network")
    for name, value in reduction_data(run.reduction, run.small).items():
        if record.get(name) != value:
            raise CertificateError(f"'{folder / RECORD}': '{name}' is not what the reduction says")
