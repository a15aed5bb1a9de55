"""One version: the package's own, repeated where a reader looks for it, and never differently."""

import re
from importlib.metadata import version

import theoryprune
from tests.architecture.source import ROOT


def first_match(pattern, file):
    """The groups of the first match of `pattern` at the start of a line of `file`."""
    match = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert match, f"{file} has no line that matches {pattern}"
    return match.groups()


# A release is a heading "## [1.2.3] - 2026-01-31"; the newest stands first, below "## [Unreleased]".
NEWEST_RELEASE = r"^## \[(\d[^\]]*)\] - (\d{4}-\d{2}-\d{2})$"


def test_changelog_names_this_version_first():
    assert first_match(NEWEST_RELEASE, "CHANGELOG.md")[0] == theoryprune.__version__


def test_citation_names_this_version_and_its_date():
    cited = first_match(r'^version: "?([^"\n]+)"?$', "CITATION.cff")
    date = first_match(r'^date-released: "?([^"\n]+)"?$', "CITATION.cff")
    assert (*cited, *date) == first_match(NEWEST_RELEASE, "CHANGELOG.md")


def test_installed_metadata_names_this_version():
    assert version("theoryprune") == theoryprune.__version__
