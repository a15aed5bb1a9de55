"""The claim says what the certificates say, and no more."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph
from tests.coresets.residual_nets import residual_net
from theoryprune.coresets import Budget, mussay, reduce
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.reports import claim


@pytest.fixture(scope="module")
def reduced():
    return reduce(model_graph("digits_mlp"), Budget(params=0.5), effort="fast")


def test_the_claim_counts_what_is_proved(reduced):
    rows = [row for row in reduced.layers if row.after < row.before]
    assert f"in {len(rows)} of {len(rows)} reduced groups" in claim(reduced)
    assert f"Certified of the output: {reduced.end_to_end}." in claim(reduced)
    assert "Not certified: accuracy;" in claim(reduced)
    assert "as good a bound" not in claim(reduced)
    bare = claim(reduce(reduced.before, 0.5, certify=False))
    assert "Certified for" not in bare
    assert "Not certified: 2 reduced groups: 'fc1' (not asked for), 'fc2' (not asked for);" in bare


def test_one_group_without_certificate():
    net = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 2))
    torch.manual_seed(0)
    text = claim(reduce(tp.extract(net, (4,)), 0.5))
    assert "in 1 of 2 reduced groups" in text
    assert "Not certified: 1 reduced group: '0' (" in text


def test_vacuous_intervals_are_counted():
    torch.manual_seed(0)
    graph = tp.extract(nn.Sequential(nn.Linear(9, 9), nn.ReLU(), nn.Linear(9, 9), nn.ReLU(), nn.Linear(9, 2)), (9,))
    method = partial(mussay, seed=0)
    result = reduce(graph, {"0": 1}, method, effort="fast")
    assert result.layers[0].certificate.vacuous
    assert "1 of these intervals is vacuous: deleting its group has as good a bound." in claim(result)
    both = reduce(graph, {"0": 1, "2": 1}, method, effort="fast")
    assert [row.certificate.vacuous for row in both.layers] == [True, True]
    assert "2 of these intervals are vacuous: deleting their groups has as good a bound." in claim(both)


def test_bounds_above_what_deleting_was_seen_to_do_are_counted():
    result = reduce(model_graph("digits_mlp"), 0.5, effort="fast", end_to_end=False)

    def seen(*deleted):
        rows = [
            replace(row, certificate=replace(row.certificate, full_observed=value))
            for row, value in zip(result.layers, deleted, strict=True)
        ]
        return claim(replace(result, plan=replace(result.plan, layers=tuple(rows))))

    proved = [row.certificate.full for row in result.layers]
    assert "vacuous" not in seen(*proved)
    assert "1 of these intervals is perhaps vacuous: deleting its group was not seen to change more." in seen(
        0.0, proved[1]
    )
    assert "2 of these intervals are perhaps vacuous: deleting their groups was not seen" in seen(0.0, 0.0)


def test_streams_are_named_apart():
    graph = residual_net(1)
    groups = {hidden.group.name: hidden.stream for hidden in hidden_groups(graph)}
    text = claim(reduce(graph, 0.5, streams=True, effort="fast"))
    (stream,) = (name for name, merged in groups.items() if merged)
    assert f"in {len(groups) - 1} of {len(groups)} reduced groups" in text
    assert f"Certified at each producer and each reader, in place of one interval: '{stream}'." in text
    assert "Not certified: the output of the whole network (end_to_end=True asks for it); accuracy;" in text


def test_why_the_output_has_no_bound(reduced):
    text = claim(reduce(reduced.before, 0.5, certify=False))
    assert "; the output of the whole network (it takes certificates of all of them); accuracy;" in text
    assert "the output of the whole network" not in claim(reduced)


def test_long_lists_are_cut():
    layers = [part for _ in range(8) for part in (nn.Linear(4, 4), nn.ReLU())]
    text = claim(reduce(tp.extract(nn.Sequential(*layers, nn.Linear(4, 2)), (4,)), 0.5, certify=False))
    assert text.count("not asked for") == 4
    assert "and 4 more" in text
