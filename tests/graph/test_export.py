import logging
import sys
import warnings

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import Written, same, witness
from theoryprune.graph.export import export

CPU = torch.device("cpu")


def exported(model, shape):
    return export(model, shape, CPU, torch.float32)


def test_the_batch_stays_symbolic():
    program, offences = exported(nn.Sequential(nn.Linear(4, 2)), (4,))
    (node,) = [node for node in program.graph.nodes if node.name == "linear"]
    assert offences == []
    assert not isinstance(node.meta["val"].shape[0], int)
    assert node.meta["val"].shape[1] == 2


def test_channels_last_convolutions_leave_no_offence():
    model = nn.Sequential(nn.Conv2d(3, 4, 3)).to(memory_format=torch.channels_last)
    assert exported(model, (3, 5, 5))[1] == []


def test_the_program_is_that_of_evaluation_mode_and_flags_come_back():
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.BatchNorm1d(4)).train()
    model[2].eval()
    program, _ = exported(model, (4,))
    assert [m.training for m in model.modules()] == [True, True, True, False]
    (node,) = [node for node in program.graph.nodes if node.name == "batch_norm"]
    assert node.args[5] is False


def fail(m, x):
    m.mark = x
    m.calls += 1
    raise KeyError("the user's own error")


def test_the_error_of_forward_is_told_with_the_shape_and_chained():
    model = Written(fail, fc=nn.Linear(4, 2))
    model.calls = 0
    before = witness(model)
    with pytest.raises(
        ValueError, match=r"Written\.forward fails on a batch of shape \(n, 4\) with KeyError"
    ) as caught:
        exported(model, (4,))
    assert isinstance(caught.value.__cause__, KeyError)
    assert same(before, witness(model))


def loud(m, x):
    sys.stdout.write("from the user's forward\n")
    warnings.warn("from the user's forward", stacklevel=1)
    return m.fc(x) if x.sum() > 0 else x


def test_torch_is_silent_and_its_loggers_are_put_back(capfd):
    logger = logging.getLogger("torch.fx.experimental.symbolic_shapes")
    before, stderr = logger.disabled, sys.stderr
    with pytest.raises(tp.UnsupportedLayerError, match=r"x\.sum\(\) > 0"):
        exported(Written(loud, fc=nn.Linear(4, 4)), (4,))
    assert capfd.readouterr() == ("from the user's forward\n", "")
    assert (logger.disabled, sys.stderr) == (before, stderr)


def test_assigned_attributes_are_named_with_their_module():
    def remember(m, x):
        m.inner.last = m.inner(x)
        return m.inner.last

    _, (offence,) = exported(Written(remember, inner=nn.Linear(4, 2)), (4,))
    assert (offence.where, offence.nodes) == ("inner (Linear)", ("last",))


def test_branches_on_the_batch_size_are_named_with_their_line():
    _, (offence,) = exported(Written(lambda m, x: m.fc(x if x.size(0) == 1 else -x), fc=nn.Linear(4, 2)), (4,))
    assert __file__ in offence.reason


def test_the_batch_size_is_called_n_and_names_of_the_user_stay():
    with pytest.raises(ValueError, match=r"\[n, 7\]"):
        exported(nn.Linear(3, 2), (7,))

    def missing(m, x):
        return m.s1(x)

    with pytest.raises(ValueError, match="no attribute 's1'"):
        exported(Written(missing, fc=nn.Linear(4, 2)), (4,))
