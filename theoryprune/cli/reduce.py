"""``theoryprune reduce``: a model in, a smaller one with its certificates out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from theoryprune.cli import options
from theoryprune.cli.folders import check_free, file_hash
from theoryprune.cli.output import say, show, show_json
from theoryprune.cli.prune import relative, versions
from theoryprune.cli.reductions import PICTURE, ReductionRun, write_reduction
from theoryprune.cli.show_reduction import reduction_parts
from theoryprune.cli.target import read_graph
from theoryprune.coresets import CONSTRUCTIONS, Budget, LayerCoreset, reduce
from theoryprune.graph.hashing import graph_sha256
from theoryprune.measures.seeds import generator
from theoryprune.reports import reduction_data

Construction = Callable[..., LayerCoreset]

_OTHERS = ("min_keep", "inputs", "bias_correction", "fold_bn", "end_to_end", "radius", "effort", "seed")


@dataclass(frozen=True)
class Reduce:
    """Reduce a trained model to fewer channels, each layer with its certificate, without data.

    Prints the groups of channels, what was reached, and the curve of error versus size; with --out also writes the
    network before, after and without the pruned channels, the certificates and the record of the run. Nothing is
    written if anything fails.
    """

    model: Annotated[tyro.conf.Positional[str], options.MODEL]
    """package.module:factory or path/to/file.py:factory. Called without arguments; the current folder is importable."""

    params: Annotated[float | None, options.LIMIT, options.NUMBER] = None
    """Fraction of the parameters to keep, as 0.5; counted on the small network."""

    macs: Annotated[float | None, options.LIMIT, options.NUMBER] = None
    """Fraction of the multiply-accumulates to keep."""

    channels: Annotated[float | None, options.LIMIT, options.NUMBER] = None
    """Fraction of the channels of the removable groups to keep."""

    error: Annotated[float | None, options.LIMIT, options.NUMBER] = None
    """Largest sum of the errors of all groups (see --weighting); the network becomes as small as that allows."""

    method: Annotated[str, options.METHOD] = "merge"
    """Construction: merge, kernel_fit, norm, norm_merge, norm_v, norm_v_merge, random, random_merge, uniform, mussay,
    lowner_peel, peel_top, lewis or additive."""

    how: Literal["marginal", "global_eps", "absolute_eps", "uniform"] = "marginal"
    """How the budget is divided over the groups: the cheapest channel first, one error for all, relative or absolute,
    or one fraction for all."""

    weighting: Annotated[Literal["relative", "telescoped", "equal"] | None, options.WEIGHTING] = None
    """What a group's error counts when the budget is divided: over that of deleting the group (the default for sizes),
    as a bound of the output's (the default for --error), or as it is."""

    streams: Annotated[bool, options.FLAG] = False
    """Reduce residual streams too, each as one group."""

    protect: Annotated[tuple[str, ...], options.PATTERNS] = ()
    """Names or patterns of layers that are kept whole, as 'linear' '*.shortcut.*'."""

    multiple_of: Annotated[int | None, options.CHANNELS] = None
    """Groups that lose channels keep a multiple of this, as 8."""

    min_keep: Annotated[int | None, options.CHANNELS] = None
    """Channels that every group keeps at least: 2 % of its own unless given."""

    inputs: Annotated[Literal["standard", "batchnorm"] | None, options.INPUTS] = None
    """Law that methods assume: of inputs N(0, I), or what batch norms tell of units, the default for kernel_fit."""

    bias_correction: Annotated[Literal["on", "off"] | None, options.CORRECTION] = None
    """Put the mean of what is lost into the biases, where batch norms tell it: the default wherever the method sees
    what they tell, as kernel_fit does."""

    fold_bn: Annotated[bool, options.FLAG] = False
    """Fold batch norms into the layers before them; else they are kept, with the channels that are left."""

    end_to_end: Annotated[bool, options.FLAG] = False
    """Bound the change of the network's output too; without it, that is done for at most 4 weight layers."""

    radius: Annotated[float, options.NUMBER] = 1.0
    """That bound is for inputs of at most this norm: 1 unless given."""

    effort: Literal["fast", "default", "high"] = "default"
    """Of the certificates: without the matrix inequality, with it, with it to more digits."""

    weights: Annotated[Path | None, options.FILE] = None
    """Checkpoint of the model: safetensors, or a state_dict that torch.load reads with weights_only."""

    shape: Annotated[str | None, options.SHAPE] = None
    """Shape of one example without the batch axis, as 3,32,32. Else the model's attribute example_shape counts."""

    seed: int = 0
    """For the model's initial weights, for constructions that draw, and for the search beside each certificate."""

    out: Annotated[Path | None, options.FOLDER] = None
    """Folder to make for before, graph (same shape), small (without pruned channels) and reduction.safetensors,
    run.json and curve.svg."""

    force: Annotated[bool, options.FLAG] = False
    """Replace an older run in that folder."""

    json: Annotated[bool, options.FLAG] = False
    """Print one JSON document, that of run.json, in place of the tables."""

    quiet: Annotated[bool, options.FLAG] = False
    """Print nothing but errors, and the JSON if asked for."""

    def run(self) -> None:
        """Execute the command."""
        budget, method = self._budget(), self._method()
        generator(self.seed)  # a bad seed is told before anything is read
        if self.out is not None:
            check_free(self.out, self.force)
        graph = read_graph(self.model, self.seed, self.shape, self.weights)
        result = reduce(
            graph,
            budget,
            method,
            streams=self.streams,
            protect=self.protect,
            min_keep=0 if self.min_keep is None else self.min_keep,
            multiple_of=1 if self.multiple_of is None else self.multiple_of,
            how=self.how,
            weights=self.weighting,
            inputs=self.inputs,
            bias_correction=None if self.bias_correction is None else self.bias_correction == "on",
            fold_bn=self.fold_bn,
            end_to_end=self.end_to_end or None,
            radius=self.radius,
            effort=self.effort,
            seed=self.seed,
            progress=False if self.quiet else None,
        )
        small = result.small
        hashes = {"before": result.before, "graph": result.graph, "small": small}
        record = {
            "arguments": self._arguments(graph.input_shape),
            "versions": versions(),
            "hashes": {
                **{name: graph_sha256(one) for name, one in hashes.items()},
                "weights": file_hash(self.weights) if self.weights else None,
            },
            **reduction_data(result, small),
        }
        run = ReductionRun(result, small, record)
        files = [] if self.out is None else write_reduction(self.out, run, force=self.force)
        if self.json:
            show_json(record)
        elif not self.quiet:
            show(*reduction_parts(run))
        if self.out is not None and not self.quiet:
            missing = "" if PICTURE in files else f" (no {PICTURE}: pip install 'theoryprune[bench]' for pictures)"
            say(f"written to {self.out}: {', '.join(files)}{missing}")

    def _budget(self) -> Budget:
        if self.min_keep is not None and self.min_keep < 1:
            raise ValueError(f"min_keep must be at least 1, got {self.min_keep}")
        return Budget(params=self.params, macs=self.macs, channels=self.channels, error=self.error)

    def _method(self) -> Construction:
        if self.method not in CONSTRUCTIONS:
            raise ValueError(f"method must be one of {', '.join(CONSTRUCTIONS)}, got '{self.method}'")
        return CONSTRUCTIONS[self.method]

    def _arguments(self, shape: tuple[int, ...]) -> dict[str, Any]:
        names = ("params", "macs", "channels", "error", "method", "how", "weighting", "streams", "multiple_of")
        return {
            "model": relative(self.model),
            **{name: getattr(self, name) for name in (*names, *_OTHERS)},
            "protect": list(self.protect),
            "weights": self.weights.name if self.weights else None,
            "shape": list(shape),
        }
