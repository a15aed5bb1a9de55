"""Wide and thin variants: one factor on every number of channels."""


def scaled(channels: int, width: float) -> int:
    """Return ``width * channels`` rounded to the nearest integer; less than one is an error."""
    result = round(width * channels)
    if result < 1:
        raise ValueError(f"width must leave at least one of {channels} channels, got {width}")
    return result
