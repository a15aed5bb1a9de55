"""Folders of reductions: honest ones pass, tampered ones are told where, however well the tamperer knows the format."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import theoryprune as tp
from tests.cli.command import run, run_folder, usable_models
from theoryprune.cli.folders import RECORD, file_hash
from theoryprune.cli.records import decode, encode
from theoryprune.cli.reductions import BEFORE, CORESETS, GRAPH, SMALL, read_reduction
from theoryprune.graph.container import read, write
from theoryprune.graph.hashing import graph_sha256
from theoryprune.reports import reduction_data


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    args = ("--params", "0.6", "--how", "uniform")
    return run_folder(tmp_path_factory.mktemp("made"), "reduce", "nets.py:shaped", *args)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, made):
    usable_models(tmp_path, monkeypatch)
    return shutil.copytree(made, tmp_path / "run")


def reseal(folder):
    """Make every hash and every repeated figure fit what the files say."""
    path = folder / RECORD
    record = json.loads(path.read_text())
    record["files"] = {name: file_hash(folder / name) for name in record["files"]}
    path.write_text(json.dumps(record))
    found = read_reduction(folder)
    graphs = {"before": found.reduction.before, "graph": found.reduction.graph, "small": found.small}
    record["hashes"] |= {name: graph_sha256(graph) for name, graph in graphs.items()}
    record |= reduction_data(found.reduction, found.small)
    path.write_text(json.dumps(record))


def change_parts(folder, change, kept_end=False):
    """Change the coresets and the plan in place."""
    header, tensors = read(folder / CORESETS, "reduction")
    coresets, plan, end = (decode(header[name], tensors) for name in ("coresets", "plan", "end_to_end"))
    coresets, plan = change(coresets, plan)
    tensors = {}
    parts = {"coresets": coresets, "plan": plan, "end_to_end": end if kept_end else None}
    write(folder / CORESETS, "reduction", {name: encode(part, tensors) for name, part in parts.items()}, tensors)
    reseal(folder)


def with_certificate(plan, change):
    """Change the certificate of the first group."""
    first, *rest = plan.layers
    return replace(plan, layers=(replace(first, certificate=change(first.certificate)), *rest))


def refused(capfd, folder, message):
    result = run(capfd, "verify", folder)
    assert (result.code, result.out) == (1, ""), result.out
    assert message in " ".join(result.err.split())
    assert "Traceback" not in result.err


def test_an_honest_run(capfd, folder):
    result = run(capfd, "verify", folder)
    assert (result.code, result.err) == (0, "")
    text = " ".join(result.out.split())
    assert "Certified for every input" in text
    assert "2 layer certificates hold, each checked by another route" in text
    assert "as stated" in text
    found = run(capfd, "verify", folder, "--json").json
    assert found["verified"]["certificates"] == 2
    assert run(capfd, "verify", folder, "--quiet").out == ""
    reseal(folder)
    assert run(capfd, "verify", folder).code == 0


def test_rows_are_no_option_of_reductions(capfd, folder):
    result = run(capfd, "verify", folder, "--rows", "all")
    assert result.code == 2
    assert "has no iterations; leave --rows out" in result.err


@pytest.mark.parametrize("name", [BEFORE, GRAPH, SMALL, CORESETS])
def test_a_changed_byte(capfd, folder, name):
    with (folder / name).open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)[0]
        file.seek(-1, 2)
        file.write(bytes([last ^ 1]))
    refused(capfd, folder, "damaged")


@pytest.mark.parametrize("name", [BEFORE, GRAPH, SMALL])
def test_a_network_that_was_rewritten(capfd, folder, name):
    graph = tp.load_graph(folder / name)
    weight = graph.weights["4.weight"].clone()
    weight[0, 0] += 1e-6
    tp.save_graph(graph.with_weights({"4.weight": weight}), folder / name)
    reseal(folder)
    messages = {
        BEFORE: "the hash is that of other weights",
        GRAPH: "the graph is not what",
        SMALL: "is not the reduced one without its pruned channels",
    }
    refused(capfd, folder, messages[name])


@pytest.mark.parametrize("name", ["observed", "best", "full"])
def test_a_bound_of_a_group(capfd, folder, name):
    factor = 1.01 if name == "observed" else 1 - 1e-6
    change_parts(
        folder,
        lambda coresets, plan: (
            coresets,
            with_certificate(plan, lambda proof: replace(proof, **{name: getattr(proof, name) * factor})),
        ),
    )
    refused(capfd, folder, f"'0': {name} is stated as")


@pytest.mark.parametrize("name", ["triangle", "product", "centre", "schur"])
def test_a_bound_of_a_layer_and_of_its_group(capfd, folder, name):
    def lowered(proof):
        part = proof.parts[0]
        gains = replace(part.gains, **{name: part.gains.best * (1 - 1e-6)})
        return replace(proof, parts=(replace(part, gains=gains),), best=gains.best)

    change_parts(folder, lambda coresets, plan: (coresets, with_certificate(plan, lowered)))
    refused(capfd, folder, "'0':")


def test_a_witness_that_attains_less(capfd, folder):
    def moved(proof):
        part = proof.parts[0]
        return replace(proof, parts=(replace(part, witness=-part.witness),))

    change_parts(folder, lambda coresets, plan: (coresets, with_certificate(plan, moved)))
    refused(capfd, folder, "the witness does not attain what is stated")


def test_units_and_weights_of_a_coreset(capfd, folder):
    honest = (folder / CORESETS).read_bytes()

    def other_weights(coresets, plan):
        part = coresets["0"].readings[0]
        part = replace(part, outgoing=part.outgoing * 1.001)
        return {**coresets, "0": replace(coresets["0"], readings=(part,))}, plan

    def other_units(coresets, plan):
        old = coresets["0"]
        kept = np.setdiff1d(np.arange(old.units), old.kept)[: len(old.kept)]
        kept = np.sort(np.concatenate([kept, old.kept])[: len(old.kept)])
        return {**coresets, "0": replace(old, kept=kept, readings=(replace(old.readings[0], kept=kept),))}, plan

    change_parts(folder, other_weights)
    refused(capfd, folder, "'0':")
    (folder / CORESETS).write_bytes(honest)
    change_parts(folder, other_units)
    refused(capfd, folder, "'0':")


@pytest.mark.parametrize("name", ["error", "observed"])
def test_the_bound_of_the_output(capfd, folder, name):
    assert "Certified of the output: largest difference of the outputs in [" in run(capfd, "verify", folder).out
    header, tensors = read(folder / CORESETS, "reduction")
    end = decode(header["end_to_end"], tensors)
    factor = 0.9 if name == "error" else 1.1
    parts = {key: decode(header[key], tensors) for key in ("coresets", "plan")}
    parts["end_to_end"] = replace(end, **{name: getattr(end, name) * factor})
    tensors = {}
    write(folder / CORESETS, "reduction", {key: encode(part, tensors) for key, part in parts.items()}, tensors)
    reseal(folder)
    refused(capfd, folder, "end to end:")


def test_the_bound_of_the_output_rests_on_those_of_the_groups(capfd, folder):
    def looser(proof):
        part = proof.parts[0]
        gains = {name: getattr(part.gains, name) * 1.5 for name in ("triangle", "product", "centre", "schur")}
        part = replace(part, gains=replace(part.gains, **gains))
        return replace(proof, parts=(part,), best=part.best)

    change_parts(folder, lambda coresets, plan: (coresets, with_certificate(plan, looser)), kept_end=True)
    refused(capfd, folder, "end to end: its rows are not the certificates of the groups")


def test_figures_of_the_plan(capfd, folder):
    honest = (folder / CORESETS).read_bytes()
    for change, message in (
        (lambda plan: replace(plan, spent=plan.spent - 1), "the small network has"),
        (lambda plan: replace(plan, total=plan.total + 100), "the small network has"),
        (lambda plan: replace(plan, layers=plan.layers[1:]), "the rows are not those of the removable groups"),
        (
            lambda plan: replace(plan, layers=(replace(plan.layers[0], after=1), *plan.layers[1:])),
            "channels are stated",
        ),
        (
            lambda plan: replace(plan, allocation=replace(plan.allocation, budget=tp.Budget(params=0.1))),
            "Budget(params=0.1) is exceeded",
        ),
    ):
        change_parts(folder, lambda coresets, plan, change=change: (coresets, change(plan)))
        refused(capfd, folder, message)
        (folder / CORESETS).write_bytes(honest)


@pytest.mark.parametrize("key", ["claim", "totals", "budget", "rows", "curve", "method"])
def test_what_the_record_repeats(capfd, folder, key):
    record = json.loads((folder / RECORD).read_text())
    record[key] = "other"
    (folder / RECORD).write_text(json.dumps(record))
    refused(capfd, folder, f"'{key}' is not what the reduction says")


def test_a_digit_of_the_record(capfd, folder):
    record = json.loads((folder / RECORD).read_text())
    proof = record["rows"][0]["certificate"]
    proof["best"] = (float.fromhex(proof["best"]) * 0.5).hex()
    (folder / RECORD).write_text(json.dumps(record))
    refused(capfd, folder, "'rows' is not what the reduction says")


def test_hashes(capfd, folder):
    record = json.loads((folder / RECORD).read_text())
    record["hashes"]["small"] = "0" * 64
    (folder / RECORD).write_text(json.dumps(record))
    refused(capfd, folder, "'hashes.small' is not the hash of that network")
    record["hashes"] = 3
    (folder / RECORD).write_text(json.dumps(record))
    refused(capfd, folder, "'hashes' is no table of hashes")


@pytest.mark.parametrize("model", ["conv", "Half"])
def test_other_networks(capfd, folder, model, tmp_path):
    text = (tmp_path / "nets.py").read_text()
    (tmp_path / "nets.py").write_text(text + "\n\ndef half():\n    model = shaped().half()\n    return model\n")
    spec = "nets.py:half" if model == "Half" else "nets.py:conv"
    made = run(capfd, "reduce", spec, "--channels", "0.5", "--method", "kernel_fit", "--out", "other")
    assert made.code == 0, made.err
    assert run(capfd, "verify", "other").code == 0
    assert tp.load_graph("other/small.safetensors").dtype == (torch.float16 if model == "Half" else torch.float32)
