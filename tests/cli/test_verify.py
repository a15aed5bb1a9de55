"""The command verify: honest folders pass, tampered ones are told where."""

import json
import shutil

import pytest
import torch

import theoryprune as tp
from tests.cli.command import run, run_folder, usable_models
from theoryprune.cli.folders import RECORD, file_hash
from theoryprune.cli.proof import Proof, load_proof, save_proof
from theoryprune.cli.runs import GRAPH, MASK, PROOF


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    args = ("--density", "0.1", "--schedule", "exponential", "--steps", "5")
    return run_folder(tmp_path_factory.mktemp("made"), "prune", "nets.py:conv", *args)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, made):
    usable_models(tmp_path, monkeypatch)
    return shutil.copytree(made, tmp_path / "run")


def edit(folder, change):
    """Change the record in place."""
    record = json.loads((folder / RECORD).read_text())
    change(record)
    (folder / RECORD).write_text(json.dumps(record))


def reseal(record):
    """Make the digest that of the changed fields, and the trace agree: what a tamperer does who knows the format."""
    certificate = tp.FlowCertificate.from_dict(record["certificate"]).sealed()
    record["certificate"] = certificate.to_dict()
    derived = ({"density": row.density, "empty_layers": list(row.empty_layers)} for row in certificate.rows)
    record["trace"] = [{**row.to_dict(), **more} for row, more in zip(certificate.rows, derived, strict=True)]


def lower(row, name="prune_sum", factor=1 - 1e-7):
    row[name] = (float.fromhex(row[name]) * factor).hex()


def test_an_honest_run(capfd, folder):
    result = run(capfd, "verify", folder)
    assert (result.code, result.err) == (0, "")
    text = " ".join(result.out.split())
    assert "the survival theorem" in text
    assert "Connected at the end: the final flow is 10^" in text
    assert "Verified: digest, hashes, counts and arithmetic of all 5 iterations; 5 of 5 iterations computed" in text


def test_what_prune_prints_and_writes(capfd, folder):
    result = run(capfd, "prune", "nets.py:conv", "--density", "0.1", "--out", "other")
    assert "ertified during the procedure" in result.out
    assert "Connected at the end" in result.out
    assert sorted(path.name for path in folder.iterdir()) == [GRAPH, MASK, PROOF, RECORD]


@pytest.mark.parametrize(("rows", "count"), [("all", 5), ("last", 1), ("3", 3), ("auto", 5)])
def test_rows(capfd, folder, rows, count):
    found = run(capfd, "verify", folder, "--rows", rows, "--json").json
    assert len(found["verified"]["rows"]) == count
    assert found["connected"] is True
    assert found["certificate"].count("during the procedure") == 1


def test_bad_rows(capfd, folder):
    result = run(capfd, "verify", folder, "--rows", "some")
    assert (result.code, result.out) == (2, "")
    assert "rows must be all, last, auto or a number of at least 1, got 'some'" in result.err


def test_quiet(capfd, folder):
    result = run(capfd, "verify", folder, "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_a_changed_digit_is_told_with_its_row(capfd, folder):
    edit(folder, lambda record: lower(record["certificate"]["rows"][2]))
    result = run(capfd, "verify", folder)
    assert (result.code, result.out) == (1, "")
    assert "the digest is stated as" in result.err
    assert "row 3: 'prune_sum'" in result.err


def test_a_changed_trace_is_told_with_its_row(capfd, folder):
    edit(folder, lambda record: lower(record["trace"][1], "flow"))
    result = run(capfd, "verify", folder)
    assert result.code == 1
    assert "row 2: 'flow' is stated as" in result.err


@pytest.mark.parametrize("name", ["prune_sum", "smallest_kept", "conservation_residual"])
def test_a_tamperer_who_fixes_the_digest(capfd, folder, name):
    def change(record):
        row = record["certificate"]["rows"][3]
        if name == "conservation_residual":
            row[name] = (1e-9).hex()
        else:
            lower(row, name)
        reseal(record)

    edit(folder, change)
    result = run(capfd, "verify", folder, "--rows", "all")
    assert result.code == 1
    assert f"row 4: '{name}' is stated as" in result.err


def test_a_row_that_repeats_another_number(capfd, folder):
    edit(folder, lambda record: record["trace"][0].update(density=0.5))
    result = run(capfd, "verify", folder)
    assert result.code == 1
    assert "row 1: 'density' is stated as 0.5" in result.err


@pytest.mark.parametrize("name", [MASK, GRAPH, PROOF])
def test_a_changed_file(capfd, folder, name):
    with (folder / name).open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)[0]
        file.seek(-1, 2)
        file.write(bytes([last ^ 1]))
    result = run(capfd, "verify", folder)
    assert result.code == 1
    assert "damaged" in result.err
    assert name in result.err


