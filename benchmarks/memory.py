"""Peak memory of one pruning run, measured in a process of its own (Linux only)."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import torch

import theoryprune as tp
from benchmarks.models import MODELS

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_memory(model: str, dtype: str, schedule: str, compression: float, returned: bool = True) -> float | None:
    """Return the peak memory of a run beyond that of the extracted model, over the size of its weights in `dtype`.

    It is the memory resident in the process. By default the allocator is told to return freed blocks at once
    (``MALLOC_MMAP_THRESHOLD_``), so that this is the memory in use; else glibc keeps up to 64 MiB for later.

    Parameters
    ----------
    model : str
        A key of `benchmarks.models.MODELS`.
    dtype : {"float32", "float64"}
    schedule : str
        ``"adaptive(0.99)"`` or ``"exponential(100)"``.
    compression : float
    returned : bool
        Whether freed blocks are returned at once.

    Returns
    -------
    float or None
        None where the system does not tell.
    """
    if not CLEAR.exists():
        return None
    command = [sys.executable, "-m", "benchmarks.memory", model, dtype, schedule, str(compression)]
    threshold = {"MALLOC_MMAP_THRESHOLD_": str(1 << 18)} if returned else {}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | threshold)
    return float(done.stdout.split()[-1])


def measure(model: str, dtype: str, schedule: str, compression: float) -> float:
    """Run in this process and return what `peak_memory` returns."""
    torch.manual_seed(0)
    net = MODELS[model]()
    graph = tp.extract(net, net.example_shape)
    score = partial(tp.synflow, dtype=getattr(torch, dtype))
    plan = tp.adaptive(0.99) if schedule.startswith("adaptive") else tp.exponential(100)
    # A small run first: libraries allocate workspaces of their own at their first use.
    small = MODELS["resnet20"]()
    tp.prune(tp.extract(small, small.example_shape), score, 0.5, tp.one_shot(), progress=False)
    CLEAR.write_text("5")  # resets the peak
    before = _kilobytes("VmRSS")
    tp.prune(graph, score, 1 / compression, plan, progress=False)
    weights = graph.num_weights * torch.finfo(getattr(torch, dtype)).bits / 8
    return (_kilobytes("VmHWM") - before) * 1024 / weights


def _kilobytes(field: str) -> int:
    return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith(field))


if __name__ == "__main__":
    print(measure(*sys.argv[1:4], float(sys.argv[4])))
