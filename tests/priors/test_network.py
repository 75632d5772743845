"""Networks are read in the forms that the field writes, and link features as networkx links their genes."""

import gzip
import itertools

import networkx as nx
import numpy as np
import pytest

from mmomics.errors import UserError
from mmomics.priors.network import read

FORMS = {
    "two.tsv": "A\tB\nB\tC\nC\tC\nB\tA\n",
    "three.txt": "A\tB\t2\nB\tC\t-4\nB\tA\t1\n",
    "headed.csv": "gene,partner,strength\nA,B,2\nB,C,4\n",
    "named.csv": "tf,confidence,target,mor\nA,high,B,0.5\nB,low,C,-1\n",
    "string.txt": "protein1 protein2 combined_score\nA B 450\nB C 900\n",
    "cytoscape.sif": "A\tpp\tB\nB\tpd\tC\n",
    "semicolons.txt": "A;B;0,5\nB;C;1,0\n".replace(",", "."),
}


def write(folder, name, content):
    (folder / name).write_text(content)
    return folder / name


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_edges(tmp_path, name):
    found = read(write(tmp_path, name, FORMS[name]))
    edges = {frozenset((found.names[a], found.names[b])): weight for (a, b), weight in zip(found.ends, found.weight, strict=True)}
    weak = 1 if name in ("two.tsv", "cytoscape.sif") else 0.5
    assert edges == {frozenset("AB"): weak, frozenset("BC"): 1}


def test_public_networks_are_read_as_networkx_reads_them(shared):
    path = shared / "networks" / "CancerSubnetwork_symbol_edges.tsv.gz"
    with gzip.open(path, "rt") as file:
        expected = nx.Graph(line.split() for line in file)
    expected.remove_edges_from(list(nx.selfloop_edges(expected)))
    found = read(path)
    assert len(found.ends) == expected.number_of_edges()
    chosen = list(expected)[:40]
    links = found.links([f"{gene.lower()}_{place}" for place, gene in enumerate(chosen)]).toarray()
    for (i, one), (j, other) in itertools.combinations(enumerate(chosen), 2):
        assert links[i, j] == links[j, i] == expected.has_edge(one, other)
    signed = read(shared / "networks" / "dorothea_hs_ABC_tf_target.csv.gz")
    assert len(signed.ends) > 13_000 and (signed.weight == 1).all()


def test_features_of_one_gene_and_of_linked_genes_are_linked(tmp_path):
    network = read(write(tmp_path, "net.tsv", "EGFR\tERBB2\t1\nEGFR\tMYC\t0.5\n"))
    features = ["EGFR_1956", "ERBB2", "EGFR_pY1068", "MYC.x", "unknown"]
    expected = np.array([[0, 1, 1, 0.5, 0], [1, 0, 1, 0, 0], [1, 1, 0, 0.5, 0], [0.5, 0, 0.5, 0, 0], [0, 0, 0, 0, 0]])
    np.testing.assert_allclose(network.links(features).toarray(), expected)
    assert network.links(["unknown"]).nnz == network.links([]).nnz == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("A\n", "one column only|is no edge list"),
        ("A\tB\tC\tD\n", "is no edge list: 4 columns, none called"),
        ("A\tB\tC\nB\tC\tD\n", "is no edge list: 3 columns"),
        ("A\tB\t1\nB\tC\tx\n", "row 2: the weight 'x' is not a number"),
        ("source\ttarget\tweight\nA\tB\t1\nB\tC\t\n", "row 3: the weight"),
        ("A\tB\n\tC\n", "row 2: an end of the edge has no name"),
        ("A\tA\n", "no edge between two different names"),
        ("A\tB\nB\tC\nC\n", "line 3: has fewer than 2 cells"),
        ("", "is empty"),
    ],
)
def test_what_is_no_network_is_one_line(tmp_path, content, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        read(write(tmp_path, "net.tsv", content))
    assert "net.tsv" in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path / "other.tsv")
