import pytest
from PIL import Image

import theoryprune as tp
from benchmarks.photos import FOLDER, photos


def written(folder, sizes, listed="wnid,label\nn02,7\nn01,5\n"):
    for name, size in sizes.items():
        path = folder / FOLDER / "val" / name / "0.JPEG"
        path.parent.mkdir(parents=True)
        Image.new("RGB", size, (255, 0, 128)).save(path)
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / "labels.csv").write_text(listed)
    return folder


def test_photos_of_any_size_by_class(tmp_path):
    images = photos(written(tmp_path, {"n02": (224, 224), "n01": (300, 500)}))
    assert images.x.shape == (2, 3, 224, 224)
    assert images.y.tolist() == [5, 7]
    assert images.x[:, 0].min() > 250
    assert images.x[:, 1].max() < 5


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(tp.DataError, match="the folder of ImageNet photos is not there"):
        photos(tmp_path)
    with pytest.raises(tp.DataError, match="holds no photos"):
        photos(written(tmp_path, {}))


def test_a_class_that_is_not_listed(tmp_path):
    with pytest.raises(tp.DataError, match="lacks the classes n09"):
        photos(written(tmp_path, {"n09": (224, 224)}))
