import pytest

import theoryprune as tp
from theoryprune.reports.bibliography import ENTRIES, SOURCES


@pytest.mark.parametrize("name", SOURCES)
def test_every_name_can_be_cited(name):
    assert tp.cite(name) == "\n\n".join(ENTRIES[key] for key in SOURCES[name])


def test_a_work_is_cited_once_in_the_order_of_the_names():
    text = tp.cite("erk", "exponential", "synflow", "erk")
    assert [text.index(key) for key in ("evci2020", "mocanu2018", "tanaka2020")] == sorted(
        text.index(key) for key in ("evci2020", "mocanu2018", "tanaka2020")
    )
    assert text.count("@") == 3


def test_without_a_name_everything_is_cited():
    assert tp.cite().count("\n}") == len(ENTRIES)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no citation for 'synflo', 'x'; known are synflow, .*resnet"):
        tp.cite("synflow", "synflo", "x")


def test_every_score_of_the_registry_has_its_citation():
    scores = pytest.importorskip("theoryprune.scores")
    assert set(scores.SCORES) | set(scores.DATA_SCORES) | {"smart_ratio"} <= set(SOURCES)
