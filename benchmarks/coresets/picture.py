"""The picture of the page: a trained perceptron reduced without data, its curve and its widths; and its accuracies."""

from pathlib import Path

import torch

import theoryprune as tp
from benchmarks.coresets.digits import trained
from benchmarks.digits import Images, digits

SHARES = (0.5, 0.25, 0.1)


def draw(path: Path, share: float = 0.25) -> None:
    """Train on the digits, draw the reduction to a share of the parameters, and print the accuracies of several."""
    training, test = digits()
    graph = tp.extract(trained(training, weight_decay=1.0, seed=0), (1, 8, 8))
    print(f"unpruned: {_accuracy(graph, test):.3f}")
    for method in (tp.merge, tp.kernel_fit):
        for kept in SHARES:
            result = tp.reduce(graph, tp.Budget(params=kept), method, certify=False)
            accuracy = _accuracy(result.small, test)
            print(f"{method.__name__}, {kept:.0%} of the parameters: {accuracy:.3f}, widths {result.widths}")
    drawn = tp.reduce(graph, tp.Budget(params=share), certify=False)
    tp.plot_curve(drawn, path, title="A perceptron 64-128-64-10 that reads digits, reduced without data")


@torch.inference_mode()
def _accuracy(graph: tp.WeightGraph, images: Images) -> float:
    return float((tp.forward(graph, images.x).argmax(1) == images.y).double().mean())


if __name__ == "__main__":
    draw(Path(__file__).parents[2] / "docs" / "images" / "coresets.svg")
