"""Iterative pruning: score, remove the lowest, score again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from theoryprune.errors import BudgetError, LayerCollapseError
from theoryprune.graph.evaluate import require_values
from theoryprune.graph.protect import protected_names
from theoryprune.masks.certify import certify
from theoryprune.masks.evaluators import ScoreFunction, evaluator_of, score_name
from theoryprune.masks.keep_top import Scope, check_scope, nothing_to_prune
from theoryprune.masks.run import Run
from theoryprune.masks.schedules import Schedule, adaptive, exponential, one_shot
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
    guard: Literal["layer"] | None = None,
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
        How much goes at each step. By default ``adaptive()`` for a score with a flow from the input,
        ``exponential(100)`` for one whose flow also comes from biases, else ``one_shot()``.
    scope : {"global", "layer"}
        Rank all weights together, or each layer by itself with a density of its own.
    protect : collection of str
        Names or patterns (``"*.shortcut.*"``) of layers or weights that are kept whole and do not count in N.
    on_collapse : {"raise", "report"}
        What to do when no input reaches an output any more, or when the schedule cannot go on without that.
    guard : {"layer"}, optional
        Keep at each step the highest weight of each layer that still carries flow, whatever the ranking says. Only
        for scores with a flow. It saves layers from being emptied by rank, not from losing their inputs.
    progress : bool, optional
        Whether to show a progress bar on stderr; by default if that is a terminal.

    Returns
    -------
    Pruning
        Exactly ``max(1, ceil(density N))`` weights kept (of each layer for ``scope="layer"``); nested masks on the
        graph's device, a trace row per step, and for a score with a flow the certificate of the run. With
        ``on_collapse="report"`` a schedule that is limited by the flow may stop at a higher density.

    Raises
    ------
    LayerCollapseError
        If the last input-output path is cut, with the iteration and the empty layers; or if a schedule that is limited
        by the flow cannot remove another weight, with the count reached. An empty layer beside a living path is no
        collapse.
    BudgetError
        If there is nothing to prune, or fewer weights are to be kept than `guard` keeps.
    TypeError, ValueError
        If an argument is out of range, or a score is not finite.

    Notes
    -----
    *Theorem* (survival). Let R be the flow, and let the weights removed in one step have scores that add up to S. Then
    the flow left is at least R - S: each lost path runs through a removed weight, and a weight's score is the total
    of all paths through it. So a step with S < R cuts no last path. The certificate says whether that held at every
    step (`theoryprune.FlowCertificate`, `theoryprune.verify`).

    Removed weights are never candidates again, whatever they score. Among equal scores the higher flat index goes
    first. Whether a path is left is judged by the flow of the survivors without biases: the score's own where it is
    that, else by one more forward pass per step (`carries_flow`).

    Cost: one evaluation of the score per step, a forward pass at the end, and a pass over the scores per step. Memory
    beside that of the score: three bytes per weight during the run and a few per cent of the scores, then two bytes per
    weight and the masks for the result.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> from theoryprune.scores import synflow
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    >>> pruning = prune(extract(net, (8,)), synflow, density=0.1)
    >>> pruning.mask.kept, pruning.mask.total, pruning.schedule, pruning.certificate.certified
    (16, 160, 'adaptive(0.99)', True)
    """
    _check(graph, density, schedule, scope, on_collapse, guard)
    density = check_density(density)
    kept_whole = protected_names({w: layer.name for w, layer in graph.weight_layers.items()}, protect)
    free = [name for name in graph.order if name not in kept_whole]
    if not free:
        raise BudgetError(nothing_to_prune(bool(kept_whole)))
    evaluator = evaluator_of(score, graph)
    run = Run(graph, evaluator, Survivors(graph.weights, free, evaluator), density, scope, guard)
    scores = run.evaluate()
    plan = schedule or _default(scores)
    run.start(plan, replace(scores, method=scores.method or score_name(score)))
    trace, scores, collapsed = _steps(run, plan, scores, score_name(score), on_collapse, progress)
    method = scores.method or score_name(score)
    removals, dtype = run.left.removals, run.dtype
    del run, evaluator  # what they hold is as large as the network
    mask = Mask(removals.keep())
    certificate = None
    if scores.rule is not None and scores.total is not None and scores.exponent is not None:
        certificate = certify(
            graph,
            mask,
            trace,
            scores.total,
            scores.exponent,
            method=method,
            rule=scores.rule,
            dtype=dtype,
            schedule=str(plan),
            scope=scope,
            guard=guard,
        )
    return Pruning(
        mask=mask,
        trace=tuple(trace),
        removed_at=removals.removed_at(),
        method=method,
        schedule=str(plan),
        scope=scope,
        collapsed_at=collapsed,
        final_flow=scores.total,
        final_exponent=scores.exponent,
        certificate=certificate,
    )


