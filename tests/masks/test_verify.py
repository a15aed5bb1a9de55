"""The checker says yes to honest runs and no to everything else."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from tests.reference_run import reference_run
from theoryprune.masks.verify import chosen_rows, verify_pruning


@cache
def honest(seed=0, steps=6, **options):
    graph = random_graph(seed)
    return graph, reference_run(graph, 0.2, tp.exponential(steps), **options)


def forged(pruning, rows=None, **changes):
    """What a tamperer hands in who knows the format: trace and certificate agree, and the digest is fresh."""
    rows = pruning.trace if rows is None else rows
    certificate = replace(pruning.certificate, rows=tuple(rows), **changes).sealed()
    shared = {name: value for name, value in changes.items() if name in ("method", "schedule", "scope")}
    shared |= {name: value for name, value in changes.items() if name in ("final_flow", "final_exponent")}
    return replace(pruning, trace=tuple(rows), certificate=certificate, **shared)


def row_forged(pruning, place, **changes):
    rows = list(pruning.trace)
    rows[place] = replace(rows[place], **changes)
    return forged(pruning, rows)


@pytest.mark.parametrize("seed", range(12))
def test_honest_runs_hold(seed):
    graph, pruning = honest(seed)
    found = verify_pruning(pruning, graph, rows="all")
    assert found.rows == tuple(range(1, 7))
    assert found.deviation < 1e-12
    assert len(found.min_cut) == 6
    assert str(found).startswith("Verified: digest, hashes, counts and arithmetic of all 6 iterations; 6 of 6")


@pytest.mark.parametrize(
    "options",
    [
        {"rule": tp.FlowRule("unit")},
        {"rule": tp.FlowRule("drop", 2)},
        {"scope": "layer"},
        {"guard": "layer"},
        {"dtype": torch.float32},
    ],
    ids=["biases", "l2", "layer by layer", "guard", "float32"],
)
def test_honest_runs_of_other_kinds_hold(options):
    graph, pruning = honest(5, **options)
    verify_pruning(pruning, graph, rows="all")


def test_a_run_that_protects_and_one_that_collapses_hold():
    graph = random_graph(2)
    verify_pruning(reference_run(graph, 0.2, tp.exponential(4), protect=graph.order[:1]), graph, rows="all")
    collapsed = reference_run(graph, 1 / graph.num_weights, tp.exponential(3))
    assert collapsed.collapsed_at is not None
    verify_pruning(collapsed, graph, rows="all")


def test_float32_has_the_tolerance_of_its_proof():
    graph, pruning = honest(5, dtype=torch.float32)
    gamma = pruning.certificate.gamma
    assert verify_pruning(pruning, graph).tolerance == 2 * gamma / (1 - gamma) > 1e-9


def beyond(row, name):
    """A value of the field that is wrong by a little more than the tolerance."""
    value = getattr(row, name)
    if name in ("prune_sum", "flow"):
        return value + 3e-9 * row.flow
    if name in ("largest_removed", "smallest_kept"):
        return value * (1 + 1e-7)
    if name == "conservation_residual":
        return value + 1e-9
    if name == "layer_totals":
        return {**value, next(iter(value)): value[next(iter(value))] + 3e-9 * row.flow}
    if name == "kept_per_layer":
        first, *_, last = value
        return {**value, first: value[first] - 1, last: value[last] + 1}
    if name == "layer_sizes":
        return {**value, next(iter(value)): 1 + value[next(iter(value))]}
    return not value if name == "connected" else value + 1


FIELDS = [name for name in tp.TraceRow.__dataclass_fields__ if name != "flushed"]


@pytest.mark.parametrize("place", [0, 2, 5])
@pytest.mark.parametrize("name", FIELDS)
def test_every_field_of_a_row_is_computed_again(name, place):
    graph, pruning = honest()
    false = row_forged(pruning, place, **{name: beyond(pruning.trace[place], name)})
    with pytest.raises(
        tp.CertificateError, match=rf"^row {place + 1}: '{name}|^row \d: 'conservation|^row \d: 'flow_low"
    ):
        verify_pruning(false, graph, rows="all")


@pytest.mark.parametrize("name", ["flow", "prune_sum", "layer_totals", "exponent"])
def test_a_consistent_forgery_is_found_by_computing_again(name):
    """Everything scaled alike fits itself, and not the network."""
    graph, pruning = honest()
    row = pruning.trace[3]
    if name == "exponent":
        false = row_forged(pruning, 3, exponent=row.exponent + 1)
    else:
        amounts = {n: getattr(row, n) * (1 - 1e-8) for n in ("flow", "prune_sum", "largest_removed", "smallest_kept")}
        totals = {n: total * (1 - 1e-8) for n, total in row.layer_totals.items()}
        false = row_forged(pruning, 3, layer_totals=totals, **amounts)
    with pytest.raises(tp.CertificateError, match=r"^row [34]: '(flow|flow_lower_bound_next)'"):
        verify_pruning(false, graph, rows="all")


RUN = {
    "final_flow": lambda c: c.final_flow * (1 + 2e-9),
    "final_exponent": lambda c: c.final_exponent + 1,
    "rule": lambda c: tp.FlowRule("unit"),
    "dtype": lambda c: "float16",
    "gamma": lambda c: c.gamma / 2,
    "schedule": lambda c: "exponential(7)",
    "scope": lambda c: "block",
    "protect": lambda c: ("fc.weight",),
    "guard": lambda c: "block",
    "exact_cuts": lambda c: (*c.exact_cuts, "fc.weight"),
    "chain": lambda c: not c.chain,
    "shortest_path": lambda c: c.shortest_path + 1,
    "longest_path": lambda c: c.longest_path + 1,
    "surrogates": lambda c: (),
    "dropped": lambda c: ("softmax",),
    "effective": lambda c: c.effective + 1,
    "weights_sha256": lambda c: "0" * 64,
    "mask_sha256": lambda c: "0" * 64,
}


@pytest.mark.parametrize("name", RUN)
def test_every_field_of_the_run_is_computed_again(name):
    graph, pruning = honest()
    certificate = pruning.certificate
    false = forged(pruning, **{name: RUN[name](certificate)})
    if certificate.surrogates or name != "surrogates":
        with pytest.raises(tp.CertificateError, match=r"the certificate is void|not the network that was pruned"):
            verify_pruning(false, graph, rows="all")


def test_another_flow_than_the_one_stated():
    graph, pruning = honest(1)
    with pytest.raises(tp.CertificateError, match="the run: 'method'"):
        verify_pruning(forged(pruning, rule=tp.FlowRule("drop", 2)), graph, rows="all")
    with pytest.raises(tp.CertificateError, match="row 1: "):
        verify_pruning(forged(pruning, rule=tp.FlowRule("drop", 2), method="synflow_l2"), graph, rows="all")


def test_another_scope_or_guard_than_the_one_stated():
    graph, pruning = honest()
    with pytest.raises(tp.CertificateError, match="'scope' is stated as layer, but the numbers"):
        verify_pruning(forged(pruning, scope="layer"), graph, rows="all")
    small = reference_run(graph, 0.01, tp.exponential(3))
    with pytest.raises(tp.CertificateError, match=r"row [123]: '(guard|smallest_kept)'"):
        verify_pruning(forged(small, guard="layer"), graph, rows="all")


@pytest.mark.parametrize("digit", range(0, 40, 3))
def test_any_flipped_digit_breaks_the_digest(digit):
    graph, pruning = honest()
    data = pruning.certificate.to_dict()
    for row in data["rows"]:
        text = row["prune_sum"]
        place = 4 + digit % (text.index("p") - 4)
        row["prune_sum"] = f"{text[:place]}{'1' if text[place] == '0' else '0'}{text[place + 1 :]}"
    false = replace(pruning, certificate=tp.FlowCertificate.from_dict(data))
    with pytest.raises(tp.CertificateError, match="the digest is stated as"):
        verify_pruning(false, graph)


@pytest.mark.parametrize("name", ["method", "versions"])
def test_what_nobody_can_compute_again_is_bound_by_the_digest(name):
    graph, pruning = honest()
    changed = {"method": "other", "versions": {"torch": "0"}}[name]
    false = replace(pruning, certificate=replace(pruning.certificate, **{name: changed}))
    with pytest.raises(tp.CertificateError, match="a field was changed"):
        verify_pruning(false, graph)


def test_a_certificate_with_another_trace():
    graph, pruning = honest()
    other = replace(pruning.trace[1], prune_sum=0.0)
    with pytest.raises(tp.CertificateError, match="row 2: 'prune_sum'"):
        verify_pruning(replace(pruning, trace=(pruning.trace[0], other, *pruning.trace[2:])), graph)
    with pytest.raises(tp.CertificateError, match="the trace differs"):
        verify_pruning(replace(pruning, trace=pruning.trace[:-1]), graph)
    with pytest.raises(tp.CertificateError, match="'schedule' is stated as"):
        verify_pruning(replace(pruning, schedule="one_shot()"), graph)


def test_one_flipped_bit_of_the_mask():
    graph, pruning = honest()
    keep = {name: bits.clone() for name, bits in pruning.mask.keep.items()}
    keep[graph.order[0]].view(-1)[0] ^= True
    with pytest.raises(tp.CertificateError, match=r"mask\['"):
        verify_pruning(replace(pruning, mask=tp.Mask(keep)), graph)
    flipped = tp.Mask(keep)
    with pytest.raises(tp.CertificateError, match="the certificate is void"):
        verify_pruning(replace(forged(pruning, mask_sha256=flipped.sha256), mask=flipped), graph)


def exchanged(pruning, first, second, name):
    """Both bits exchanged, in the masks and all hashes."""
    at = {n: t.clone() for n, t in pruning.removed_at.items()}
    flat = at[name].view(-1)
    flat[first], flat[second] = flat[second].clone(), flat[first].clone()
    mask = tp.Mask({n: t == 0 for n, t in at.items()})
    return replace(forged(pruning, mask_sha256=mask.sha256), mask=mask, removed_at=at)


def test_a_removed_and_a_kept_weight_exchanged():
    graph, pruning = honest()
    name = max(graph.order, key=lambda n: int(pruning.mask.keep[n].sum()))
    flat = pruning.removed_at[name].view(-1)
    kept, last = (flat == 0).nonzero()[0].item(), (flat == 6).nonzero()[0].item()
    with pytest.raises(tp.CertificateError, match="the certificate is void"):
        verify_pruning(exchanged(pruning, kept, last, name), graph, rows="all")


def test_equal_weights_may_go_in_either_order():
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 2, bias=False)).double()
    for layer in net:
        layer.weight.data.fill_(0.5)
    graph = tp.extract(net, (4,))
    pruning = reference_run(graph, 23 / 24, tp.one_shot())
    name, other = graph.order[0], graph.order[1]
    first, second = next((n, n) for n in (name, other) if (pruning.removed_at[n] == 1).any())
    flat = pruning.removed_at[first].view(-1)
    gone, kept = (flat == 1).nonzero()[0].item(), (flat == 0).nonzero()[0].item()
    again = exchanged(pruning, gone, kept, second)
    verify_pruning(again, graph, rows="all")


def test_swapped_rows():
    graph, pruning = honest()
    rows = list(pruning.trace)
    rows[1], rows[2] = rows[2], rows[1]
    with pytest.raises(tp.CertificateError, match="row 2: 'iteration'"):
        verify_pruning(forged(pruning, rows), graph)
    renumbered = [replace(row, iteration=i) for i, row in enumerate(rows, 1)]
    with pytest.raises(tp.CertificateError, match="row 2: "):
        verify_pruning(forged(pruning, renumbered), graph)


def test_another_network():
    _, pruning = honest(0)
    with pytest.raises(tp.CertificateError, match="pass the network before pruning"):
        verify_pruning(pruning, random_graph(1))
    graph = random_graph(0)
    name = graph.order[-1]
    near = graph.with_weights({name: graph.weights[name] * (1 + 1e-15) + 1e-12})
    with pytest.raises(tp.CertificateError, match="'weights_sha256'"):
        verify_pruning(pruning, near)
    with pytest.raises(tp.CertificateError) as error:
        verify_pruning(pruning, tp.apply_mask(graph, pruning.mask))
    assert str(error.value).startswith("the graph is not the network that was pruned: its hash is ")
    assert "void" not in str(error.value)
    assert len(str(error.value)) < 200


def test_masks_that_do_not_nest_or_fit():
    graph, pruning = honest()
    name = graph.order[0]
    for value in (-1, 7):
        at = {n: t.clone() for n, t in pruning.removed_at.items()}
        at[name].view(-1)[0] = value
        with pytest.raises(tp.CertificateError, match="removed_at"):
            verify_pruning(replace(pruning, removed_at=at), graph)
    with pytest.raises(tp.CertificateError, match="removed_at"):
        verify_pruning(replace(pruning, removed_at={**pruning.removed_at, "x": torch.zeros(1)}), graph)


def test_a_run_without_certificate():
    graph = random_graph(0)
    with pytest.raises(tp.CertificateError, match="the score 'magnitude' has no flow"):
        verify_pruning(tp.prune(graph, tp.magnitude, 0.5), graph)


def test_which_rows():
    certificate = honest(0, steps=30)[1].certificate
    assert chosen_rows(certificate, "all") == tuple(range(1, 31))
    assert chosen_rows(certificate, "last") == chosen_rows(certificate, 1) == (30,)
    assert chosen_rows(certificate, 2) == (1, 30)
    chosen = chosen_rows(certificate, "auto")
    assert (len(set(chosen)), chosen[0], chosen[-1]) == (10, 1, 30)
    assert chosen_rows(certificate, 99) == tuple(range(1, 31))
    other = replace(certificate, mask_sha256="f" * 64)
    assert chosen_rows(other, "auto") != chosen
    assert chosen_rows(replace(certificate, rows=()), "auto") == ()
    for rows in ("first", 0, -1, True, 1.5):
        with pytest.raises(ValueError, match="rows must be"):
            chosen_rows(certificate, rows)


def test_the_verb_dispatches():
    graph, pruning = honest()
    from theoryprune.bounds import verify

    assert verify(pruning, graph, rows="last").rows == (6,)
    with pytest.raises(TypeError, match="graph is missing; pass the network before pruning"):
        verify(pruning)
    with pytest.raises(TypeError, match="pass the Pruning that prune returned"):
        verify(pruning.mask, graph)
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        verify(pruning, nn.Linear(2, 2))


def test_the_report_says_only_what_was_done():
    graph = random_graph(0)
    none = str(verify_pruning(tp.prune(graph, tp.synflow, 1, progress=False), graph))
    assert none == "Verified: digest, hashes and the network; there was no iteration; the final flow computed again."
    one = str(verify_pruning(reference_run(graph, 0.5, tp.one_shot()), graph))
    assert "arithmetic of the one iteration; 1 of 1 iteration computed again" in one
    assert "(found between channels in 1)" in one
