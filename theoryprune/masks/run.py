"""One run of iterative pruning: what its steps share, and what each of them does."""

from __future__ import annotations

from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import torch

from theoryprune.errors import BudgetError
from theoryprune.graph.connected import carries_flow
from theoryprune.graph.cuts import cut_weights
from theoryprune.graph.rounding import rounding_margin
from theoryprune.masks.candidates import require_finite
from theoryprune.masks.evaluators import Evaluator
from theoryprune.masks.guess import Guess
from theoryprune.masks.keep_top import Scope
from theoryprune.masks.schedules import Schedule
from theoryprune.masks.selection import Lowest, lowest
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
    left : Survivors
    density : float
        To be reached.
    scope : {"global", "layer"}
    guard : {"layer"} or None
    """

    def __init__(
        self,
        graph: WeightGraph,
        evaluator: Evaluator,
        left: Survivors,
        density: float,
        scope: Scope,
        guard: str | None,
    ) -> None:
        self.graph, self.left, self.density, self.guard = graph, left, density, guard
        self._sizes = {name: graph.weights[name].numel() for name in left.counts}
        self.groups = [list(left.counts)] if scope == "global" else [[name] for name in left.counts]
        self.total = sum(self._sizes.values())
        self.dtype = torch.float64
        self.plan: Schedule
        self._cuts: tuple[str, ...] = ()
        self._evaluator = evaluator
        self._limit, self._margin = inf, 0.0
        self._guesses = defaultdict[str, Guess](Guess)

    @property
    def kept(self) -> int:
        """Number of survivors."""
        return sum(self.left.counts.values())

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
        self.dtype = next((block.dtype for _, block, _ in self._evaluator.blocks(list(self._sizes))), torch.float64)
        theta = getattr(plan, "theta", None)
        self._cuts = cut_weights(self.graph) if scores.rule is not None else ()
        if (theta is not None or self.guard is not None) and (scores.total is None or not scores.rooted):
            what = f"schedule {plan}" if theta is not None else "guard='layer'"
            lack = "has no flow" if scores.total is None else "has a flow that does not come from the input alone"
            remedy = "schedule=exponential(100) or schedule=one_shot()" if theta is not None else "no guard"
            raise ValueError(
                f"{what} needs the flow of a score such as synflow; '{scores.method}' {lack}. Remedy: {remedy}"
            )
        if self.guard is not None and self.target < len(self._sizes):
            raise BudgetError(
                f"guard='layer' keeps a weight in each of {len(self._sizes)} layers, but only {self.target} are to be "
                f"kept. Remedy: a density of at least {len(self._sizes) / self.total:.3g}, or no guard"
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
        choices = self._choose(step, scores)
        if choices is None:
            return None
        self.left.remove(torch.cat([choice.lows.zeros for choice in choices]).sort().values, step)
        return TraceRow(
            iteration=step,
            kept_before=before,
            removed=before - self.kept,
            kept_after=self.kept,
            kept_per_layer=dict(self.left.counts),
            layer_sizes=dict(self._sizes),
            connected=True,
            **self._amounts(scores, choices),
        )

    def connected(self, scores: Scores) -> bool:
        """Whether an input still reaches an output."""
        if scores.total is not None and scores.rooted and scores.total > 0:
            return True
        # Biases may feed a flow that is not rooted, but they are no path from the input; 0 may be an underflow.
        weights = self.graph.weights
        masked = {name: torch.where(keep, weights[name], 0) for name, keep in self.left.removals.keep().items()}
        return carries_flow(self.graph.with_weights(masked))

    def _size(self, group: list[str]) -> int:
        return sum(self._sizes[name] for name in group)

    def _choose(self, step: int, scores: Scores) -> list[_Choice] | None:
        """Choose what goes in each group; None if something should and nothing can."""
        excess = [
            sum(self.left.counts[name] for name in group) - self.plan.kept(step, self.density, self._size(group))
            for group in self.groups
        ]
        flow = scores.total or 0.0
        share = self._limit * flow / max(1, sum(k > 0 for k in excess)) if self._limit < inf else inf
        choices = [self._lowest(group, max(0, k), flow, share) for group, k in zip(self.groups, excess, strict=True)]
        if self._limit == inf or max(excess) <= 0 or any(choice.lows.count for choice in choices):
            return choices
        # Not one score fits: a single weight may still go, if that leaves a path for certain.
        open_groups = [name for group, k in zip(self.groups, excess, strict=True) if k > 0 for name in group]
        single = self._lowest(open_groups, 1, flow)
        if single.lows.total > self._margin * flow:
            return None
        others = [[name for name in group if name not in open_groups] for group in self.groups]
        return [single, *(self._lowest(group, 0, flow) for group in others if group)]

    def _lowest(self, group: list[str], k: int, flow: float, limit: float = inf) -> _Choice:
        """Choose among the survivors of a group; every score of it must be finite."""
        part = self.left.part(group)
        with part.shielded() if self.guard else nullcontext():
            lows = lowest(part, k, limit, self._guesses[group[0]].bracket(flow))
        if not all(map(isfinite, lows.sums)):
            names = [name for name, total in zip(group, lows.sums, strict=True) if not isfinite(total)]
            blocks = {name: [block for _, block, _ in self._evaluator.blocks([name])] for name in names}
            require_finite({name: torch.cat(parts) for name, parts in blocks.items()})
        if lows.largest and flow:
            self._guesses[group[0]].learn(lows.largest / flow)
        return _Choice(group, lows)

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
            "layer_totals": {name: totals[name] for name in self._sizes},
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
