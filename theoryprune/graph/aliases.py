"""Calls in place: which of them change what is the model's own, or what is still read under another name."""

from __future__ import annotations

from collections import defaultdict

from theoryprune.graph.trace import Source, Step, Trace
from theoryprune.layers import Stored


def stored_writes(trace: Trace) -> dict[Step, Stored]:
    """Find in-place calls that change a tensor of the model, be it through a view."""
    memory = _memory(trace)
    return {s: root for s in trace.steps if s.inplace and isinstance(root := memory[s], Stored)}


def stale_reads(trace: Trace) -> dict[Step, str]:
    """Find in-place calls after which an alias of what they wrote is still read.

    Returns
    -------
    dict
        The in-place step -> the name of what had the same memory before, and is read after.

    Notes
    -----
    The exported graph refers to the state *before* the write there (a view taken earlier, or the base of a view), so
    evaluating the records in order would compute another function.
    """
    last_read: dict[object, int] = defaultdict(lambda: -1)
    for step in trace.steps:
        for operand in step.operands():
            if isinstance(operand, Step | Source):
                last_read[operand] = step.index
    for output in trace.outputs:
        last_read[output] = len(trace.steps)
    sharing: dict[object, list[object]] = defaultdict(list)
    found: dict[Step, str] = {}
    memory = _memory(trace)
    for step in trace.steps:
        root = memory[step]
        aliases = sharing[root]
        if isinstance(root, Source) and not aliases:
            aliases.append(root)
        if step.inplace:
            stale = next((alias for alias in aliases if last_read[alias] > step.index), None)
            if stale is not None:
                found[step] = stale.node if isinstance(stale, Step) else "the input"
        aliases.append(step)
    return found


def _memory(trace: Trace) -> dict[object, object]:
    """For each step, the first thing (step, input or stored tensor) whose memory its result shares."""
    memory: dict[object, object] = {}
    for step in trace.steps:
        parent = next((o for o in step.operands() if isinstance(o, Step | Source | Stored)), None)
        memory[step] = memory.get(parent, parent) if (step.view or step.inplace) and parent is not None else step
    return memory
