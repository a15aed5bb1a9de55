"""``theoryprune show``: a model or a run, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich import box
from rich.table import Table

from theoryprune.cli import options
from theoryprune.cli.folders import kind_of
from theoryprune.cli.output import show, show_json
from theoryprune.cli.reductions import read_reduction
from theoryprune.cli.runs import Run, read_run
from theoryprune.cli.show_reduction import reduction_heading, reduction_parts
from theoryprune.cli.target import read_graph
from theoryprune.graph.channels import channel_groups
from theoryprune.measures import layer_parameters
from theoryprune.reports import Summary, summarize
from theoryprune.types import ChannelGroup, WeightGraph


@dataclass(frozen=True)
class Show:
    """Show a model or a run: the graph, its layers, channel groups and counts."""

    target: Annotated[tyro.conf.Positional[str], options.TARGET]
    """A run folder, or a model as in the command prune."""

    weights: Annotated[Path | None, options.FILE] = None
    """Checkpoint of the model."""

    shape: Annotated[str | None, options.SHAPE] = None
    """Shape of one example without the batch axis, as 3,32,32. Else the model's attribute example_shape counts."""

    seed: int = 0
    """For the model's initial weights."""

    json: Annotated[bool, options.FLAG] = False
    """Print one JSON document in place of the tables."""

    quiet: Annotated[bool, options.FLAG] = False
    """Print nothing but errors, and the JSON if asked for: reads and checks only."""

    def run(self) -> None:
        """Execute the command."""
        if kind_of(Path(self.target)) == "reduction":
            self._reduction()
            return
        run, graph = self._read()
        summary = summarize(graph, run.mask if run else None)
        groups = channel_groups(graph)
        if self.json:
            show_json(_data(graph, summary, groups, run))
        elif not self.quiet:
            heading = [_heading(run)] if run else []
            show(*heading, records_table(graph), groups_table(groups), summary)

    def _read(self) -> tuple[Run | None, WeightGraph]:
        folder = Path(self.target)
        if folder.is_dir() or ":" not in self.target:
            if not folder.is_dir():
                raise FileNotFoundError(
                    f"'{self.target}' is neither a run folder nor a model; a model is named "
                    "package.module:factory or path/to/file.py:factory"
                )
            self._check_alone()
            run = read_run(folder)
            return run, run.graph
        return None, read_graph(self.target, self.seed, self.shape, self.weights)

    def _check_alone(self) -> None:
        if self.weights is not None or self.shape is not None:
            raise ValueError(f"'{self.target}' is a run folder, which has its own weights and shape: leave both out")

    def _reduction(self) -> None:
        self._check_alone()
        run = read_reduction(Path(self.target))
        if self.json:
            show_json(run.record)
        elif not self.quiet:
            show(reduction_heading(run), *reduction_parts(run))


def records_table(graph: WeightGraph) -> Table:
    """Return the graph as a table: one row per record."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), title="Graph", title_justify="left")
    for name in ("record", "kind", "reads"):
        table.add_column(name, overflow="fold")
    table.add_column("output", justify="right", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    parameters = layer_parameters(graph)
    for layer in graph.layers:
        shape = "x".join(map(str, graph.shapes[layer.name]))
        count = f"{parameters[layer.name]:,}" if parameters[layer.name] else ""
        table.add_row(layer.name, layer.kind, ", ".join(layer.inputs), shape, count)
    table.caption = f"input {'x'.join(map(str, graph.input_shape))}, {graph.dtype}, output of '{graph.output}'"
    table.caption_justify = "left"
    return table


def groups_table(groups: tuple[ChannelGroup, ...]) -> Table:
    """Return the channel groups as a table."""
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
        title="Channels pruned together",
        title_justify="left",
    )
    table.add_column("group", overflow="fold")
    table.add_column("channels", justify="right")
    table.add_column("removable")
    table.add_column("layers", overflow="fold")
    for group in groups:
        removable = "yes" if group.removable else "no: input or output"
        table.add_row(group.name, str(group.size), removable, ", ".join(group.layers))
    return table


def _heading(run: Run) -> str:
    arguments = run.record["arguments"]
    stated = [key for key in ("density", "sparsity", "compression") if arguments[key] is not None]
    amount = ", ".join(f"{key} {arguments[key]}" for key in stated)
    return (
        f"{arguments['model']}: {run.record['method']}, {arguments['schedule']}, {arguments['scope']}, {amount}, seed "
        f"{arguments['seed']}\n"
    )


def _data(graph: WeightGraph, summary: Summary, groups: tuple[ChannelGroup, ...], run: Run | None) -> dict[str, Any]:
    parameters = layer_parameters(graph)
    return {
        "run": None if run is None else {key: run.record[key] for key in ("arguments", "versions", "hashes", "method")},
        "graph": {
            "input_shape": list(graph.input_shape),
            "dtype": str(graph.dtype).removeprefix("torch."),
            "output": graph.output,
            "records": [
                {
                    "name": layer.name,
                    "kind": layer.kind,
                    "inputs": list(layer.inputs),
                    "output_shape": list(graph.shapes[layer.name]),
                    "parameters": parameters[layer.name],
                }
                for layer in graph.layers
            ],
        },
        "channel_groups": [
            {"name": g.name, "channels": g.size, "removable": g.removable, "layers": list(g.layers)} for g in groups
        ],
        "summary": summary.to_dict(),
    }
