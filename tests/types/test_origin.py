import numpy as np
import pytest
import torch

from theoryprune.types import Origin


def test_rows_and_columns():
    x = torch.arange(24.0).reshape(4, 3, 2)
    assert torch.equal(Origin((4, 3, 2), (1, 3), ((0, 2),)).take(x), x[[1, 3]][:, [0, 2]])
    assert torch.equal(Origin((4, 3, 2), (1, 3)).take(x), x[[1, 3]])


def test_a_whole_tensor_is_copied():
    x = torch.arange(3.0)
    copy = Origin((3,)).take(x)
    assert torch.equal(copy, x)
    copy[0] = 9
    assert x[0] == 0
    assert Origin(()).take(torch.tensor(2.0)) == 2


def test_groups_have_columns_of_their_own():
    x = torch.arange(12).reshape(4, 3)  # groups {0, 1} and {2, 3}
    assert Origin((4, 3), (1, 2), ((0,), (2,))).take(x).tolist() == [[3], [8]]


def test_the_memory_format_stays():
    x = torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last)
    assert Origin((4, 3, 2, 2), (0, 2), ((0, 1),)).take(x).is_contiguous(memory_format=torch.channels_last)


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"the tensor must have shape \(3, 2\), got \(2, 3\)"):
        Origin((3, 2), (0,), ((0,),)).take(torch.zeros(2, 3))


def chosen(draw, count):
    return tuple(sorted(draw.choice(count, draw.integers(1, count + 1), replace=False).tolist()))


@pytest.mark.parametrize("seed", range(30))
def test_two_reductions_in_one(seed):
    """Groups may vanish in either, and the outputs of each group shrink alike."""
    draw = np.random.default_rng(seed)
    shape = (int(draw.choice([6, 12])), 5, 2)
    first = reduction(draw, shape, groups=int(draw.choice([1, 2, 3])))
    x = torch.randn(*shape)
    middle = first.take(x)
    second = reduction(draw, tuple(middle.shape), groups=len(first.inputs))
    assert torch.equal(second.after(first).take(x), second.take(middle))
    whole = Origin(shape)
    assert first.after(whole) == first
    assert torch.equal(Origin(tuple(middle.shape)).after(first).take(x), middle)


def reduction(draw, shape, groups):
    rows, per = shape[0] // groups, draw.integers(1, shape[1] + 1)
    kept, inside = draw.integers(1, rows + 1), chosen(draw, groups)
    pick = lambda count, k: tuple(sorted(draw.choice(count, k, replace=False).tolist()))  # noqa: E731
    outputs = tuple(g * rows + i for g in inside for i in pick(rows, kept))
    return Origin(shape, outputs, tuple(pick(shape[1], per) for _ in inside))