def _steps(
    run: Run, plan: Schedule, scores: Scores, title: str, on_collapse: str, progress: bool | None
) -> tuple[list[TraceRow], Scores, int | None]:
    """Step until the schedule ends; return the trace, the last scores, and the iteration of a collapse."""
    trace: list[TraceRow] = []
    collapsed = None if run.connected(scores) else 0
    if collapsed == 0 and on_collapse == "raise":
        raise _dead_from_the_start()
    with _bar(title, plan.steps, progress) as advance:
        while not run.finished(len(trace)):
            row = run.step(len(trace) + 1, scores)
            if row is None:
                if on_collapse == "raise":
                    raise _stuck(run, len(trace) + 1)
                break
            scores = run.evaluate(last=run.finished(len(trace) + 1))
            row = replace(row, connected=run.connected(scores))
            trace.append(row)
            if not row.connected and collapsed is None:
                collapsed = row.iteration
                if on_collapse == "raise":
                    raise _collapse(row, plan)
            advance()
    return trace, scores, collapsed


def _default(scores: Scores) -> Schedule:
    if scores.total is None:
        return one_shot()
    return adaptive() if scores.rooted else exponential(100)


def _check(
    graph: WeightGraph, density: float, schedule: object, scope: Scope, on_collapse: str, guard: str | None
) -> None:
    require_values(graph, "prune")
    check_density(density)
    if not (schedule is None or (hasattr(schedule, "kept") and hasattr(schedule, "steps"))):
        raise TypeError(
            "schedule must be a schedule such as theoryprune.adaptive() or theoryprune.exponential(100), got "
            f"{schedule!r}; call the function of its name"
        )
    check_scope(scope)
    if on_collapse not in ("raise", "report"):
        raise ValueError(f"on_collapse must be 'raise' or 'report', got {on_collapse!r}")
    if guard not in (None, "layer"):
        raise ValueError(f"guard must be 'layer' or None, got {guard!r}")


def _dead_from_the_start() -> LayerCollapseError:
    return LayerCollapseError(
        "no input reaches an output before anything is pruned: a layer is all zeros, or a batch norm has scale 0. "
        "Initialise or load the weights first",
        iteration=0,
    )


def _collapse(row: TraceRow, plan: Schedule) -> LayerCollapseError:
    layers = f"; empty layers: {', '.join(row.empty_layers)}" if row.empty_layers else ""
    return LayerCollapseError(
        f"no input reaches an output after iteration {row.iteration} of {plan} (density {row.density:.3g}){layers}. "
        "Remedy: a higher density, schedule=adaptive(), more iterations, scope='layer', protect=... for these layers, "
        "or on_collapse='report' to go on and see it in the trace",
        iteration=row.iteration,
        layers=tuple(row.empty_layers),
    )


def _stuck(run: Run, step: int) -> LayerCollapseError:
    return LayerCollapseError(
        f"iteration {step} of {run.plan} cannot remove any weight without cutting the last path, up to rounding: "
        f"{run.kept:,} of {run.total:,} weights are left (density {run.kept / run.total:.3g}), {run.target:,} were "
        f"asked for. Remedy: density={run.kept / run.total:.6g} or more, or on_collapse='report' to stop there",
        iteration=step,
    )


@contextmanager
def _bar(title: str, steps: int | None, progress: bool | None) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each step; a bar on stderr, or nothing where no one watches."""
    shown = sys.stderr.isatty() if progress is None else progress
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as bar:
        task = bar.add_task(title, total=steps)
        yield lambda: bar.advance(task)
