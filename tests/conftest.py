"""What every test shares: the option for slow tests, and a small share of the machine."""

import os

import hypothesis
import pytest
import torch

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are drawn to files; no test opens a window
torch.set_num_threads(min(2, torch.get_num_threads()))

# The same examples on every run and every machine; no time limit for one example, since machines differ.
hypothesis.settings.register_profile("theoryprune", derandomize=True, deadline=None)
hypothesis.settings.load_profile("theoryprune")


def pytest_addoption(parser):
    parser.addoption("--run-slow", action="store_true", help="run the tests marked slow too")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--run-slow"):
        return
    skip = pytest.mark.skip(reason="slow: needs --run-slow")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)
