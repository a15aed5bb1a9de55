import pytest
import torch

from theoryprune.graph.optimizers import same_class, surviving_state
from theoryprune.types import Origin


def test_class_groups_and_options_without_state():
    old = torch.optim.AdamW(
        [{"params": [torch.zeros(2)], "lr": 0.5, "note": "mine"}, {"params": [torch.zeros(3)]}], amsgrad=True
    )
    new = same_class(old, [[("a", torch.zeros(1))], [("b", torch.zeros(1)), ("c", torch.zeros(1))]])
    assert type(new) is torch.optim.AdamW
    assert [len(group["params"]) for group in new.param_groups] == [1, 2]
    assert [(g["lr"], g.get("note"), g["amsgrad"]) for g in new.param_groups] == [
        (0.5, "mine", True),
        (1e-3, None, True),
    ]
    assert new.defaults == old.defaults
    assert not new.state


def test_state_entry_by_entry():
    origin, weight = Origin((3, 2), (0, 2), ((1,),)), torch.zeros(3, 2)
    state = {"exp_avg": torch.arange(6.0).reshape(3, 2), "step": torch.tensor(4.0), "t": 3, "none": None}
    left = surviving_state("w", state, weight, origin)
    assert left["exp_avg"].tolist() == [[1.0], [5.0]]
    assert (left["step"].item(), left["t"], left["none"]) == (4.0, 3, None)
    left["step"] += 1
    assert state["step"] == 4


def test_a_parameter_stored_with_other_axes_of_length_one():
    left = surviving_state("s", {"m": torch.arange(3.0).view(1, 3, 1)}, torch.zeros(1, 3, 1), Origin((3, 1, 1), (1, 2)))
    assert left["m"].tolist() == [[[1.0]], [[2.0]]]


@pytest.mark.parametrize("item", [torch.zeros(3), torch.zeros(2, 3), [1], {"a": 1}])
def test_what_has_no_entry_for_each_weight_is_refused(item):
    with pytest.raises(ValueError, match="the state 'history' of 'w' is a"):
        surviving_state("w", {"history": item}, torch.zeros(3, 2), Origin((3, 2)))
