"""The calls of a trace become records, each under the path of its module; what has no record is told, all at once."""

import torch
from torch import nn

from tests.small import Written
from theoryprune.graph.convert import convert
from theoryprune.graph.export import export
from theoryprune.graph.trace import flatten_program


def converted(model, shape):
    program, offences = export(model, shape, torch.device("cpu"), torch.float32)
    assert not offences
    return convert(flatten_program(program, shape))


def test_records_carry_the_paths_of_their_modules_and_the_models_own_tensors():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    layers, output, offences = converted(model, (2,))
    assert [layer.kind for layer in layers] == ["linear", "relu", "linear"]
    assert [layers[0].name, layers[2].name, output] == ["0", "2", "2"]
    assert layers[0].weight.data_ptr() == model[0].weight.data_ptr()
    assert offences == []


def test_names_are_taken_once():
    model = Written(lambda m, x: torch.relu(m.relu(torch.relu(x))), relu=nn.Linear(2, 2))
    layers, output, _ = converted(model, (2,))
    assert [layer.kind for layer in layers] == ["relu", "linear", "relu"]
    assert len({layer.name for layer in layers}) == 3
    assert layers[1].name == "relu"  # the module's own
    assert output == layers[-1].name


def test_everything_without_a_record_is_told_at_once():
    def forward(parts, x):
        parts.count.add_(1)
        once = parts.a(x)
        return torch.softmax(torch.cumsum(parts.a(once), 1), 1) + once

    model = Written(forward, a=nn.Linear(2, 2))
    model.register_buffer("count", torch.zeros(1))
    reasons = [offence.reason for offence in converted(model, (2,))[2]]
    for part in ("it writes to 'count'", "used 2 times", "softmax elsewhere"):
        assert any(part in reason for reason in reasons), reasons
    assert any("cumsum" in offence.reason or "cumsum" in str(offence.nodes) for offence in converted(model, (2,))[2])


def test_the_output_must_be_one_tensor_that_is_computed():
    for forward, words in ((lambda m, x: (m.a(x), x), "a tuple of 2"), (lambda m, x: x, "returns its input")):
        _, output, offences = converted(Written(forward, a=nn.Linear(2, 2)), (2,))
        assert output == ""
        assert any(words in offence.reason for offence in offences)
