import numpy as np

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import is_fold, merge, norm
from theoryprune.coresets.join import joined


def test_blocks_side_by_side_are_a_fold_of_the_whole():
    """Rows of different blocks are orthogonal here, so no fold would cross them."""
    rows, columns = layer("clustered")
    members = [np.arange(0, 24, 2), np.arange(1, 24, 2)]
    wide = np.zeros((24, 2 * rows.shape[1]))
    wide[members[0], : rows.shape[1]], wide[members[1], rows.shape[1] :] = rows[members[0]], rows[members[1]]
    parts = [merge(wide[own], columns[:, own], 5) for own in members]
    whole = joined(parts, members, 24)
    assert np.array_equal(
        whole.kept, np.sort(np.concatenate([own[p.kept] for own, p in zip(members, parts, strict=True)]))
    )
    assert is_fold(whole, wide, columns)


def test_one_block_is_itself_and_selections_have_no_merging():
    rows, columns = layer("gauss")
    one = norm(rows, columns, 5)
    assert joined([one], [np.arange(24)], 24) is one
    members = [np.arange(12), np.arange(12, 24)]
    both = joined([norm(rows[own], columns[:, own], 3) for own in members], members, 24)
    assert both.merging is None
    assert np.array_equal(both.outgoing, columns[:, both.kept])
