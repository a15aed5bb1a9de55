"""Names and patterns of what stays whole."""

import pytest

from theoryprune.graph.protect import protected_names

LAYERS = {"stem.weight": "stem", "block.0.conv.weight": "block.0.conv", "block.1.conv.weight": "block.1.conv"}


@pytest.mark.parametrize(
    ("protect", "found"),
    [
        ((), set()),
        (["stem"], {"stem.weight"}),
        (["stem.weight"], {"stem.weight"}),
        ("block.*", {"block.0.conv.weight", "block.1.conv.weight"}),
        (["*.0.*", "stem"], {"block.0.conv.weight", "stem.weight"}),
    ],
)
def test_matches(protect, found):
    assert protected_names(LAYERS, protect) == found


def test_a_pattern_without_a_match_raises():
    with pytest.raises(
        ValueError, match=r"protect: 'head' matches no prunable layer or weight; they are \['stem.weight'"
    ):
        protected_names(LAYERS, ["stem", "head"])


@pytest.mark.parametrize("protect", [3, None, [1]])
def test_what_is_no_name_raises(protect):
    with pytest.raises(TypeError, match="protect must be a name, or a collection of names or patterns"):
        protected_names(LAYERS, protect)
