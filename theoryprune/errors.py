"""The exceptions of the package, one for each kind of broken assumption.

All descend from `TheoryPruneError`, so one ``except`` clause catches everything that the package refuses. A
bad argument (a density of 95, a shape that does not fit, a score that is not finite) is a plain `ValueError`
or `TypeError` instead: it is a mistake in the call, not in the network or in the mathematics.

Every message names the argument or layer, the rule it broke, the value found and the remedy.
"""

from functools import partial
from typing import Any

__all__ = [
    "TheoryPruneError",
    "UnsupportedLayerError",
    "LayerCollapseError",
    "BudgetError",
    "CertificateError",
    "ConvergenceError",
    "FileFormatError",
    "DataError",
]


class TheoryPruneError(Exception):
    """Base class of every error that the package raises by name."""


class UnsupportedLayerError(TheoryPruneError, NotImplementedError):
    """A network holds something that no rule of the package describes.

    Raised by extraction, which names all offending nodes at once, and by a quantity (a flow, a bound, a
    count) that has no rule for one kind of layer. Nothing is guessed in place of a missing rule.

    The remedy is to rewrite the named part with supported operators, to extract only the part of the model
    that is supported, or to add the missing rule: a layer kind is one file in ``theoryprune/layers``, a
    quantity of a layer one registered function.
    """


class LayerCollapseError(TheoryPruneError):
    """Pruning left no path from the input to the output, so the network cannot compute or learn anything.

    Raised while pruning, at the first iteration without a path. The remedy is a higher density, more
    iterations (a slower schedule lets the scores follow the mask), ``scope="layer"``, or protecting the
    layers named here; ``on_collapse="report"`` records the collapse in the trace and goes on.

    Parameters
    ----------
    message : str
        What collapsed, and the remedy.
    iteration : int, optional
        The iteration of the schedule at which the last path was cut; None when the mask was not made by one.
    layers : tuple of str, optional
        The names of the layers left without a weight, in the order of the network. It may be empty: a network
        can lose every path while each layer keeps some weight.

    Examples
    --------
    >>> error = LayerCollapseError("no path is left", iteration=7, layers=("features.3",))
    >>> error.iteration, error.layers
    (7, ('features.3',))
    """

    def __init__(self, message: str, *, iteration: int | None = None, layers: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.iteration = iteration
        self.layers = layers


class BudgetError(TheoryPruneError):
    """A budget cannot be met, or there is nothing to prune.

    Raised when the amount asked for lies outside what the network allows: fewer weights than the protected
    ones, fewer channels than one in each group, an error below what any choice attains, or a network without
    a prunable weight. The message says which limit was met and the nearest budget within reach: ask for that
    one, or protect less.
    """


class CertificateError(TheoryPruneError):
    """A certificate does not hold for the networks it is checked against.

    Raised by verification when a value cannot be recomputed, a hash names another network, an assumption is
    broken or the schema is unknown. Treat the certificate as void: certify these very networks again, and
    compare the hashes to see which of the two has changed.
    """


class ConvergenceError(TheoryPruneError):
    """An iterative solver stopped before it reached the tolerance that its result must have.

    The unfinished result is not returned, so nobody takes it for what was asked; where it is worth looking at,
    the error carries it, with its own true gap. The remedy is more iterations, a looser tolerance where the
    statement allows one, or better scaled data.

    Parameters
    ----------
    message : str
        Which solver, after how many iterations, and the remedy.
    gap : float
        The gap reached, in the units of the tolerance it was held against.
    result : object, optional
        What the solver had, of the type that it returns; None where nothing can be made of it.

    Examples
    --------
    >>> ConvergenceError("stopped after 10 iterations", gap=0.25).gap
    0.25
    """

    def __init__(self, message: str, *, gap: float, result: object = None) -> None:
        super().__init__(message)
        self.gap = gap
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        # By default an exception is rebuilt from its message alone; the gap is required, so that would fail.
        return partial(type(self), gap=self.gap), self.args, self.__dict__


class FileFormatError(TheoryPruneError):
    """A file is not what it should be: truncated, of another format or schema, or of another network.

    Raised on reading, before anything is built from the content. The remedy is to write the file again with
    the matching function (`save_mask`, `save_graph`), or to load the checkpoint that belongs to this model.
    """


class DataError(TheoryPruneError):
    """A data set is missing or not in the layout that its loader reads.

    Raised by the loaders of the benchmarks. The message names the folder expected below the one that the
    environment variable ``THEORYPRUNE_DATA`` points to; scikit-learn's digits need no file at all.
    """
