"""The picture of the page, from a network that is hardly trained."""

import pytest

from benchmarks.coresets import digits, picture


@pytest.fixture
def quick(monkeypatch):
    def once(images, weight_decay, seed):
        return digits.trained(images, weight_decay, seed, epochs=1)

    monkeypatch.setattr(picture, "trained", once)


def test_the_picture_and_its_figures(tmp_path, capsys, quick):
    picture.draw(tmp_path / "a.svg", share=0.5)
    picture.draw(tmp_path / "b.svg", share=0.5)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("unpruned: 0.")
    assert [line.split(",")[0] for line in lines[1:7]] == ["merge"] * 3 + ["kernel_fit"] * 3
