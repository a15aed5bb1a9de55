"""`tp.verify` of a reduction: what holds is told, what does not is an error."""

from dataclasses import replace

import pytest

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import reduce


@pytest.fixture(scope="module")
def reduced():
    return reduce(model_graph("digits_mlp"), 0.5, effort="fast")


def test_what_holds(reduced):
    assert tp.verify(reduced).value == 2
    assert tp.verify(reduced, reduced.before)


def test_what_does_not_is_an_error(reduced):
    with pytest.raises(tp.CertificateError, match="is not what the coresets make"):
        tp.verify(replace(reduced, graph=reduced.before))


def test_another_network(reduced):
    with pytest.raises(tp.CertificateError, match="the reduction is of another network"):
        tp.verify(reduced, model_graph("digits_mlp", seed=1))
