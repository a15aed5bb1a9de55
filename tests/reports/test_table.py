import pytest
import torch
from torch import nn

import theoryprune as tp
from theoryprune.reports.table import caption, percent, render_html, render_text, short, summary_table


def summary():
    net = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, dilation=2, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(54, 3))
    graph = tp.extract(net, (4, 9, 9))
    return tp.summarize(graph, tp.Mask({"0.weight": torch.arange(108).reshape(6, 2, 3, 3) < 30}))


def test_a_line_per_layer_and_the_totals():
    lines = render_text(summary_table(summary())).splitlines()
    assert lines[0].split()[0] == "channels"
    assert lines[1].split()[2] == "alive"
    assert sum(line.startswith(("0 ", "3 ")) for line in lines) == 2
    assert any(line.startswith("total") and "2 layers" in line for line in lines)
    assert any("3x3, /2, dilation 2, 2 groups" in line and "2/6" in line and "27.78%" in line for line in lines)
    assert any("linear" in line and "protected" in line for line in lines)


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_line_is_wider_than_the_page(width):
    assert max(map(len, render_text(summary(), width).splitlines())) <= width


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10.0k"), (442_368, "442k"), (1_234_567, "1.23M"), (15_470_264_320, "15.5G")],
)
def test_short_counts(count, text):
    assert short(count) == text


@pytest.mark.parametrize(("fraction", "text"), [(1, "100%"), (0, "0%"), (1.23e-4, "0.0123%"), (1 / 3, "33.33%")])
def test_percentages(fraction, text):
    assert percent(fraction) == text


def test_html_is_a_fragment_with_the_whole_table():
    html = render_html(summary_table(summary()))
    assert html.startswith("<pre")
    assert html.endswith("</pre>")
    assert "protected" in html


def test_the_caption_is_as_wide_as_the_page():
    text = render_text(summary())
    assert text.splitlines()[-len(caption(summary()).splitlines()) :] == caption(summary()).splitlines()
    assert "channels alive: with an effective weight" in text
