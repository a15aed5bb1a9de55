"""One verb for all claims."""

import pytest

import theoryprune as tp
from theoryprune.bounds import verify


def test_what_is_no_claim_is_told_what_can_be_verified():
    with pytest.raises(TypeError, match=r"claim must be one of .*Pruning.*, got int"):
        verify(3)


def test_a_pruning_is_a_claim():
    assert tp.Pruning in verify.registry
