"""The way back from a masked network to the one before pruning."""

import pytest
import torch

import theoryprune as tp
from tests.networks import random_graph
from tests.reference_run import reference_run
from theoryprune.cli.proof import Proof, dense_graph, load_proof, proof_of, save_proof
from theoryprune.graph.hashing import graph_sha256


def small(dtype=torch.float64, steps=4):
    graph = random_graph(3, dtype)
    pruning = reference_run(graph, 0.3, tp.exponential(steps))
    return graph, pruning, tp.apply_mask(graph, pruning.mask)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_nothing_is_lost(tmp_path, dtype):
    graph, pruning, sparse = small(dtype)
    save_proof(proof_of(graph, pruning.removed_at), tmp_path / "proof.safetensors")
    proof = load_proof(tmp_path / "proof.safetensors")
    assert graph_sha256(dense_graph(sparse, proof)) == graph_sha256(graph)
    assert all(torch.equal(proof.removed_at[name], at) for name, at in pruning.removed_at.items())
    assert all(at.dtype == torch.int32 for at in proof.removed_at.values())


@pytest.mark.parametrize(("largest", "dtype"), [(255, torch.uint8), (256, torch.int16), (40_000, torch.int32)])
def test_iterations_take_the_smallest_integers(tmp_path, largest, dtype):
    from theoryprune.graph.container import read

    proof = Proof({"w": torch.tensor([0, largest], dtype=torch.int32)}, {"w": torch.ones(1)})
    save_proof(proof, tmp_path / "p")
    assert read(tmp_path / "p", "proof")[1]["w:removed_at"].dtype == dtype
    assert load_proof(tmp_path / "p").removed_at["w"].tolist() == [0, largest]


def test_a_proof_of_another_run_is_refused():
    graph, pruning, sparse = small()
    proof = proof_of(graph, pruning.removed_at)
    short = {name: values[:-1] for name, values in proof.values.items()}
    for other in (Proof(proof.removed_at, short), Proof({"x": torch.zeros(1)}, {"x": torch.zeros(0)})):
        with pytest.raises(tp.FileFormatError, match="the proof does not fit the network"):
            dense_graph(sparse, other)


def test_other_files_are_no_proof(tmp_path):
    graph, _, _ = small()
    tp.save_graph(graph, tmp_path / "graph")
    with pytest.raises(tp.FileFormatError, match="holds a graph, not a proof"):
        load_proof(tmp_path / "graph")
