"""What the pruning loop asks of a score: the scores of the survivors, again and again, as weights are taken out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Protocol

import torch
from torch import Tensor

from theoryprune.graph.moved import Moved
from theoryprune.masks.candidates import Block, require_finite
from theoryprune.types import Scores, WeightGraph

ScoreFunction = Callable[[WeightGraph], Scores]


class Evaluator(Protocol):
    """Scores of one network from which weights are taken out step by step."""

    def evaluate(self, values: bool = True) -> Scores:
        """Score what is left; the values are read by `blocks` and `at` until the next call, or a removal.

        Without `values` only the flow is wanted.
        """

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        """The places of each weight's entries, all weights one after the other in registration order."""

    def blocks(self, names: Sequence[str]) -> Iterator[Block]:
        """Yield the scores of some weights in order of their places; a block holds until the next one."""

    def at(self, places: Tensor) -> Tensor:
        """Return the scores at ascending places."""

    def remove(self, places: Tensor) -> None:
        """Take the entries at ascending places out; the scores are void until the next call of `evaluate`."""

    def shrink(self) -> Mapping[str, Moved] | None:
        """Drop what has become needless; if places change, return where the entries of every weight were until now.

        Entries that are nowhere among them are dropped: they score 0 from now on.
        """


class PlainEvaluator:
    """Calls a score function on the graph with its removed weights set to zero.

    Parameters
    ----------
    score : callable
        From a graph to `Scores`.
    graph : WeightGraph
        Never written: the weights are copied.
    """

    def __init__(self, score: ScoreFunction, graph: WeightGraph) -> None:
        self._score = score
        self._graph = graph.with_weights({name: weight.detach().clone() for name, weight in graph.weights.items()})
        self._values: Mapping[str, Tensor] = {}
        ends = list(accumulate(weight.numel() for weight in graph.weights.values()))
        self.spans = dict(zip(graph.order, zip([0, *ends], ends, strict=False), strict=True))

    def evaluate(self, values: bool = True) -> Scores:
        """Score the masked graph.

        Raises
        ------
        TypeError, ValueError
            If it returns anything but finite scores of the weights' shapes, not negative if they are a flow.
        """
        scores = self._score(self._graph)
        if not isinstance(scores, Scores):
            raise TypeError(f"score must return Scores, got {type(scores).__name__} from {self._score!r}")
        for name, weight in self._graph.weights.items():
            if name not in scores.values or scores.values[name].shape != weight.shape:
                raise ValueError(f"score must give '{name}' scores of shape {tuple(weight.shape)}")
        require_finite(scores.values, non_negative=scores.total is not None)
        self._values = {name: scores.values[name].detach().reshape(-1) for name in self._graph.order}
        return scores

    def blocks(self, names: Sequence[str]) -> Iterator[Block]:
        """Yield the scores of some weights."""
        for name in names:
            yield self.spans[name][0], self._values[name], (self._values[name].numel(),)

    def at(self, places: Tensor) -> Tensor:
        """Return the scores at some places."""
        return torch.cat(list(self._values.values()))[places]

    def remove(self, places: Tensor) -> None:
        """Set weights to zero in the copy; the order stays."""
        for name, (start, end) in self.spans.items():
            inside = places[(places >= start) & (places < end)] - start
            weight = self._graph.weights[name]
            weight[torch.unravel_index(inside, weight.shape)] = 0

    def shrink(self) -> None:
        """Drop nothing: the score reads whole graphs."""


def evaluator_of(score: ScoreFunction, graph: WeightGraph) -> Evaluator:
    """Return the score's own evaluator where it offers one (``score.prepare``), else the plain one.

    Raises
    ------
    TypeError
        If `score` cannot be called with a graph alone.
    """
    check_score(score)
    function, options = (score.func, score.keywords) if isinstance(score, partial) else (score, {})
    prepare = getattr(function, "prepare", None)
    if prepare is None or (isinstance(score, partial) and score.args):
        return PlainEvaluator(score, graph)
    evaluator: Evaluator = prepare(graph, **options)
    return evaluator


def check_score(score: ScoreFunction) -> None:
    """Raise `TypeError` unless `score` can be called with a graph alone."""
    if isinstance(score, Scores):
        raise TypeError(
            "score must be a function of a graph, got finished Scores; keep_top(scores, density) prunes once"
        )
    if not callable(score):
        raise TypeError(f"score must be a function of a graph such as theoryprune.synflow, got {score!r}")
    try:
        signature = inspect.signature(score)
    except ValueError:  # a builtin without one; it is called as it is
        return
    try:
        signature.bind(None)
    except TypeError as error:
        raise TypeError(
            f"score must be callable with the graph alone, but {score_name(score)}: {error}; bind the rest first, as "
            "in functools.partial(theoryprune.random, seed=0)"
        ) from None


def score_name(score: ScoreFunction) -> str:
    """Return the name of a score function, looking through `functools.partial`."""
    while isinstance(score, partial):
        score = score.func
    return getattr(score, "__name__", type(score).__name__)
