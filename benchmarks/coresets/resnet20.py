"""A trained ResNet-20 on CIFAR-10, reduced without data and without fine-tuning."""

from typing import Any

import theoryprune as tp
from benchmarks.cifar10 import cifar10_test, normalised, spread_out
from benchmarks.coresets.networks import (
    COLUMNS,
    NOTES,
    VARIANTS,
    logits,
    reduced_row,
    refusals,
    unpruned,
    violations,
)
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report
from benchmarks.digits import Images
from benchmarks.trained import trained_resnet20
from theoryprune.coresets import CONSTRUCTIONS

KEEPS = (0.9, 0.75, 0.5, 0.25, 0.1)
SEEDS = tuple(range(3))
BATCH = 250


def measure(options: Options) -> list[Report]:
    """Load network and images, and reduce by every construction."""
    model = trained_resnet20(options.data, options.weights)
    images = spread_out(normalised(cifar10_test(options.data)), options.images)
    graph = tp.extract(model, model.example_shape)
    return reports(graph, images)


def reports(graph: tp.WeightGraph, images: Images, keeps: tuple[float, ...] = KEEPS) -> list[Report]:
    """Reduce the interior groups by every construction, all groups by merge."""
    wanted = logits(graph, images.x, BATCH)
    base = unpruned(graph, images, wanted)
    interior: list[dict[str, Any]] = [base]
    for method, options in (*((name, {}) for name in CONSTRUCTIONS), *VARIANTS):
        interior += [
            reduced_row(graph, images, wanted, method, keep, seeds=SEEDS, batch=BATCH, **options) for keep in keeps
        ]
    streams = [base]
    for method in ("merge", "kernel_fit", "norm_v_merge"):
        streams += [
            reduced_row(graph, images, wanted, method, keep, seeds=SEEDS, batch=BATCH, streams=True) for keep in keeps
        ]
    count = len(images)
    return [
        Report(
            f"ResNet-20, channels inside the blocks, no data, no fine-tuning: {count:,} test images of CIFAR-10",
            COLUMNS,
            interior,
            NOTES,
            violations(interior),
        ),
        Report(
            f"ResNet-20, residual streams too (streams=True): {count:,} test images of CIFAR-10",
            COLUMNS,
            streams,
            NOTES,
            violations(streams),
        ),
        refusals([*interior, *streams], "What was not done, and why"),
    ]
