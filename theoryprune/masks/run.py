"""One run of iterative pruning: what its steps share, and what each of them does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import torch

from theoryprune.errors import BudgetError
from theoryprune.graph.cuts import cut_weights
from theoryprune.graph.flow_evaluator import carries_flow, refuse_lost_flow
from theoryprune.graph.rounding import rounding_margin
from theoryprune.masks.evaluators import Evaluator
from theoryprune.masks.keep_top import Scope
from theoryprune.masks.schedules import Schedule
from theoryprune.masks.selection import Lowest, lowest, require_finite
from theoryprune.masks.survivors import Survivors
from theoryprune.measures import kept_count
from theoryprune.types import Scores, TraceRow, WeightGraph, theta_max


class Run:
    """The state of one run.

    Parameters
    ----------
    graph : WeightGraph
        Before pruning.
    evaluator : Evaluator
        Where the scores come from.
    left : dict of str to Survivors
        Of every weight that counts.
    density : float
        To be reached.
    scope : {"global", "layer"}
    guard : {"layer"} or None
    """

    def __init__(
        self,
        graph: WeightGraph,
        evaluator: Evaluator,
        left: dict[str, Survivors],
        density: float,
        scope: Scope,
        guard: str | None,
    ) -> None:
        self.graph, self.left, self.density, self.guard = graph, left, density, guard
        self.groups = [list(left)] if scope == "global" else [[name] for name in left]
        self.total = sum(layer.total for layer in left.values())
        self.dtype = torch.float64
        self.plan: Schedule
        self._cuts: tuple[str, ...] = ()
        self._evaluator = evaluator
        self._limit, self._margin = inf, 0.0

    @property
    def kept(self) -> int:
        """Number of survivors."""
        return sum(layer.count for layer in self.left.values())

    @property
    def target(self) -> int:
        """Number of survivors asked for in the end."""
        return sum(kept_count(self.density, self._size(group)) for group in self.groups)

    def start(self, plan: Schedule, scores: Scores) -> None:
        """Check that the schedule and the guard suit the scores.

        Raises
        ------
        ValueError
            If one of them needs a flow and there is none, or rounding leaves no room.
        BudgetError
            If fewer weights are to be kept than the guard keeps.
        """
        self.plan = plan
        self.dtype = next((block.dtype for layer in self.left.values() for block in layer.blocks()), torch.float64)
        theta = getattr(plan, "theta", None)
        self._cuts = cut_weights(self.graph) if scores.rule is not None else ()
        if theta is not None or self.guard is not None:
            what = f"schedule {plan}" if theta is not None else "guard='layer'"
            if scores.total is None or not scores.rooted:
                raise ValueError(
                    f"{what} needs a score whose flow comes from the input alone, such as theoryprune.synflow without "
                    f"bias='unit'; '{scores.method or 'this score'}' has none. Remedy: exponential(100) or one_shot()"
                )
        if self.guard is not None and self.target < len(self.left):
            raise BudgetError(
                f"guard='layer' keeps a weight in each of {len(self.left)} layers, but only {self.target} are to be "
                f"kept. Remedy: a density of at least {len(self.left) / self.total:.3g}, or no guard"
            )
        if theta is not None:
            self._margin = theta_max(rounding_margin(self.graph, self.dtype))
            if self._margin <= 0:
                raise ValueError(
                    f"schedule {plan}: in {self.dtype} rounding may change a flow through this network by more than "
                    "itself, so nothing can be promised. Remedy: dtype=torch.float64"
                )
            self._limit = min(theta, self._margin)

    def finished(self, steps: int) -> bool:
        """Whether the schedule has ended after so many steps."""
        return steps >= self.plan.steps if self.plan.steps is not None else self.kept <= self.target

    def evaluate(self, last: bool = False) -> Scores:
        """Score the survivors; only the flow counts for the `last` time."""
        return self._evaluator.evaluate(values=not last)

    def step(self, step: int, scores: Scores) -> TraceRow | None:
        """Remove what the schedule asks for; None if it asks for something and the flow allows nothing.

        Whether a path is left is only known after the next evaluation.
        """
        before = self.kept
        with self._guarded():
            choices = self._choose(step, scores)
        if choices is None:
            return None
        for choice in choices:
            self._mark(choice, step)
        self._evaluate_without(choices)
        return TraceRow(
            iteration=step,
            kept_before=before,
            removed=before - self.kept,
            kept_after=self.kept,
            kept_per_layer={name: layer.count for name, layer in self.left.items()},
            layer_sizes={name: layer.total for name, layer in self.left.items()},
            connected=True,
            **self._amounts(scores, choices),
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

    def _size(self, group: list[str]) -> int:
        return sum(self.left[name].total for name in group)

    def _choose(self, step: int, scores: Scores) -> list[_Choice] | None:
        """Choose what goes in each group; None if something should and nothing can."""
        excess = [
            sum(self.left[name].count for name in group) - self.plan.kept(step, self.density, self._size(group))
            for group in self.groups
        ]
        flow = scores.total or 0.0
        share = self._limit * flow / max(1, sum(k > 0 for k in excess)) if self._limit < inf else inf
        choices = [self._lowest(group, max(0, k), share) for group, k in zip(self.groups, excess, strict=True)]
        if self._limit == inf or max(excess) <= 0 or any(choice.lows.count for choice in choices):
            return choices
        # Not one score fits: a single weight may still go, if that leaves a path for certain.
        open_groups = [name for group, k in zip(self.groups, excess, strict=True) if k > 0 for name in group]
        single = self._lowest(open_groups, 1, inf)
        if single.lows.total > self._margin * flow:
            return None
        others = [[name for name in group if name not in open_groups] for group in self.groups]
        return [single, *(self._lowest(group, 0, inf) for group in others if group)]

    def _lowest(self, group: list[str], k: int, limit: float) -> _Choice:
        """Choose among the survivors of a group; every score of it must be finite."""
        lows = lowest([self.left[name] for name in group], k, limit)
        suspects = [name for name, total in zip(group, lows.sums, strict=True) if not isfinite(total)]
        blocks = {name: list(self.left[name].blocks()) for name in suspects}
        require_finite({name: torch.cat(parts) for name, parts in blocks.items() if parts})
        return _Choice(group, lows)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Take the highest weight of each layer with flow out of the candidates, if that is asked for."""
        with ExitStack() as stack:
            for layer in self.left.values() if self.guard else ():
                stack.enter_context(layer.shielded())
            yield

    def _mark(self, choice: _Choice, step: int) -> None:
        for name, places, zeros in zip(choice.group, choice.lows.places, choice.lows.zeros, strict=True):
            self.left[name].remove(places, zeros, step)

    def _evaluate_without(self, choices: list[_Choice]) -> None:
        """Take what was chosen out of the evaluator, and follow it where it reorders what is left."""
        removed = {
            name: places
            for choice in choices
            for name, places in zip(choice.group, choice.lows.places, strict=True)
            if len(places)
        }
        for name, places in self._evaluator.remove(removed).items():
            if name in self.left:
                self.left[name].move(places)

    def _amounts(self, scores: Scores, choices: list[_Choice]) -> dict[str, Any]:
        """Return the fields of a row that speak of flow."""
        if scores.total is None:
            return {}
        totals = {name: total for choice in choices for name, total in zip(choice.group, choice.lows.sums, strict=True)}
        flow = scores.total
        largest = [choice.lows.largest for choice in choices if choice.lows.largest is not None]
        smallest = [choice.lows.next_score for choice in choices if choice.lows.next_score is not None]
        return {
            "flow": flow,
            "exponent": scores.exponent,
            "prune_sum": sum(choice.lows.total for choice in choices),
            "largest_removed": max(largest, default=None),
            "smallest_kept": min(smallest, default=None),
            "layer_totals": {name: totals[name] for name in self.left},
            "conservation_residual": max(
                (abs(totals[name] - flow) / flow for name in self._cuts if name in totals and flow), default=0.0
            ),
            "flushed": scores.flushed,
        }


@dataclass(frozen=True, eq=False)
class _Choice:
    """What is to be removed from a group of layers."""

    group: list[str]
    lows: Lowest
