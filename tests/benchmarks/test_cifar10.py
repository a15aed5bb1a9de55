"""The official layout is read, and nothing else that a pickle could hold."""

import pickle

import numpy as np
import pytest
import torch

import theoryprune as tp
from benchmarks.cifar10 import TEST, cifar10_test, normalised, spread_out
from benchmarks.digits import Images


def written(folder, content):
    path = folder / TEST
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol=2))
    return folder


@pytest.fixture
def batch():
    rows = np.arange(2 * 3072, dtype=np.int64).reshape(2, 3072).astype(np.uint8)
    return {b"data": rows, b"labels": [3, 8], b"batch_label": b"testing"}


def test_images_and_labels(tmp_path, batch):
    images = cifar10_test(written(tmp_path, batch))
    assert images.x.shape == (2, 3, 32, 32)
    assert images.y.tolist() == [3, 8]
    assert images.x[0, 1, 0, 2].item() == pytest.approx(batch[b"data"][0, 1024 + 2] / 255)


def test_a_file_as_numpy_wrote_it_before_version_2(tmp_path, batch):
    old = pickle.dumps(batch, protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert cifar10_test(written(tmp_path, old)).y.tolist() == [3, 8]


class Planted:
    def __reduce__(self):
        return print, ("read",)


def test_other_pickles_are_refused(tmp_path, capsys):
    with pytest.raises(tp.DataError, match="has no place in a batch of images"):
        cifar10_test(written(tmp_path, Planted()))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", {b"data": np.zeros((2, 5), np.uint8), b"labels": [1, 2]}, {b"data": [1]}])
def test_other_contents_are_refused(tmp_path, content):
    with pytest.raises(tp.DataError, match="test_batch"):
        cifar10_test(written(tmp_path, content))


def test_images_evenly_spaced():
    images = Images(torch.arange(10.0), torch.arange(10))
    assert spread_out(images, 3).y.tolist() == [0, 3, 6]
    assert spread_out(images, 0) is images
    assert spread_out(images, 20) is images


def test_normalised():
    images = normalised(Images(torch.full((1, 3, 2, 2), 0.456), torch.zeros(1)))
    assert images.x[0, 1].abs().max() < 1e-6
    assert images.x[0, 0, 0, 0].item() == pytest.approx((0.456 - 0.485) / 0.229)
