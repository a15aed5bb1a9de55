import torch

from benchmarks.extraction_speed import extraction


def test_it_times_as_many_calls_as_asked(capsys):
    threads = torch.get_num_threads()
    seconds = extraction("digits_mlp", repeats=2)
    torch.set_num_threads(threads)
    assert len(seconds) == 2
    assert min(seconds) > 0
    assert "extract(digits_mlp)" in capsys.readouterr().out
