import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import normal, with_statistics
from theoryprune.layers import Call, Refusal, Value
from theoryprune.layers.batchnorm import convert_batch_norm


@pytest.mark.parametrize("affine", [True, False])
def test_the_affine_form_is_the_layer(affine):
    module = with_statistics(nn.BatchNorm2d(3, affine=affine).double(), seed=1)
    if affine:
        nn.init.normal_(module.weight)
        nn.init.normal_(module.bias)
    (layer,) = tp.extract(module, (3, 4, 4)).layers
    scale, shift = layer.affine()
    x = normal(2, 3, 4, 4)
    torch.testing.assert_close(
        layer.forward(x), x * scale[:, None, None] + shift[:, None, None], rtol=1e-12, atol=1e-12
    )


def test_batch_statistics_are_refused():
    args = {"input": Value("x", (3,)), "running_mean": None, "running_var": None, "training": True}
    with pytest.raises(Refusal, match="depends on the others"):
        convert_batch_norm(Call("bn", "batch_norm.default", args, (3,)))
