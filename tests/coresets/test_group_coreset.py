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
