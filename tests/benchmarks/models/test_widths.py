import pytest

from benchmarks.models.widths import scaled


@pytest.mark.parametrize(("channels", "width", "expected"), [(64, 1, 64), (64, 2, 128), (10, 0.25, 2), (3, 0.5, 2)])
def test_scaled(channels, width, expected):
    assert scaled(channels, width) == expected


@pytest.mark.parametrize("width", [0, -1, 0.001])
def test_no_channel_left_is_an_error(width):
    with pytest.raises(ValueError, match="width must leave at least one of 64 channels"):
        scaled(64, width)
