import pytest
from torch import nn

import theoryprune as tp
from tests.small import Written
from theoryprune.graph.refusals import Offence, reason_for, refusal


def test_every_operator_has_a_reason_and_a_remedy():
    for op in ("layer_norm.default", "lstm.input", "chunk.default", "never_heard_of.default"):
        reason, remedy = reason_for(op)
        assert reason
        assert remedy
    assert "'never_heard_of'" in reason_for("never_heard_of.default")[0]


def test_overloads_share_their_reason():
    assert reason_for("squeeze.default") == reason_for("squeeze.dim")


def test_the_message_is_grouped_by_module_in_the_order_of_the_network():
    offences = [
        Offence("layer10 (A)", ("x",), "bad", "cure"),
        Offence("layer2 (B)", ("y",), "bad", "cure"),
        Offence("layer10 (A)", ("z", "x"), "bad", "cure"),
        Offence("forward", (), "worse", "cure"),
    ]
    error = refusal(nn.Identity(), offences)
    assert isinstance(error, tp.UnsupportedLayerError)
    assert str(error).splitlines() == [
        "Identity cannot be turned into a weight graph:",
        "  - layer10 (A): x, z: bad. Remedy: cure",
        "  - layer2 (B): y: bad. Remedy: cure",
        "  - forward: worse. Remedy: cure",
    ]


@pytest.mark.parametrize(
    ("block", "forward", "told"),
    [
        (
            nn.LSTM(4, 2, batch_first=True),
            lambda m, x: m.block(x)[0],
            "block (LSTM): _flat_weights, lstm: recurrent layers",
        ),
        (
            nn.GRU(4, 2, batch_first=True),
            lambda m, x: m.block(x)[0],
            "block (GRU): _flat_weights, gru: recurrent layers",
        ),
        (
            nn.MultiheadAttention(4, 2, batch_first=True),
            lambda m, x: m.block(x, x, x)[0],
            "block (MultiheadAttention): ",
        ),
    ],
)
def test_recurrent_and_attention_modules_are_told_once(block, forward, told):
    with pytest.raises(tp.UnsupportedLayerError) as caught:
        tp.extract(Written(forward, block=block), (3, 4))
    (line,) = [line for line in str(caught.value).splitlines() if "block" in line]
    assert told in line
    assert "extract the feed-forward parts" in line


def test_a_model_that_is_such_a_module_is_told_once_too():
    offences = [Offence("the model itself (RNN)", (node,), "bad", "cure") for node in ("a", "b")]
    text = str(refusal(nn.RNN(2, 2), [*offences, Offence("forward", (), "it returns a tuple", "wrap it")]))
    assert "a, b: recurrent layers are not supported" in text
    assert "forward: it returns a tuple" in text
