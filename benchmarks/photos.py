"""A few ImageNet photos: ``imagenet-sample/val/WNID/NAME.JPEG`` and their classes in ``imagenet-sample/labels.csv``."""

import csv
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import theoryprune as tp
from benchmarks.data_folder import require_data
from benchmarks.digits import Images

FOLDER = "imagenet-sample"


def photos(data: Path | None = None) -> Images:
    """Return the photos, (n, 3, 224, 224) in [0, 255] as floats, with the numbers of their classes, by class and name.

    A photo of another size is scaled so that its shorter side is 256, and cropped to the centre.

    Raises
    ------
    DataError
        If the folder or the list of labels is not there, or a class is not listed.
    """
    root = require_data(FOLDER, "the folder of ImageNet photos", data)
    listed = require_data(f"{FOLDER}/labels.csv", "the list of the photos' classes (wnid,label)", data)
    with listed.open(encoding="utf-8", newline="") as file:
        labels = {row["wnid"]: int(row["label"]) for row in csv.DictReader(file)}
    paths = sorted((root / "val").glob("*/*.JPEG"))
    if not paths:
        raise tp.DataError(f"{root / 'val'} holds no photos: put them there as WNID/NAME.JPEG")
    if unknown := {path.parent.name for path in paths} - labels.keys():
        raise tp.DataError(f"{listed} lacks the classes {', '.join(sorted(unknown))}")
    images = torch.stack([_read(path) for path in paths])
    return Images(images, torch.tensor([labels[path.parent.name] for path in paths]))


def _read(path: Path) -> Tensor:
    from PIL import Image

    with Image.open(path) as opened:
        image = opened.convert("RGB")
    if image.size != (224, 224):
        factor = 256 / min(image.size)
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)
        left, top = (image.width - 224) // 2, (image.height - 224) // 2
        image = image.crop((left, top, left + 224, top + 224))
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float()