def test_a_tamperer_who_rewrites_the_files_and_their_hashes(capfd, folder):
    """A removed and a kept weight exchanged, with all hashes of files and masks made to fit."""
    mask, proof = tp.load_mask(folder / MASK), load_proof(folder / PROOF)
    name = "4.weight"
    at = proof.removed_at[name].clone()
    gone, kept = (at == 5).nonzero()[0], (at == 0).nonzero()[0]
    sparse = tp.load_graph(folder / GRAPH)
    weight = sparse.weights[name].clone()
    first = (proof.removed_at[name].flatten()[: gone[0] * at.shape[1] + gone[1]] != 0).sum()
    values = proof.values[name].clone()
    weight[tuple(gone)], at[tuple(gone)] = values[first].clone(), 0
    order = at.clone()
    order[tuple(kept)] = 5
    dense = weight.clone()
    dense[proof.removed_at[name] != 0] = values
    dense[tuple(kept)] = sparse.weights[name][tuple(kept)]
    weight[tuple(kept)] = 0
    again = Proof({**proof.removed_at, name: order}, {**proof.values, name: dense[order != 0]})
    tp.save_graph(sparse.with_weights({name: weight}), folder / GRAPH)
    save_proof(again, folder / PROOF)
    swapped = tp.Mask({**mask.keep, name: order == 0})
    tp.save_mask(swapped, folder / MASK)

    def change(record):
        record["files"] = {n: file_hash(folder / n) for n in (MASK, GRAPH, PROOF)}
        record["hashes"]["mask"] = record["certificate"]["mask_sha256"] = swapped.sha256
        reseal(record)

    edit(folder, change)
    result = run(capfd, "verify", folder, "--rows", "all")
    assert result.code == 1
    assert "the certificate is void" in result.err


def test_folders_without_proof(capfd, folder):
    edit(folder, lambda record: record["files"].pop(PROOF))
    (folder / PROOF).unlink()
    result = run(capfd, "verify", folder)
    assert result.code == 1
    assert "holds no proof.safetensors, so there is nothing to check the run by" in result.err
    assert run(capfd, "show", folder).code == 0
    assert run(capfd, "prune", "nets.py:conv", "--density", "0.5", "--method", "magnitude", "--out", "plain").code == 0
    assert "its score has no flow" in run(capfd, "verify", "plain").err.replace("\n", " ")


def test_what_is_no_run(capfd, folder):
    result = run(capfd, "verify", folder.parent)
    assert result.code == 2
    assert "is no run folder" in result.err


@pytest.mark.parametrize("key", ["certificate", "trace"])
def test_a_record_that_lacks_something(capfd, folder, key):
    edit(folder, lambda record: record.pop(key))
    result = run(capfd, "verify", folder)
    assert result.code == 1
    assert "run prune again" in result.err


def test_half_precision_is_welcome(capfd):
    assert run(capfd, "prune", "nets.py:Half", "--density", "0.5", "--out", "half").code == 0
    assert tp.load_graph("half/graph.safetensors").dtype == torch.float16
    assert run(capfd, "verify", "half").code == 0


def test_another_schedule_or_mask_hash_in_the_record(capfd, folder):
    edit(folder, lambda record: record["arguments"].update(schedule="one_shot()"))
    assert "'schedule' is stated as exponential(5)" in run(capfd, "verify", folder).err
    edit(folder, lambda record: record["hashes"].update(mask="0"))
    assert "'hashes.mask' is not the hash of the mask" in run(capfd, "verify", folder).err


@pytest.mark.parametrize(
    ("options", "schedule"),
    [
        (("--schedule", "adaptive"), "adaptive(0.99)"),
        (("--schedule", "adaptive", "--theta", "0.5", "--guard", "layer"), "adaptive(0.5)"),
        (("--schedule", "guarded", "--steps", "7", "--theta", "0.9"), "guarded(exponential(7), 0.9)"),
        (("--schedule", "exponential", "--scope", "layer", "--protect", "4"), "exponential(100)"),
        ((), "adaptive(0.99)"),
    ],
)
def test_every_kind_of_run_holds(capfd, options, schedule):
    made = run(capfd, "prune", "nets.py:conv", "--density", "0.3", "--out", "kind", "--json", *options)
    assert made.code == 0, made.err
    assert made.json["arguments"]["schedule"] == schedule
    found = run(capfd, "verify", "kind", "--rows", "all", "--json")
    assert found.code == 0, found.err
    assert found.json["connected"]
    assert found.json["certified"] or schedule == "exponential(100)"


def in_rows(**changes):
    return lambda record: record["certificate"]["rows"][2].update(changes)


def in_trace(**changes):
    return lambda record: record["trace"][2].update(changes)


def in_run(**changes):
    return lambda record: record["certificate"].update(changes)


MALFORMED = [
    in_trace(layer_sizes={}), in_trace(layer_sizes=[]), in_trace(kept_per_layer=[1]), in_trace(iteration="x"),
    in_rows(kept_per_layer=[1]), in_rows(layer_sizes={}), in_rows(flow="0x1p99999"), in_trace(flow="0x1p99999"),
    in_run(schedule=3), in_run(dtype=[1]), in_run(versions=[1]), in_run(rule=3), in_run(rows=None), in_run(gamma=1),
    lambda record: record.update(hashes=[1]), lambda record: record.update(trace=3),
    lambda record: record.update(method=[1]), lambda record: record["trace"].insert(0, 3),
]  # fmt: skip


@pytest.mark.parametrize("change", MALFORMED)
def test_malformed_records_end_with_1(capfd, folder, change):
    edit(folder, change)
    result = run(capfd, "verify", folder)
    assert (result.code, result.out) == (1, "")
    assert "Traceback" not in result.err


@pytest.mark.parametrize("stated", ["linear()", "adaptive(abc)", "exponential(0)", "nonsense"])
def test_a_schedule_that_is_none_ends_with_1(capfd, folder, stated):
    def change(record):
        record["certificate"]["schedule"] = record["arguments"]["schedule"] = stated
        reseal(record)

    edit(folder, change)
    result = run(capfd, "verify", folder)
    assert result.code == 1
    assert f"'schedule' is stated as {stated}" in result.err.replace("\n", " ")
