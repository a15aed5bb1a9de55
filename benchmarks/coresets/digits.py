"""Accuracy without data and without fine-tuning: a perceptron on scikit-learn's digits, both hidden layers pruned."""

import statistics
from typing import Any

import torch
from torch.nn import functional

import theoryprune as tp
from benchmarks.coresets.networks import logits, reduced_row, unpruned, violations
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report
from benchmarks.coresets.spread import mean_spread
from benchmarks.digits import Images, digits
from benchmarks.models import digits_mlp
from benchmarks.models.network import Network
from theoryprune.coresets import CONSTRUCTIONS

WEIGHT_DECAYS = (0.01, 1.0)
KEEPS = (0.75, 0.5, 0.25)
EPOCHS = 120


def measure(options: Options) -> list[Report]:
    """Train networks, prune each by every construction, and test them."""
    training, test = digits()
    rows: list[dict[str, Any]] = []
    for decay in WEIGHT_DECAYS:
        models = [trained(training, decay, seed) for seed in range(options.seeds)]
        rows += accuracies(models, decay, test)
    return [accuracy_report(rows), certificate_report(rows)]


def trained(images: Images, weight_decay: float, seed: int, epochs: int = EPOCHS) -> Network:
    """Train 64-128-64-10 from PyTorch's own initial weights: AdamW, learning rate 3e-3, batches of 64."""
    torch.manual_seed(seed)
    model = digits_mlp()
    for module in model:
        if isinstance(module, torch.nn.Linear):
            module.reset_parameters()
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=weight_decay)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=order).split(64):
            optimiser.zero_grad()
            functional.cross_entropy(model(images.x[chosen]), images.y[chosen]).backward()
            optimiser.step()
    return model.eval()


def accuracies(models: list[Network], decay: float, test: Images, effort: str = "default") -> list[dict[str, Any]]:
    """Reduce each network by every construction to every size; a construction that draws does so once for each."""
    graphs = [tp.extract(model, model.example_shape) for model in models]
    wanted = [logits(graph, test.x, len(test)) for graph in graphs]
    base = [unpruned(graph, test, out) for graph, out in zip(graphs, wanted, strict=True)]
    rows: list[dict[str, Any]] = [_line("unpruned", decay, 1.0, base)]
    for method in CONSTRUCTIONS:
        for keep in KEEPS:
            found = [
                reduced_row(graph, test, out, method, keep, seeds=(seed,), batch=len(test), effort=effort)
                for seed, (graph, out) in enumerate(zip(graphs, wanted, strict=True))
            ]
            rows.append(_line(method, decay, keep, found))
    return rows


def _line(method: str, decay: float, keep: float, found: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "method": method,
        "decay": decay,
        "keep": keep,
        "accuracies": [one["accuracy"] for one in found],
        "agreement": [one["agreement"] for one in found],
        "lines": [line for one in found for line in one.get("lines", ())],
    }


def accuracy_report(rows: list[dict[str, Any]]) -> Report:
    """Mean and deviation over the training seeds, constructions down, sizes across."""
    seeds = len(rows[0]["accuracies"])
    columns = {"method": "{method}"}
    lines: dict[str, dict[str, Any]] = {}
    for row in rows:
        line = lines.setdefault(row["method"], {"method": row["method"]})
        for keep in KEEPS if row["method"] == "unpruned" else (row["keep"],):
            heading = f"decay {row['decay']:g}, {keep:.0%}"
            columns[heading] = "{" + heading.replace(".", "_") + "}"
            line[heading.replace(".", "_")] = mean_spread(row["accuracies"])
    return Report(
        f"Digits perceptron 64-128-64-10, both hidden layers pruned, no data, no fine-tuning: accuracy, n = {seeds} "
        "training seeds (mean ± deviation)",
        columns,
        list(lines.values()),
        (f"719 test images; PyTorch's initial weights, AdamW, {EPOCHS} epochs; kept: units of each hidden layer",),
    )


def certificate_report(rows: list[dict[str, Any]]) -> Report:
    """What is certified of the two hidden layers: medians over the seeds."""
    shown = [row for row in rows if row["method"] in ("merge", "kernel_fit", "norm_v_merge", "norm")]
    lines = []
    for row in shown:
        line = {"method": row["method"], "decay": row["decay"], "keep": row["keep"]}
        line["agreement"] = statistics.mean(row["agreement"])
        for group, name in (("fc1", "first"), ("fc2", "second")):
            mine = [entry for entry in row["lines"] if entry["group"] == group]
            line[name] = statistics.median(entry["best"] / entry["full"] for entry in mine)
            line[f"tight_{name}"] = statistics.median(entry["observed"] / entry["best"] for entry in mine)
        lines.append(line)
    seeds = len(rows[0]["accuracies"])
    return Report(
        f"The certificates: gain of the error over that of the layer deleted, medians of n = {seeds} seeds",
        {
            "method": "{method}",
            "weight decay": "{decay:g}",
            "kept": "{keep:.0%}",
            "hidden 1": "{first:.3f}",
            "observed / best": "{tight_first:.2f}",
            "hidden 2": "{second:.3f}",
            "observed / best ": "{tight_second:.2f}",
            "agreement": "{agreement:.3f}",
        },
        lines,
        ("agreement: test images with the class of the unpruned network, mean over the seeds",),
        violations(rows),
    )
