import re

import pytest

from theoryprune.coresets import Budget


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({}, ValueError, "exactly one of params, macs, channels and error, got none"),
        ({"params": 0.5, "error": 1}, ValueError, "got params and error"),
        ({"params": 50}, ValueError, "params must be in (0, 1], got 50; did you mean 0.5?"),
        ({"channels": 0}, ValueError, "channels must be in (0, 1], got 0"),
        ({"macs": float("nan")}, ValueError, "macs must be in (0, 1], got nan"),
        ({"macs": "half"}, TypeError, "macs must be a number, got 'half' of type str"),
        ({"error": -1}, ValueError, "error must be finite and at least 0, got -1"),
        ({"error": float("inf")}, ValueError, "error must be finite and at least 0, got inf"),
        ({"error": float("nan")}, ValueError, "error must be finite and at least 0, got nan"),
        ({"error": True}, TypeError, "error must be a number, got True of type bool"),
    ],
)
def test_what_is_no_budget(given, error, match):
    with pytest.raises(error, match=re.escape(match)):
        Budget(**given)


def test_a_budget_is_named():
    with pytest.raises(TypeError):
        Budget(0.5)


def test_a_limit_is_exact_in_the_digits_given():
    assert Budget(params=0.1).limit(10**18 + 9) == 10**17
    assert [Budget(macs=0.29).limit(total) for total in (99, 100, 101)] == [28, 29, 29]
    assert Budget(channels=1).limit(7) == 7


def test_what_it_says_of_itself():
    assert (Budget(params=0.5).quantity, Budget(params=0.5).amount) == ("params", 0.5)
    assert repr(Budget(error=0)) == "Budget(error=0)"
    with pytest.raises(ValueError, match="an error budget has no limit on a count"):
        Budget(error=1).limit(10)
