from tests.coresets.nets import model_graph
from theoryprune.coresets.hidden import sums_of
from theoryprune.coresets.hidden_groups import hidden_groups


def test_a_stream_has_one_row_of_all_its_sums():
    streams = [hidden for hidden in hidden_groups(model_graph("resnet20")) if hidden.stream]
    assert [len(hidden.readings) for hidden in streams] == [1, 1, 1]
    assert [len(sums_of(hidden.readings[0])) for hidden in streams] == [4, 3, 3]
    assert [hidden.units for hidden in streams] == [4, 8, 16]
    assert streams[0].step == 1
    assert streams[0].consumers == streams[0].readings[0]
