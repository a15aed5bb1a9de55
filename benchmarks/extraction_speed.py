"""How long extraction takes once torch is warm: a process's first call also imports and compiles parts of torch."""

import statistics
import time

import torch
from rich.console import Console

import theoryprune as tp
from benchmarks.models import MODELS


def extraction(model: str = "resnet50_224", repeats: int = 5, threads: int = 2) -> list[float]:
    """Time `extract` after a first call.

    Parameters
    ----------
    model : str
        A name of `benchmarks.models.MODELS`.
    repeats : int
        Calls that count.
    threads : int
        Of torch.

    Returns
    -------
    list of float
        Seconds of each call.
    """
    torch.set_num_threads(threads)
    net = MODELS[model]()
    tp.extract(net, net.example_shape)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        tp.extract(net, net.example_shape)
        seconds.append(time.perf_counter() - start)
    Console().print(
        f"extract({model}), {threads} thread(s), n = {repeats} after the first call: median "
        f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} - {max(seconds):.2f})"
    )
    return seconds
