import torch
from torch import nn

from tests.small import Written
from theoryprune.graph.export import export
from theoryprune.graph.trace import Source, flatten_program, live_steps
from theoryprune.layers import Stored


def trace(function, shape=(4,), **parts):
    program, _ = export(Written(function, **parts), shape, torch.device("cpu"), torch.float32)
    return flatten_program(program, shape)


def test_steps_carry_arguments_by_name_shapes_and_modules():
    (step,) = trace(lambda m, x: m.fc(x), fc=nn.Linear(4, 2)).steps
    assert (step.op, step.shape, step.module) == ("linear.default", (2,), "fc (Linear)")
    assert step.args["input"] == Source((4,))
    assert isinstance(step.args["weight"], Stored)
    assert (step.args["weight"].name, step.args["bias"].name) == ("fc.weight", "fc.bias")


def test_defaults_of_the_schema_are_filled_in():
    (step,) = trace(lambda m, x: torch.max_pool1d(x, 2), (3, 8)).steps
    assert (step.args["kernel_size"], step.args["ceil_mode"]) == ([2], False)


def test_blocks_under_no_grad_are_inlined():
    def nested(m, x):
        with torch.no_grad():
            y = m.fc(x)
            with torch.enable_grad():
                y = y.relu()
        return y + 1

    found = trace(nested, fc=nn.Linear(4, 2))
    assert [step.op for step in found.steps] == ["linear.default", "relu.default", "add.Tensor"]
    assert found.steps[1].args["self"] is found.steps[0]


def test_dead_calls_are_not_live():
    def dead(m, x):
        m.fc(x).tanh()
        return x.relu()

    assert [step.op for step in live_steps(trace(dead, fc=nn.Linear(4, 2)))] == ["relu.default"]


def test_a_mixed_batch_axis_has_no_shape_per_example():
    step, *_ = trace(lambda m, x: x.t()).steps
    assert step.shape is None


def test_the_container_of_the_output_is_known():
    assert trace(lambda m, x: x.relu()).container == ""
    assert trace(lambda m, x: (x.relu(),)).container == "tuple"
    assert trace(lambda m, x: {"y": x.relu()}).container == "dict"
