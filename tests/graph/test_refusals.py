import theoryprune as tp
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
    error = refusal([], offences)
    assert isinstance(error, tp.UnsupportedLayerError)
    assert str(error).splitlines() == [
        "list cannot be turned into a weight graph:",
        "  - layer10 (A): x, z: bad. Remedy: cure",
        "  - layer2 (B): y: bad. Remedy: cure",
        "  - forward: worse. Remedy: cure",
    ]
