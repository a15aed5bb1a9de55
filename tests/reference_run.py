"""Iterative pruning in the plainest way: dense scores, a full stable sort, one Python loop. An oracle for `prune`."""

import numpy as np
import torch

import theoryprune as tp
from theoryprune.graph.cuts import cut_weights
from theoryprune.graph.plain_flow import plain_flow
from theoryprune.masks.certify import certify


def reference_run(graph, density, schedule, rule=None, scope="global", protect=(), guard=None, dtype=torch.float64):
    """Prune by the flow itself and certify the run; a schedule is asked for counts, as in `prune`."""
    rule = rule or tp.FlowRule()
    names = [name for name in graph.order if name not in protect]
    removed_at = {name: torch.zeros(graph.weights[name].shape, dtype=torch.int32) for name in names}
    cuts = [name for name in cut_weights(graph) if name in names]
    rows, flow = [], evaluate(graph, removed_at, rule, dtype)
    for step in range(1, schedule.steps + 1):
        row, after = one_step(flow, removed_at, step, schedule, density, scope, guard, cuts)
        flow = evaluate(graph, removed_at, rule, dtype)
        linked = flow if rule.bias == "drop" else evaluate(graph, removed_at, tp.FlowRule(power=rule.power), dtype)
        rows.append(tp.TraceRow(**row, **after, connected=linked.total > 0))
    mask = tp.Mask({name: at == 0 for name, at in removed_at.items()})
    collapsed = next((row.iteration for row in rows if not row.connected), None)
    common = {"method": {1: "synflow", 2: "synflow_l2"}[rule.power], "schedule": str(schedule), "scope": scope}
    certificate = certify(graph, mask, rows, flow.total, flow.exponent, rule=rule, dtype=dtype, guard=guard, **common)
    end = {"collapsed_at": collapsed, "final_flow": flow.total, "final_exponent": flow.exponent}
    return tp.Pruning(mask, tuple(rows), removed_at, **common, **end, certificate=certificate)


def evaluate(graph, removed_at, rule, dtype):
    """The flow over the survivors."""
    return plain_flow(tp.apply_mask(graph, tp.Mask({name: at == 0 for name, at in removed_at.items()})), rule, dtype)


def one_step(flow, removed_at, step, schedule, density, scope, guard, cuts):
    """Mark what goes; return the row's fields before and after the removal."""
    names = list(removed_at)
    scores = {name: flow.scores[name].double().numpy().reshape(-1) for name in names}
    left = {name: removed_at[name].numpy().reshape(-1) == 0 for name in names}
    before = {name: int(alive.sum()) for name, alive in left.items()}
    totals = {name: float(scores[name][left[name]].sum()) for name in names}
    free = {name: left[name].copy() for name in names}
    if guard == "layer":
        for name in names:
            if totals[name] > 0:
                free[name][np.argmax(np.where(left[name], scores[name], -1))] = False
    gone, kept = [], []
    for group in [names] if scope == "global" else [[name] for name in names]:
        total = sum(len(scores[name]) for name in group)
        count = sum(before[name] for name in group) - schedule.kept(step, density, total)
        values = np.concatenate([scores[name][free[name]] for name in group])
        places = [(name, i) for name in group for i in np.flatnonzero(free[name])]
        order = np.lexsort((-np.arange(len(values)), values))
        for k in order[:count]:
            name, i = places[k]
            removed_at[name].view(-1)[i] = step
        gone.append(values[order[:count]])
        kept.append(values[order[count:]])
    gone, kept = np.concatenate(gone), np.concatenate(kept)
    after = {name: int((at == 0).sum()) for name, at in removed_at.items()}
    residual = max((abs(totals[name] - flow.total) / flow.total for name in cuts if flow.total), default=0.0)
    counts = {
        "iteration": step,
        "kept_before": sum(before.values()),
        "removed": len(gone),
        "kept_after": sum(after.values()),
        "kept_per_layer": after,
        "layer_sizes": {name: at.numel() for name, at in removed_at.items()},
    }
    amounts = {
        "flow": flow.total,
        "exponent": flow.exponent,
        "prune_sum": float(np.sort(gone).sum()),
        "largest_removed": float(gone.max()) if len(gone) else None,
        "smallest_kept": float(kept.min()) if len(kept) else None,
        "layer_totals": totals,
        "conservation_residual": residual,
        "flushed": flow.flushed,
    }
    return counts, amounts
