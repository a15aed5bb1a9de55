"""Where entries were, against index arithmetic on the whole matrix."""

import pytest
import torch

from theoryprune.graph.moved import Moved


def matrix(outputs, inputs, width):
    """Every entry holds its own place."""
    return torch.arange(outputs * inputs * width).view(outputs, inputs, width)


def places(moved):
    rows = torch.cat([*moved.rows(), moved.outputs[:0]])[:, None]
    return (rows * moved.width + torch.arange(moved.width)).view(-1)


@pytest.mark.parametrize("width", [1, 3])
def test_outputs_and_inputs_are_taken(width):
    keep, read = torch.tensor([0, 2, 3]), torch.tensor([1, 4])
    moved = Moved(keep, read[None], (5, 6, 1), width)
    assert len(moved) == 6
    assert torch.equal(places(moved), matrix(5, 6, width)[keep][:, read].reshape(-1))
    assert torch.equal(moved.origin(torch.arange(6 * width)), places(moved))


def test_each_group_keeps_inputs_of_its_own():
    """Two of three groups stay, with two outputs each and other inputs of three each."""
    moved = Moved(torch.tensor([0, 1, 4, 5]), torch.tensor([[0, 2], [1, 2]]), (6, 3, 3), 2)
    whole = matrix(6, 3, 2)
    expected = torch.stack([whole[0, [0, 2]], whole[1, [0, 2]], whole[4, [1, 2]], whole[5, [1, 2]]])
    assert torch.equal(places(moved), expected.view(-1))


def test_one_move_after_another():
    draw = torch.Generator().manual_seed(0)
    for groups in (1, 2, 3):
        outputs, inputs, width = 6 * groups, 8, 2
        whole = matrix(outputs, inputs, width)
        first = chosen(draw, groups, outputs // groups, inputs, 4, 5)
        second = chosen(draw, groups, 4, 5, 2, 3)
        one = Moved(first[0], first[1], (outputs, inputs, groups), width)
        both = Moved(second[0], second[1], (4 * groups, 5, groups), width).after(one)
        middle = whole.view(-1)[places(one)].view(4 * groups, 5, width)
        step = Moved(second[0], second[1], (4 * groups, 5, groups), width)
        assert torch.equal(places(both), middle.view(-1)[places(step)])


def test_a_group_that_went_before_shifts_those_behind_it():
    one = Moved(torch.tensor([2, 3, 4, 5]), torch.tensor([[1], [0]]), (6, 2, 3), 1)
    both = Moved(torch.tensor([2]), torch.tensor([[0]]), (4, 1, 2), 1).after(one)
    assert both.outputs.tolist() == [4]
    assert both.inputs.tolist() == [[0]]
    assert both.before == (6, 2, 3)


def test_entries_that_moved_one_by_one_may_move_in_longer_rows_later():
    whole = matrix(3, 8, 1)
    one = Moved(torch.tensor([0, 2]), torch.tensor([[0, 1, 4, 5, 6, 7]]), (3, 8, 1), 1)
    both = Moved(torch.tensor([0, 1]), torch.tensor([[0, 2]]), (2, 3, 1), 2).after(one)
    assert both.before == (3, 4, 1)
    assert torch.equal(places(both), whole[[0, 2]][:, [0, 1, 6, 7]].view(-1))


def test_nowhere_stays_nowhere():
    gone = Moved.nowhere(torch.device("cpu"))
    one = Moved(torch.tensor([1]), torch.tensor([[0]]), (2, 1, 1), 4)
    assert len(gone) == len(gone.after(one)) == 0
    assert list(gone.rows()) == []


def chosen(draw, groups, outputs, inputs, kept_outputs, kept_inputs):
    """Random ascending choices in each group."""
    out = [torch.randperm(outputs, generator=draw)[:kept_outputs].sort().values + outputs * g for g in range(groups)]
    ins = [torch.randperm(inputs, generator=draw)[:kept_inputs].sort().values for _ in range(groups)]
    return torch.cat(out), torch.stack(ins)
