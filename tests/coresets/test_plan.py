from tests.coresets.nets import model_graph
from theoryprune.coresets import Budget, reduce


def test_every_group_has_its_line_with_prices_and_certificate():
    result = reduce(model_graph("digits_mlp"), Budget(params=0.6), effort="fast")
    lines = result.plan.explain().splitlines()
    assert lines[0].split()[:5] == ["group", "kind", "channels", "last", "next"]
    (line,) = [line for line in lines if line.startswith("fc1")]
    reason, proof = result.plan.allocation.reasons["fc1"], result.layers[0].certificate
    for text in (f"{result.widths['fc1']}/16", f"{reason.last.price:.2e}", f"{reason.next.price:.2e}"):
        assert text in line
    assert f"[{proof.observed:.3g}, {proof.best:.3g}]" in line
    assert f"{proof.tightness:.2f}" in line
    assert "params" in lines[-1]
    assert f"{result.spent:,} of {result.total:,} params" in lines[-2]


def test_the_table_leaves_out_what_it_is_told_to():
    table = reduce(model_graph("digits_mlp"), {"fc1": 3}, certify=False).plan.table(without=("last", "next"))
    assert [column.header for column in table.columns][:4] == ["group", "kind", "channels", "error of the group"]


def test_the_cheapest_removals_were_made():
    """What the next removal costs is more, for each parameter, than what any last one did."""
    result = reduce(model_graph("digits_mlp"), Budget(params=0.5), certify=False)
    reasons = result.plan.allocation.reasons.values()
    assert max(r.last.price for r in reasons if r.last) <= min(r.next.price for r in reasons if r.next) * 1.2


def test_reasons_of_groups_that_stay():
    text = reduce(model_graph("resnet20"), 0.5, protect="layer3.0.conv1", certify=False).plan.explain()
    assert "a residual stream (streams=True reduces it)" in text
    assert "protected ('layer3.0.conv1')" in text
    assert "widths as given" in text
    assert "not asked" not in text


def test_a_plan_is_short_to_read():
    assert repr(reduce(model_graph("digits_mlp"), {"fc1": 3}, certify=False).plan).startswith(
        "Plan(merge, 'fc1': 3/16, 'fc2'"
    )
