"""Contenders take turns in one process, so that whatever else the machine does falls on all."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def by_turns(
    theirs: Callable[[], Any], ours: Callable[[], Any], rounds: int, seconds: float
) -> tuple[dict[str, Any], Any, Any]:
    """Run both `rounds` times, alternating; no round is begun after so many seconds of theirs.

    Returns
    -------
    dict
        ``seconds`` and ``ours``, medians of the CPU time of this process, of which other processes take nothing;
        ``ratios`` of theirs over ours within each round, ``ratio``, their median, and ``n``, the rounds.
    their result, our result
        Of the last round.
    """
    spent, own = [], []
    while len(own) < rounds and sum(spent) < seconds:
        start = time.process_time()
        peer = theirs()
        middle = time.process_time()
        found = ours()
        own.append(time.process_time() - middle)
        spent.append(middle - start)
    ratios = [a / b for a, b in zip(spent, own, strict=True)]
    medians = {"seconds": statistics.median(spent), "ours": statistics.median(own), "ratio": statistics.median(ratios)}
    return {**medians, "ratios": ratios, "n": len(own)}, peer, found
