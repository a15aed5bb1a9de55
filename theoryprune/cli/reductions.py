"""Folders of reductions: the network before and after, the coresets with their certificates, the record, the curve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from theoryprune.bounds import EndToEnd
from theoryprune.cli.folders import RECORD, check_hash, file_hash, read_record, write_folder, write_record
from theoryprune.cli.records import decode, encode
from theoryprune.coresets import GroupCoreset, Plan, Reduction
from theoryprune.errors import FileFormatError
from theoryprune.graph.container import read, write
from theoryprune.graph.files import load_graph, save_graph
from theoryprune.reports import plot_curve
from theoryprune.types import ReadOnly, WeightGraph

BEFORE, GRAPH, SMALL = "before.safetensors", "graph.safetensors", "small.safetensors"
CORESETS, PICTURE = "reduction.safetensors", "curve.svg"
_PARTS = ("coresets", "plan", "end_to_end")


@dataclass(frozen=True, eq=False)
class ReductionRun:
    """What a folder of a reduction holds.

    Parameters
    ----------
    reduction : Reduction
    small : WeightGraph
        Its graph without the pruned channels.
    record : dict
        JSON data of how they came about.
    """

    reduction: Reduction
    small: WeightGraph
    record: dict[str, Any]


def write_reduction(folder: Path, run: ReductionRun, *, force: bool = False) -> list[str]:
    """Write a reduction to a folder: everything, or nothing at all.

    Parameters
    ----------
    folder : Path
        Made in a folder that exists. An empty folder is filled, an older run replaced if `force`.
    run : ReductionRun
        Its record receives the hashes of the other files.
    force : bool

    Returns
    -------
    list of str
        The files; without the picture if matplotlib is missing.

    Raises
    ------
    FileExistsError, FileNotFoundError
        See `check_free`.
    """
    files: list[str] = []

    def fill(fresh: Path) -> None:
        save_graph(run.reduction.before, fresh / BEFORE)
        save_graph(run.reduction.graph, fresh / GRAPH)
        save_graph(run.small, fresh / SMALL)
        tensors: dict[str, Tensor] = {}
        header = {name: encode(getattr(run.reduction, name), tensors) for name in _PARTS}
        write(fresh / CORESETS, "reduction", header, tensors)
        try:
            plot_curve(run.reduction, fresh / PICTURE)
        except ImportError:  # an extra; the curve is in the record too
            (fresh / PICTURE).unlink(missing_ok=True)
        files.extend(sorted(path.name for path in fresh.iterdir()))
        write_record(fresh, "reduction", run.record, {name: file_hash(fresh / name) for name in files})

    write_folder(folder, fill, force=force)
    return [*files, RECORD]


def read_reduction(folder: Path) -> ReductionRun:
    """Read the folder of a reduction, and check that its files belong together.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    FileFormatError
        If a file is damaged, or belongs to another run.
    """
    record = read_record(folder, "reduction", (BEFORE, GRAPH, SMALL, CORESETS))
    before, graph, small = (load_graph(folder / name) for name in (BEFORE, GRAPH, SMALL))
    header, tensors = read(folder / CORESETS, "reduction")
    for name in (BEFORE, GRAPH, SMALL, CORESETS):
        check_hash(folder / name, record["files"])
    try:
        coresets, plan, end_to_end = (decode(header[name], tensors) for name in _PARTS)
        known = isinstance(plan, Plan) and all(isinstance(part, GroupCoreset) for part in coresets.values())
        known = known and isinstance(end_to_end, EndToEnd | None)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FileFormatError(f"'{folder / CORESETS}' is damaged ({error!r}); run reduce again") from error
    if not known:
        raise FileFormatError(f"'{folder / CORESETS}' holds no reduction; run reduce again")
    return ReductionRun(Reduction(graph, before, ReadOnly(coresets), plan, end_to_end), small, record)
