import numpy as np
import pytest

from theoryprune.coresets import merge
from theoryprune.coresets.group_coreset import GroupCoreset


def test_readings_keep_the_same_units():
    found = merge(np.eye(3), np.ones((1, 3)), 2)
    coreset = GroupCoreset("a", found.kept, 3, (found, found))
    assert coreset.width == 2
    assert not coreset.is_identity
    with pytest.raises(ValueError, match="same units"):
        GroupCoreset("a", np.array([0, 2]) if found.kept.tolist() == [0, 1] else np.array([0, 1]), 3, (found,))


def test_where_the_mean_went():
    found = merge(np.eye(3), np.ones((1, 3)), 2)
    words = [((), ""), ((np.zeros(3),), "mean in the bias"), ((None,), "mean not told by batch norms")]
    for means, said in [*words, ((np.zeros(3), None), "mean in the bias of 1 of 2 readers")]:
        assert GroupCoreset("a", found.kept, 3, (found,), means).corrected == said
    with pytest.raises(ValueError, match="means of 'a' must be of its 3 units"):
        GroupCoreset("a", found.kept, 3, (found,), (np.zeros(2),))
