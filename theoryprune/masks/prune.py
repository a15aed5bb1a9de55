"""Iterative pruning: score, remove the lowest, score again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import torch
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor

from theoryprune.errors import BudgetError, LayerCollapseError
from theoryprune.graph.evaluate import require_values
from theoryprune.graph.flow_evaluator import carries_flow, refuse_lost_flow
from theoryprune.masks.evaluators import Evaluator, ScoreFunction, evaluator_of, score_name
from theoryprune.masks.keep_top import Scope, check_scope, nothing_to_prune
from theoryprune.masks.protect import protected_names
from theoryprune.masks.schedules import Schedule, exponential, one_shot
from theoryprune.masks.selection import lowest, require_finite
from theoryprune.masks.survivors import Survivors
from theoryprune.measures import check_density
from theoryprune.types import Mask, Pruning, Scores, TraceRow, WeightGraph


def prune(
    graph: WeightGraph,
    score: ScoreFunction,
    density: float,
    schedule: Schedule | None = None,
    scope: Scope = "global",
    protect: Collection[str] | str = (),
    on_collapse: Literal["raise", "report"] = "raise",
    progress: bool | None = None,
) -> Pruning:
    """Remove the lowest scores step by step, scoring anew what is left.

    Parameters
    ----------
    graph : WeightGraph
        Never written.
    score : callable
        From a graph to `Scores`: `synflow`, ``functools.partial(random, seed=0)``, ...
    density : float
        In (0, 1]: the fraction of the N weights that count to keep in the end.
    schedule : Schedule, optional
        How many are kept after each step. By default ``exponential(100)`` for a score with a flow, else ``one_shot()``.
    scope : {"global", "layer"}
        Rank all weights together, or each layer by itself with a density of its own.
    protect : collection of str
        Names or patterns (``"*.shortcut.*"``) of layers or weights that are kept whole and do not count in N.
    on_collapse : {"raise", "report"}
        What to do when no input reaches an output any more.
    progress : bool, optional
        Whether to show a progress bar on stderr; by default if that is a terminal.

    Returns
    -------
    Pruning
        Exactly ``max(1, ceil(density N))`` weights kept (of each layer for ``scope="layer"``); nested masks on the
        graph's device, and a trace row per step.

    Raises
    ------
    LayerCollapseError
        If the last input-output path is cut, with the iteration and the empty layers. An empty layer beside a living
        path is no collapse.
    BudgetError
        If there is nothing to prune.
    TypeError, ValueError
        If an argument is out of range, or a score is not finite.

    Notes
    -----
    Removed weights are never candidates again, whatever they score. Among equal scores the higher flat index goes
    first. Whether a path is left is judged by the flow of the survivors without biases: the score's own where it is
    that, else by one more forward pass per step (`carries_flow`).

    Cost: one evaluation of the score per step and one more at the end, and a few passes over the survivors' scores.
    Memory beside that of the score: six bytes per weight.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> from theoryprune.scores import synflow
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    >>> pruning = prune(extract(net, (8,)), synflow, density=0.1)
    >>> pruning.mask.kept, pruning.mask.total, pruning.schedule
    (16, 160, 'exponential(100)')
    """
    _check(graph, density, schedule, scope, on_collapse)
    kept_whole = protected_names({w: layer.name for w, layer in graph.weight_layers.items()}, protect)
    left = {name: Survivors(weight) for name, weight in graph.weights.items() if name not in kept_whole}
    if not left:
        raise BudgetError(nothing_to_prune(bool(kept_whole)))
    run = _Run(graph, evaluator_of(score, graph), left, check_density(density), scope)
    scores = run.evaluate()
    plan = schedule or (one_shot() if scores.total is None else exponential(100))
    collapsed = None if run.connected(scores) else 0
    if collapsed == 0 and on_collapse == "raise":
        raise _collapse(0, plan, 1.0, [])
    trace: list[TraceRow] = []
    with _bar(score_name(score), plan.steps, progress) as advance:
        for step in range(1, plan.steps + 1):
            row = run.step(step, plan, scores)
            scores = run.evaluate()
            row = replace(row, connected=run.connected(scores))
            trace.append(row)
            if not row.connected and collapsed is None:
                collapsed = step
                if on_collapse == "raise":
                    raise _collapse(step, plan, row.density, row.empty_layers)
            advance()
    return Pruning(
        mask=Mask({name: layer.removed_at == 0 for name, layer in left.items()}),
        trace=tuple(trace),
        removed_at={name: layer.removed_at for name, layer in left.items()},
        method=scores.method or score_name(score),
        schedule=str(plan),
        scope=scope,
        collapsed_at=collapsed,
        final_flow=scores.total,
        final_exponent=scores.exponent,
    )


def _check(graph: WeightGraph, density: float, schedule: object, scope: Scope, on_collapse: str) -> None:
    require_values(graph, "prune")
    check_density(density)
    if not (schedule is None or (hasattr(schedule, "kept") and hasattr(schedule, "steps"))):
        raise TypeError(
            f"schedule must be a schedule such as theoryprune.exponential(100), got {schedule!r}; call the function of "
            "its name, with the number of steps"
        )
    check_scope(scope)
    if on_collapse not in ("raise", "report"):
        raise ValueError(f"on_collapse must be 'raise' or 'report', got {on_collapse!r}")


@dataclass(frozen=True, eq=False)
class _Run:
    """The parts of one run that its steps share."""

    graph: WeightGraph
    evaluator: Evaluator
    left: dict[str, Survivors]
    density: float
    scope: Scope

    def evaluate(self) -> Scores:
        """Score the survivors."""
        scores = self.evaluator({name: layer.index for name, layer in self.left.items()})
        require_finite(scores.values, non_negative=scores.total is not None)
        return scores

    def step(self, step: int, plan: Schedule, scores: Scores) -> TraceRow:
        """Remove what the schedule asks for; whether a path is left is only known after the next evaluation."""
        before = sum(layer.count for layer in self.left.values())
        names = list(self.left)
        removed: dict[str, Tensor] = {}
        for group in [names] if self.scope == "global" else [[name] for name in names]:
            layers = [self.left[name] for name in group]
            total = sum(layer.removed_at.numel() for layer in layers)
            excess = sum(layer.count for layer in layers) - plan.kept(step, self.density, total)
            lows = lowest([scores.values[name] for name in group], excess, [layer.alive for layer in layers])
            removed |= {name: self.left[name].remove(low, step) for name, low in zip(group, lows, strict=True)}
        self.evaluator.remove(removed)
        after = sum(layer.count for layer in self.left.values())
        return TraceRow(
            iteration=step,
            kept_before=before,
            removed=before - after,
            kept_after=after,
            kept_per_layer={name: layer.count for name, layer in self.left.items()},
            layer_sizes={name: layer.removed_at.numel() for name, layer in self.left.items()},
            connected=True,
            flow=scores.total,
            exponent=scores.exponent,
        )

    def connected(self, scores: Scores) -> bool:
        """Whether an input still reaches an output."""
        if scores.total is not None and scores.rooted:
            refuse_lost_flow(scores.total, scores.flushed)
            return scores.total > 0
        weights = self.graph.weights  # biases may feed a flow that is not rooted, but they are no path from the input
        return carries_flow(
            self.graph.with_weights(
                {name: torch.where(layer.removed_at == 0, weights[name], 0) for name, layer in self.left.items()}
            )
        )


def _collapse(step: int, plan: Schedule, density: float, empty: Collection[str]) -> LayerCollapseError:
    if not step:
        message = (
            "no input reaches an output before anything is pruned: a layer is all zeros, or a batch norm has scale 0. "
            "Initialise or load the weights first"
        )
        return LayerCollapseError(message, iteration=0)
    layers = f"; empty layers: {', '.join(empty)}" if empty else ""
    return LayerCollapseError(
        f"no input reaches an output after iteration {step} of {plan} (density {density:.3g}){layers}. Remedy: a "
        "higher density, more iterations, scope='layer', protect=... for these layers, or on_collapse='report' to go "
        "on and see it in the trace",
        iteration=step,
        layers=tuple(empty),
    )


@contextmanager
def _bar(title: str, steps: int, progress: bool | None) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each step; a bar on stderr, or nothing where no one watches."""
    shown = sys.stderr.isatty() if progress is None else progress
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as bar:
        task = bar.add_task(title, total=steps)
        yield lambda: bar.advance(task)
