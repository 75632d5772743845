"""Attention over pathways finds what a pathway does together and no single gene, nor a block of correlated ones, gives away."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from mmomics.errors import UserError
from mmomics.fusion.attention.self_attention import Method, Params
from mmomics.fusion.contract import Anchors
from mmomics.nn.sizes import Sizes
from mmomics.nn.streams import Streams
from tests.fusion.learn import learned

GENES = [f"GENE{place}" for place in range(40)]
PLANTED = GENES[10:18]


def gmt(folder):
    rng = np.random.default_rng(0)
    sets = {f"decoy{place}": rng.choice(GENES[18:], 8, replace=False) for place in range(3)}
    sets["planted"] = PLANTED
    path = folder / "sets.gmt"
    path.write_text("".join("\t".join([name, "x", *own]) + "\n" for name, own in sets.items()))
    return str(path)


def test_a_planted_pathway_is_found(tmp_path):
    """Whether the sum of eight independent genes is far from nought: nothing linear, and nothing that correlates."""
    generator = torch.Generator().manual_seed(0)
    x = {"rna": torch.randn(1400, 40, generator=generator)}
    activity = x["rna"][:, 10:18].sum(1).abs()
    y, train = (activity > activity.median()).float(), torch.arange(1000)
    scores = {}
    for name, pathways in {"known": gmt(tmp_path), "blocks": ""}.items():
        method = Method({"rna": 40}, Params(pathways=pathways), Streams([1, 2]))
        seen = {"rna": torch.ones(2, 1000, dtype=torch.bool)}
        names = {"rna": [tuple(f"{gene.lower()}_{number}" for number, gene in enumerate(GENES))] * 2}
        method.attach(Anchors({"rna": x["rna"][train].expand(2, -1, -1)}, seen, names))
        scores[name] = roc_auc_score(y[1000:], learned(method, x, y, train, steps=80)[1000:])
    assert scores["known"] > 0.8 and scores["known"] > scores["blocks"] + 0.1


def test_what_was_learned_of_pathways_needs_no_file(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("\t".join(["one", "x", *GENES[:4]]) + "\n")
    method = attached({"pathways": str(path)})
    path.unlink()
    other = Method(method.n_vars, method.params, Streams([5, 6]))
    for name, parameter in other.named_parameters():
        assert method.get_parameter(name).shape == parameter.shape  # a bundle's buffers take the saved shape, parameters must have it
    x = {name: torch.randn(2, 4, size) for name, size in method.n_vars.items()}
    z = method.eval().encode(x, {name: torch.ones(2, 4, dtype=torch.bool) for name in x})
    assert z.shape == (2, 4, method.n_latent) and torch.isfinite(z).all()


def attached(params, names=("m0", "m1"), n_vars=(12, 9)):
    sizes = dict(zip(names, n_vars, strict=True))
    method = Method(sizes, Params(**params), Streams([1, 2]))
    generator = torch.Generator().manual_seed(0)
    x = {name: torch.randn(2, 30, size, generator=generator) for name, size in sizes.items()}
    features = {"m0": [tuple(GENES[:12]), tuple(GENES[:10])], "m1": [tuple(f"cg{place}" for place in range(9))] * 2}
    method.attach(Anchors(x, {name: torch.ones(2, 30, dtype=torch.bool) for name in sizes}, features))
    return method


def groups_of(method, modality, member):
    part = method.groups[modality]
    return [sorted(own[share > 0].tolist()) for own, share in zip(part.place[member], part.share[member], strict=True)]


def test_every_feature_of_a_fold_is_in_a_group_and_filling_in_none(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text(
        f"one\tx\t{GENES[0]}\t{GENES[3]}\t{GENES[5]}\nsmall\tx\t{GENES[1]}\t{GENES[2]}\nmost\tx\t" + "\t".join(GENES[:9]) + "\n"
    )
    for params in ({}, {"pathways": str(path)}):
        method = attached(params)
        for member, n_kept in ((0, 12), (1, 10)):
            groups = groups_of(method, "m0", member)
            assert sorted({place for group in groups for place in group}) == list(range(n_kept))
            assert len(groups) == 8
            assert ([0, 3, 5] in groups) == bool(params)
            assert [1, 2] not in groups or not params


def test_pathways_that_hold_nothing_are_one_line(tmp_path):
    (tmp_path / "sets.gmt").write_text("a\tx\tTP53\tEGFR\tMYC\n")
    with pytest.raises(UserError, match=r"no set holds 3 features of any modality.*called like GENE0, GENE1, cg0"):
        attached({"pathways": str(tmp_path / "sets.gmt")})
    with pytest.raises(UserError, match="no such file"):
        attached({"pathways": str(tmp_path / "other.gmt")})


def test_stretches_of_a_window_are_tokens():
    n_vars = Sizes({"ecg": 800}, {"ecg": (2, 400)})
    method = Method(n_vars, Params(), Streams([0])).eval()
    method.attach(Anchors({"ecg": torch.randn(1, 30, 800)}, {"ecg": torch.ones(1, 30, dtype=torch.bool)}, {"ecg": [()]}))
    x = torch.zeros(1, 2, 2, 400)
    x[0, 1, :, 300:340] = torch.sin(torch.arange(40.0))  # a burst in the last third
    tokens, visible = method.groups["ecg"](x.flatten(2))
    changed = (tokens[0, 0] - tokens[0, 1]).abs().amax(-1) > 1e-4
    assert tokens.shape == (1, 2, 8, 16) and visible.all()
    assert changed[5:7].all() and not changed[:4].any()
