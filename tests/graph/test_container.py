import json
import os
import stat
import struct

import pytest
import torch
from safetensors.torch import save_file

from theoryprune.errors import FileFormatError
from theoryprune.graph import container
from theoryprune.graph.container import SCHEMA, read, write

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(1, dtype=torch.int64), "c": torch.empty(0, 4)}


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "file", "graph", {"x": [1, None, "é"]}, TENSORS)
    return tmp_path / "file"


def damaged(path, change):
    """Replace the bytes of a file."""
    content = bytearray(path.read_bytes())
    path.write_bytes(change(content))
    return path


def with_entry(path, change):
    """Write the file again with another text as our header entry, the tensors untouched."""
    with container.safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
        header = json.loads(file.metadata()["theoryprune"])
    save_file(tensors, path, metadata={"theoryprune": change(header)})
    return path


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.bool, torch.int8])
def test_what_is_written_is_read(tmp_path, dtype):
    tensors = {key: tensor.to(dtype) for key, tensor in TENSORS.items()}
    write(tmp_path / "file", "mask", {"x": 0.1}, tensors)
    header, back = read(tmp_path / "file", "mask")
    assert header == {"format": "mask", "schema": SCHEMA, "x": 0.1}
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[k], tensors[k]) and back[k].dtype == dtype for k in tensors)


def test_the_bytes_depend_on_the_content_alone(tmp_path, path):
    write(tmp_path / "other", "graph", {"x": [1, None, "é"]}, dict(reversed(TENSORS.items())))
    assert (tmp_path / "other").read_bytes() == path.read_bytes()


def test_tensors_outlive_the_file(path):
    _, tensors = read(path, "graph")
    path.write_bytes(b"\xff" * path.stat().st_size)
    assert torch.equal(tensors["a"], TENSORS["a"])


def test_a_file_has_the_usual_permissions(path):
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    before = path.read_bytes()

    def write_half(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("disk full")

    monkeypatch.setattr(container.Path, "write_bytes", write_half)
    with pytest.raises(OSError, match="disk full"):
        write(path, "graph", {}, {})
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing' for 'file' does not exist"):
        write(tmp_path / "missing" / "file", "mask", {}, {})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .* to load a mask from"):
        read(tmp_path / "nothing", "mask")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read(tmp_path, "mask")


@pytest.mark.parametrize("length", [0, 7, 8, 20, -1])
def test_a_cut_off_file_is_refused(path, length):
    with pytest.raises(FileFormatError, match="cut off or damaged"):
        read(damaged(path, lambda content: content[:length]), "graph")


def test_noise_is_refused(path):
    with pytest.raises(FileFormatError, match="no safetensors file"):
        read(damaged(path, lambda content: b"not a file of ours" * 20), "graph")


def test_every_flipped_bit_is_noticed(path):
    content = path.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    for at in range(start, len(content)):
        flipped = bytearray(content)
        flipped[at] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(FileFormatError, match="content and hash disagree"):
            read(path, "graph")


def test_a_changed_header_is_noticed(path):
    with_entry(path, lambda header: json.dumps(header | {"x": [2, None, "é"]}))
    with pytest.raises(FileFormatError, match="content and hash disagree"):
        read(path, "graph")


@pytest.mark.parametrize(
    "change", [lambda h: "{", lambda h: "[]", lambda h: json.dumps({k: v for k, v in h.items() if k != "sha256"})]
)
def test_a_broken_header_is_refused(path, change):
    with pytest.raises(FileFormatError, match="the header is damaged"):
        read(with_entry(path, change), "graph")


@pytest.mark.parametrize("schema", [SCHEMA + 1, "1", None])
def test_a_newer_schema_is_refused(path, schema):
    with pytest.raises(FileFormatError, match="install a newer theoryprune"):
        read(with_entry(path, lambda header: json.dumps(header | {"schema": schema})), "graph")


def test_another_kind_is_refused(path):
    with pytest.raises(FileFormatError, match="holds a graph, not a mask; load it with load_graph"):
        read(path, "mask")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_a_foreign_file_is_refused(tmp_path, metadata):
    save_file(TENSORS, tmp_path / "file", metadata=metadata)
    with pytest.raises(FileFormatError, match="without the header of theoryprune"):
        read(tmp_path / "file", "mask")
