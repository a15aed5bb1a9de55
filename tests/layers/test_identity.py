import pytest

from theoryprune.layers import Call, Refusal, Value
from theoryprune.layers.identity import convert_dropout, convert_identity

X = Value("x", (3,))


def test_identities_pass_their_input_on():
    assert convert_identity(Call("node", "clone.default", {"self": X}, (3,))) is X
    assert convert_dropout(Call("node", "dropout.default", {"input": X, "p": 0.5, "train": False}, (3,))) is X


def test_dropout_that_never_rests_is_refused():
    with pytest.raises(Refusal, match="at random in evaluation mode"):
        convert_dropout(Call("node", "dropout.default", {"input": X, "p": 0.5, "train": True}, (3,)))
