"""Accuracy without data and without fine-tuning: a perceptron on scikit-learn's digits, both hidden layers pruned."""

import statistics
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report
from benchmarks.coresets.spread import mean_spread
from benchmarks.digits import Images, digits
from benchmarks.models import digits_mlp
from benchmarks.models.network import Network
from benchmarks.train import accuracy
from theoryprune.bounds import LayerCertificate, certify_layer
from theoryprune.coresets import CONSTRUCTIONS, SEEDED, LayerCoreset

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


Matrices = list[tuple[np.ndarray, np.ndarray]]
"""Weight and bias of each layer, float64."""


def matrices(model: Network) -> Matrices:
    """Return the linear layers of a perceptron."""
    layers = [module for module in model if isinstance(module, torch.nn.Linear)]
    return [(layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy()) for layer in layers]


def pruned(layers: Matrices, method: str, keep: float, seed: int) -> tuple[Matrices, list[LayerCoreset]]:
    """Prune all hidden layers, from input to output: the rows of the next are those after folding."""
    layers, found = list(layers), []
    options = {"seed": seed} if method in SEEDED else {}
    for place in range(len(layers) - 1):
        (W, b), (V, c) = layers[place], layers[place + 1]
        coreset = CONSTRUCTIONS[method](np.column_stack([W, b]), V, round(keep * len(W)), **options)
        layers[place] = W[coreset.kept], b[coreset.kept]
        layers[place + 1] = coreset.outgoing, c
        found.append(coreset)
    return layers, found


def outputs(layers: Matrices, x: np.ndarray) -> np.ndarray:
    """Return the logits, in float64."""
    for W, b in layers[:-1]:
        x = np.maximum(x @ W.T + b, 0)
    W, b = layers[-1]
    return x @ W.T + b


def accuracies(models: list[Network], decay: float, test: Images) -> list[dict[str, Any]]:
    """Prune each network by every construction to every size."""
    x, y = test.x.flatten(1).double().numpy(), test.y.numpy()
    base = [accuracy(model, test) for model in models]
    rows: list[dict[str, Any]] = [{"decay": decay, "method": "unpruned", "keep": 1.0, "accuracies": base}]
    for method in CONSTRUCTIONS:
        for keep in KEEPS:
            row: dict[str, Any] = {"decay": decay, "method": method, "keep": keep, "accuracies": [], "agreement": []}
            for seed, model in enumerate(models):
                layers = matrices(model)
                smaller, found = pruned(layers, method, keep, seed)
                logits, wanted = outputs(smaller, x), outputs(layers, x)
                row["accuracies"].append(float((logits.argmax(1) == y).mean()))
                row["agreement"].append(float((logits.argmax(1) == wanted.argmax(1)).mean()))
                if seed == 0:
                    row |= _claims(layers, found)
            rows.append(row)
    return rows


def _claims(layers: Matrices, found: list[LayerCoreset]) -> dict[str, list[float]]:
    """The certificate of each hidden layer, with the rows that the layer before it left."""
    claims: dict[str, list[float]] = {"observed": [], "best": [], "full": []}
    for certificate in certificates(layers, found):
        claims["observed"].append(certificate.observed)
        claims["best"].append(certificate.best)
        claims["full"].append(certificate.full.best)
    return claims


def certificates(layers: Matrices, found: list[LayerCoreset], effort: str = "default") -> list[LayerCertificate]:
    """Certify each hidden layer as it was pruned."""
    out = []
    W, b = layers[0]
    for place, coreset in enumerate(found):
        V, c = layers[place + 1]
        fold = (
            {}
            if coreset.merging is None
            else {"assignment": coreset.merging.assignment, "multipliers": coreset.merging.multipliers}
        )
        out.append(certify_layer(V, W, coreset.kept, coreset.outgoing, bias=b, **fold, effort=effort))
        W, b = coreset.outgoing, c
    return out


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
    """What is certified of the first seed's layers, relative to deleting them."""
    lines = []
    for row in rows:
        if row["method"] in ("merge", "kernel_fit", "norm_v_merge", "norm"):
            shares = [b / f for b, f in zip(row["best"], row["full"], strict=True)]
            tight = [o / b if b else 1.0 for o, b in zip(row["observed"], row["best"], strict=True)]
            lines.append(
                {
                    "method": row["method"],
                    "decay": row["decay"],
                    "keep": row["keep"],
                    "first": shares[0],
                    "second": shares[1],
                    "tight_first": tight[0],
                    "tight_second": tight[1],
                    "agreement": statistics.mean(row["agreement"]),
                }
            )
    return Report(
        "The same layers' certificates (first training seed): the error's gain, over that of the layer deleted",
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
    )
