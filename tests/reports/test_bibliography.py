import re

import pytest

from theoryprune.reports.bibliography import ENTRIES, SOURCES


@pytest.mark.parametrize("key", ENTRIES)
def test_an_entry_is_well_formed(key):
    entry = ENTRIES[key]
    assert re.match(rf"@(inproceedings|article|misc)\{{{key},\n", entry)
    assert entry.endswith("\n}")
    assert entry.count("{") == entry.count("}")
    fields = re.findall(r"^  (\w+) +=", entry, flags=re.MULTILINE)
    assert {"title", "author", "year"} <= set(fields)
    assert len(fields) == len(set(fields))
    year = re.search(r"year +?= +?\{(\d{4})\}", entry)
    assert year
    assert year[1] in key


def test_every_source_has_its_entry_and_every_entry_a_source():
    cited = [key for keys in SOURCES.values() for key in keys]
    assert set(cited) == set(ENTRIES)
