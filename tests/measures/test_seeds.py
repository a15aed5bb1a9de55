"""Seeds decide the draws, and torch's global generator does not."""

import pytest
import torch

from theoryprune.measures.seeds import generator


def test_the_seed_decides():
    state = torch.get_rng_state()
    assert torch.equal(torch.rand(3, generator=generator(5)), torch.rand(3, generator=generator(5)))
    assert not torch.equal(torch.rand(3, generator=generator(5)), torch.rand(3, generator=generator(6)))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("seed", [0.5, True, None, "1"])
def test_a_seed_is_an_int(seed):
    with pytest.raises(TypeError, match="seed must be an int, got"):
        generator(seed)


def test_a_seed_is_not_negative():
    with pytest.raises(ValueError, match="seed must not be negative, got -1"):
        generator(-1)


def test_a_seed_has_64_bits():
    assert generator(2**64 - 1).initial_seed() % 2**64 == 2**64 - 1
    with pytest.raises(ValueError, match=r"seed must be below 2\*\*64, got 18446744073709551616"):
        generator(2**64)
