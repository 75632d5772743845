"""Subjects are linked to the training subjects that scikit-learn finds nearest, never to themselves, never across a missing assay."""

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from mmomics.nn.anchors import Anchors, links
from mmomics.nn.sizes import Sizes
from mmomics.nn.streams import Streams


def kept(n_vars, n_anchors=30, n_sampled=30):
    generator = torch.Generator().manual_seed(0)
    x = {name: torch.randn(1, n_anchors, size, generator=generator) for name, size in n_vars.items()}
    seen = {name: torch.ones(1, n_anchors, dtype=torch.bool) for name in n_vars}
    anchors = Anchors(Streams([0]), n_vars, n_anchors, n_sampled, n_neighbors=5)
    anchors.keep(x, seen)
    return anchors.eval(), x, seen


def new(n_vars, n_obs=7):
    generator = torch.Generator().manual_seed(1)
    x = {name: torch.randn(1, n_obs, size, generator=generator) for name, size in n_vars.items()}
    return x, {name: torch.ones(1, n_obs, dtype=torch.bool) for name in n_vars}


def test_links_go_to_the_nearest_neighbours():
    anchors, x, _ = kept({"a": 12})
    subjects = new({"a": 12})
    nodes, n_neighbors = anchors.nodes()
    distance, comparable = anchors.apart(subjects, nodes)
    weights = links(distance["a"], comparable["a"], n_neighbors)[0]
    found = NearestNeighbors(n_neighbors=5).fit(x["a"][0]).kneighbors(subjects[0]["a"][0], return_distance=False)
    np.testing.assert_array_equal(np.sort(torch.nonzero(weights)[:, 1].view(7, 5)), np.sort(found))
    torch.testing.assert_close(weights.sum(1), torch.ones(7))


def test_a_training_subject_does_not_lean_on_itself():
    anchors, x, seen = kept({"a": 12, "b": 4})
    x["b"][0, 3] = x["b"][0, 4]  # two subjects that are alike in one assay are still two
    nodes, n_neighbors = anchors.nodes()
    distance, comparable = anchors.apart((x, seen), nodes)
    for name in ("a", "b"):
        assert (links(distance[name], comparable[name], n_neighbors)[0].diagonal() == 0).all()
    assert comparable["b"][0, 3, 4] and links(distance["b"], comparable["b"], n_neighbors)[0, 3, 4] > 0


def test_nobody_is_linked_across_a_missing_assay():
    anchors, x, seen = kept({"a": 12, "b": 4})
    seen["b"][0, :20] = False
    anchors.keep({**x, "b": x["b"] * seen["b"].unsqueeze(-1)}, seen)
    subjects = new({"a": 12, "b": 4})
    subjects[1]["a"][0, 0] = False
    nodes, n_neighbors = anchors.nodes()
    distance, comparable = anchors.apart(subjects, nodes)
    weights = {name: links(distance[name], comparable[name], n_neighbors)[0] for name in distance}
    assert (weights["b"][:, :20] == 0).all() and (weights["b"].sum(1) > 0.99).all()
    assert (weights["a"][0] == 0).all() and (weights["a"][1:].sum(1) > 0.99).all()


def test_training_looks_at_a_sample_of_the_real_anchors():
    anchors, x, seen = kept({"a": 12}, n_anchors=40, n_sampled=10)
    seen["a"][0, 25:] = False
    anchors.keep(x, seen)
    assert anchors.nodes()[0][0]["a"].shape[1] == 25  # all that were measured, and no filling
    (sample, flags), n_neighbors = anchors.train().nodes()
    assert sample["a"].shape == (1, 10, 12) and flags["a"].all() and n_neighbors == 3
    assert (torch.cdist(sample["a"][0], x["a"][0, :25]).amin(1) < 1e-3).all()


def test_of_fewer_measured_anchors_than_are_sampled_each_is_one_node_as_at_prediction():
    anchors, x, seen = kept({"a": 12}, n_anchors=40, n_sampled=20)
    seen["a"][0, 8:] = False
    anchors.keep(x, seen)
    subjects = new({"a": 12})
    found = []
    for mode in (True, False):
        nodes, n_neighbors = anchors.train(mode).nodes()
        distance, comparable = anchors.apart(subjects, nodes)
        assert (comparable["a"].sum(2) == 8).all()
        found.append(links(distance["a"], comparable["a"], n_neighbors)[0] @ nodes[0]["a"][0])
    torch.testing.assert_close(*found)


def test_the_reach_is_each_members_own():
    """Of members with 40, 16 and 8 measured anchors; 10 are sampled."""
    generator = torch.Generator().manual_seed(0)
    x = {"a": torch.randn(3, 40, 12, generator=generator)}
    seen = {"a": torch.arange(40) < torch.tensor([40, 16, 8])[:, None]}
    anchors = Anchors(Streams([0, 1, 2]), {"a": 12}, 40, 10, n_neighbors=12)
    anchors.keep(x, seen)
    subjects = tuple({"a": part["a"].expand(3, -1, *part["a"].shape[2:])} for part in new({"a": 12}))
    nodes, n_neighbors = anchors.train().nodes()
    distance, comparable = anchors.apart(subjects, nodes)
    assert (links(distance["a"], comparable["a"], n_neighbors) > 0).sum(2).unique(dim=1)[:, 0].tolist() == [3, 8, 8]


def test_members_without_a_measured_anchor_link_nobody():
    anchors, x, seen = kept({"a": 12}, n_anchors=40, n_sampled=10)
    anchors.keep({"a": 0 * x["a"]}, {"a": ~seen["a"]})
    nodes, n_neighbors = anchors.train().nodes()
    distance, comparable = anchors.apart(new({"a": 12}), nodes)
    assert (links(distance["a"], comparable["a"], n_neighbors) == 0).all()


def test_windows_link_nobody():
    n_vars = Sizes({"a": 6, "ecg": 400}, {"ecg": (2, 200)})
    anchors = Anchors(Streams([0]), n_vars, 30, 30, 5)
    assert anchors.linking == ["a"] and set(anchors.apart(new(n_vars), anchors.nodes()[0])[0]) == {"a"}


def test_which_of_equally_near_nodes_is_linked_does_not_depend_on_filling():
    generator = torch.Generator().manual_seed(0)
    distance = torch.randint(0, 3, (2, 5, 40), generator=generator).float()
    comparable = torch.rand(2, 5, 40, generator=generator) > 0.2
    n_neighbors = torch.tensor([10, 10])
    alone = links(distance, comparable, n_neighbors)
    padded = [torch.cat([part, part.new_zeros(2, 5, 216)], dim=-1) for part in (distance, comparable)]
    torch.testing.assert_close(links(*padded, n_neighbors)[..., :40], alone, atol=0, rtol=0)
