"""Graphs of subjects are inductive; a network of features helps where a module of them acts together."""

import networkx as nx
import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from mmomics import plugins
from mmomics.errors import UserError
from mmomics.fusion.contract import Anchors
from mmomics.fusion.graph.feature_graph import Method, Params
from mmomics.nn.streams import Streams
from mmomics.training.network import attach, make_params
from mmomics.training.rows import Rows
from tests.folds import make_fold
from tests.fusion.learn import learned


@pytest.mark.parametrize("name", ["fused_graph", "view_graphs"])
def test_test_subjects_shape_no_graph(name):
    """The nodes are training subjects that a member learns from; other test subjects, even in a crowd around one, change nothing."""
    (fold, _), (other, _) = make_fold("binary"), make_fold("binary")
    asked, rest = fold.test[0], fold.test[1:]
    for key, values in other.x.items():
        values[rest], other.seen[key][rest] = fold.x[key][asked] + 0.01, True
    found = []
    for part in (fold, other):
        rows = Rows([part], [torch.zeros(len(part.y), 3, 1)], [0, 0], [0, 1], torch.device("cpu"))
        method = plugins.load("fusion", name).Method(rows.n_vars, make_params("fusion", name, {}), Streams([1, 2]))
        attach(method, rows)
        batch = rows.take(asked.view(1, 1).expand(2, 1))
        found.append((method.eval(), method.encode(batch.x, batch.seen)))
    (first, z), (second, other_z) = found
    for key, tensor in first.state_dict().items():
        torch.testing.assert_close(tensor, second.state_dict()[key], rtol=0, atol=0)
    torch.testing.assert_close(z, other_z)
    for member, nodes in enumerate(first.anchors.x_m2):
        learn = torch.cat([fold.x["m2"][rows.learn[member]], torch.zeros(1, 5)])  # the last: filling
        assert torch.cdist(nodes, learn, compute_mode="donot_use_mm_for_euclid_dist").amin(1).max() < 1e-5


def test_the_network_of_a_planted_module_helps(tmp_path):
    """Whether what 20 noisy genes have in common is far from nought."""
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(400, generator=generator)
    x = {"rna": torch.randn(400, 120, generator=generator)}
    x["rna"][:, :20] = (x["rna"][:, :20] + 0.7 * common[:, None]) / 1.49**0.5
    y, train = (common.abs() > common.abs().median()).float(), torch.arange(200)
    graph = nx.disjoint_union(nx.random_regular_graph(8, 20, seed=0), nx.random_regular_graph(4, 100, seed=0))
    scores = {}
    for name, place in {"true": np.arange(120), "shuffled": np.random.default_rng(0).permutation(120)}.items():
        path = tmp_path / f"{name}.tsv"
        path.write_text("".join(f"g{place[a]}\tG{place[b]}\n" for a, b in graph.edges))
        method = Method({"rna": 120}, Params(network=str(path)), Streams([1, 2]))
        seen = {"rna": torch.ones(2, 200, dtype=torch.bool)}
        method.attach(Anchors({"rna": x["rna"][train].expand(2, -1, -1)}, seen, {"rna": [tuple(f"G{gene}" for gene in range(120))] * 2}))
        scores[name] = roc_auc_score(y[200:], learned(method, x, y, train)[200:])
    assert scores["true"] > 0.65 and scores["true"] > scores["shuffled"] + 0.05


def attached(params, features=(("A_1", "B_2", "C_3"), ("A", "B", "x"))):
    method = Method({"rna": 3, "protein": 3}, Params(**params), Streams([0]))
    generator = torch.Generator().manual_seed(0)
    x = {name: torch.randn(1, 50, 3, generator=generator) for name in ("rna", "protein")}
    seen = {name: torch.ones(1, 50, dtype=torch.bool) for name in x}
    method.attach(Anchors(x, seen, dict(zip(x, ([own] for own in features), strict=True))))
    return method, x, seen


def test_steps_are_powers_of_the_normalised_network_across_modalities(tmp_path):
    path = tmp_path / "net.tsv"
    path.write_text("A\tB\n")
    method, x, seen = attached({"network": str(path), "n_steps": 3})
    linked = np.zeros((6, 6))
    for one, other in [(0, 1), (0, 3), (0, 4), (1, 3), (1, 4), (3, 4)]:  # A, B in rna and protein: one gene, or linked genes
        linked[one, other] = linked[other, one] = 1
    walk = linked / np.maximum(linked.sum(1, keepdims=True), 1)
    values = torch.cat([x["rna"], x["protein"]], dim=-1)[0].numpy()
    for step, found in enumerate(method._steps(method._side_by_side(x, seen)), 1):
        np.testing.assert_allclose(np.abs(found[0].numpy()), np.abs(values @ np.linalg.matrix_power(walk, step).T), atol=1e-5)
        scaled = found[0] * method.scale[0, step - 1]
        torch.testing.assert_close(scaled.square().mean(0), torch.tensor([1.0, 1, 0, 1, 1, 0]))


def test_memory_is_features_times_neighbours():
    method, _, _ = attached({"n_neighbors": 4})
    assert sum(buffer.numel() for buffer in method.buffers()) == 6 * (2 * 4 + 2)


def test_a_network_that_links_nothing_is_one_line(tmp_path):
    (tmp_path / "net.tsv").write_text("TP53\tMYC\n")
    with pytest.raises(UserError, match=r"links no two features; give a network of names like A_1, B_2, A, B"):
        attached({"network": str(tmp_path / "net.tsv")})
