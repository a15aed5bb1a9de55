"""A trained EfficientNet-Lite0 (depthwise convolutions, ReLU6) on ImageNet photos, reduced without data."""

from typing import Any

import theoryprune as tp
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
from benchmarks.photos import photos
from benchmarks.trained import efficientnet_input, trained_efficientnet
from theoryprune.coresets import CONSTRUCTIONS

KEEPS = (0.9, 0.75, 0.5, 0.25, 0.1)
SEEDS = tuple(range(1))
BATCH = 20


def measure(options: Options) -> list[Report]:
    """Load network and photos, and reduce by every construction."""
    images = photos(options.data)
    model = trained_efficientnet()
    graph = tp.extract(model, model.example_shape)
    return reports(graph, Images(efficientnet_input(images.x), images.y))


def reports(graph: tp.WeightGraph, images: Images, keeps: tuple[float, ...] = KEEPS) -> list[Report]:
    """Reduce all groups that can be by every construction; the streams by merge."""
    wanted = logits(graph, images.x, BATCH)
    base = unpruned(graph, images, wanted)
    interior: list[dict[str, Any]] = [base]
    for method, options in (*((name, {}) for name in CONSTRUCTIONS), *VARIANTS):
        interior += [
            reduced_row(graph, images, wanted, method, keep, seeds=SEEDS, batch=BATCH, **options) for keep in keeps
        ]
    streams = [
        base,
        *(reduced_row(graph, images, wanted, "merge", keep, seeds=SEEDS, batch=BATCH, streams=True) for keep in keeps),
    ]
    title = f"EfficientNet-Lite0, no data, no fine-tuning: {len(images)} photos"
    return [
        Report(f"{title}, streams whole", COLUMNS, interior, NOTES, violations(interior)),
        Report(f"{title}, residual streams too (streams=True)", COLUMNS, streams, NOTES, violations(streams)),
        refusals([*interior, *streams], "What was refused or only selected, and why"),
    ]
