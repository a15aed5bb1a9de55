import numpy as np
import pytest

from tests.coresets.nets import model_graph
from theoryprune.coresets import group_coreset, hidden_layer, kernel_fit, merge, norm
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.preactivation import preactivation


@pytest.mark.parametrize("method", [merge, kernel_fit, norm])
@pytest.mark.parametrize(
    ("model", "name"), [("dense_tiny", "stem"), ("grouped_tiny", "block1.conv1"), ("resnet20", "layer1.0.conv1")]
)
def test_foreign_laws_leave_folds_of_the_rows_as_they_are(model, name, method):
    """Whatever rows the method saw, residuals are those of the layer's own."""
    graph = model_graph(model)
    hidden = next(hidden for hidden in hidden_groups(graph) if hidden.group.name == name)
    laws = [preactivation(graph, hidden, reading) for reading in hidden.readings]
    assert None not in laws
    layer = hidden_layer(graph, name)
    found = group_coreset(layer, method, layer.incoming.shape[0] // 2, laws=laws)
    for part, (rows, _) in zip(found.readings, layer.readings, strict=True):
        if method is norm:
            assert part.merging is None
            continue
        gone, merging = part.pruned, part.merging
        served = merging.assignment[gone] >= 0
        expected = rows[gone] - merging.multipliers[gone, None] * rows[merging.assignment[gone]]
        assert served.any()
        assert np.allclose(merging.residuals[served], expected[served], atol=1e-12)
        assert np.allclose(merging.residuals[~served], rows[gone][~served])
