"""What is measured is what is printed."""

import io
import json
import math

from rich.console import Console

from benchmarks.coresets.report import Report, cells, table, to_json

REPORT = Report(
    "Gains [of 2]",
    {"layer": "{layer}", "gain": "{gain:.2f}", "schur": "{schur:.2f}", "gone": "{gone:.1f}"},
    [{"layer": "gauss", "gain": 1.234, "schur": None}, {"layer": "orth", "gain": math.inf, "schur": 2.0}],
    ("a note",),
)


def test_a_missing_value_is_a_dash():
    assert cells(REPORT) == [["gauss", "1.23", "-", "-"], ["orth", "inf", "2.00", "-"]]


def test_the_table_holds_title_cells_and_notes():
    console = Console(file=io.StringIO(), width=80)
    console.print(table(REPORT))
    text = console.file.getvalue()
    assert all(word in text for word in ("Gains [of 2]", "gauss", "1.23", "inf", "a note"))


def test_json_holds_what_it_can():
    found = json.loads(to_json({"rows": REPORT.rows, "spread": (1.0, math.nan)}))
    assert found["rows"][0] == {"layer": "gauss", "gain": 1.234, "schur": None}
    assert found["rows"][1]["gain"] == "inf"
    assert found["spread"] == [1.0, "nan"]
