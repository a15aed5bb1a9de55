from functools import partial

from tests.coresets.nets import model_graph
from theoryprune import measures
from theoryprune.coresets import kernel_fit, reduce
from theoryprune.coresets.make_plan import method_name


def test_the_cost_is_that_of_the_channels_kept():
    """In a stream of option A some channels live in the last stage only, and cost less."""
    graph = model_graph("resnet20_a")
    result = reduce(graph, {"conv1": 9}, streams=True, certify=False)
    assert result.spent == measures.size(result.small).total
    assert result.total == measures.size(graph).total


def test_kinds_and_names():
    rows = reduce(model_graph("mobile_tiny"), 0.5, certify=False).layers
    assert {row.kind for row in rows} == {"stream", "depthwise", "convolution"}
    assert method_name(partial(kernel_fit, blend=0.5)) == method_name(kernel_fit) == "kernel_fit"
    assert method_name(object()) == "method"
