"""Figures as files, and as elements of a page."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from mmomics.report.figures import (
    agreement,
    calibration,
    contributions,
    discrimination,
    extrapolation,
    forest,
    imputers,
    learning,
    outcome,
    overlap,
    robustness,
    shares,
    style,
)
from mmomics.report.standing import Standing

NAMES = ["A & B", "<b>bold</b>", 'url(#x) href="#y" #0072b2;', "$x_1$", "-->", "<!-- x -->", "\N{CJK UNIFIED IDEOGRAPH-57FA}"]


def drawn(folder, name="test"):
    with style.look():
        figure, grid = style.canvas(1.5, 1, 2)
        axes = grid[0, 0]
        axes.plot([0, 1], [0, 1], color=style.colour("graph"))
        for place, text in enumerate(NAMES):
            axes.annotate(text, (0.1, place / 10))
        return style.write(figure, folder, name)


def test_text_stays_the_text_it_was(tmp_path):
    texts = [node.text for node in ElementTree.fromstring(drawn(tmp_path)).iter("text")]
    assert set(NAMES) <= set(texts)
    saved = ElementTree.parse(tmp_path / "test.svg").iter("{http://www.w3.org/2000/svg}text")
    assert set(NAMES) <= {node.text for node in saved}


def test_two_figures_share_no_id(tmp_path):
    ids = [set(re.findall(r'\sid="([^"]+)"', drawn(tmp_path, name))) for name in ("a", "b")]
    assert ids[0] and not ids[0] & ids[1]


def test_colours_follow_the_page_and_the_file_stands_alone(tmp_path):
    inline = drawn(tmp_path)
    assert "stroke: var(--c-graph, #009e73)" in inline
    assert "var(" not in (tmp_path / "test.svg").read_text()
    assert (tmp_path / "test.pdf").read_bytes().startswith(b"%PDF")


def test_every_token_is_defined_for_light_and_dark():
    from mmomics.report.page import _asset

    css = _asset("style.css")
    dark, light = css.split("{% endset %}")
    for token in style.TOKENS.values():
        assert f"--{token}:" in dark and f"--{token}:" in light


LONG = "a name that is much longer than any place for it & on top of that <tagged>"


def many_models(n):
    table = pd.DataFrame(
        {"family": [["baseline", "graph", "a_new_family"][k % 3] for k in range(n)], "mean": 0.5}, index=[f"{k} {LONG}" for k in range(n)]
    )
    for column in ("lower", "difference", "difference_lower"):
        table[column] = 0.4
    return forest.draw(Standing("auroc", 1, table.assign(upper=0.6, difference_upper=0.5, p_best=1 / n), table.index[0]), 0.5)


def many_assays(n):
    has = pd.DataFrame(np.random.default_rng(0).random((200, n)) < 0.5, columns=[f"{k} {LONG}" for k in range(n)])
    return overlap.draw(overlap.patterns(has, pd.Series(True, index=has.index)), has.sum())


def many_classes(n):
    classes = [f"{k} {LONG}" for k in range(n)]
    parts = [
        pd.DataFrame({"model": "m", "class": name, "curve": kind, "x": [0, 1], "y": [0, 1]}) for name in classes for kind in ("roc", "pr")
    ]
    return discrimination.draw(pd.concat(parts), ["m"], {"m": "graph"}, dict.fromkeys(classes, 1 / n))


def many_calibrated(n):
    rows = [("m", f"{k} {LONG}", 0.1 * k, 0.5, 0.4, 0.6, 20) for k in range(n)]
    table = pd.DataFrame(rows, columns=["model", "class", "predicted", "observed", "lower", "upper", "n"])
    return calibration.draw(table, ["m"], "probability", "class", "")


def many_explained(n):
    table = pd.DataFrame({"modality": [f"{k} {LONG}" for k in range(n)], "share": 1 / n, "lower": 0.0, "upper": 1.0})
    return contributions.draw({f"{k} {LONG}": table for k in range(n)}, {})


def many_agreeing(n):
    names = [f"{k} {LONG}" for k in range(n)]
    return agreement.draw(pd.DataFrame(np.full((n, n), 7), index=names, columns=names))


def many_imputed(n):
    rows = [(f"{i} {LONG}", f"{m} {LONG}", "rmse", 1.0, 0.9, 1.1) for i in range(n) for m in range(n)]
    table = pd.DataFrame(rows, columns=["imputer", "modality", "metric", "mean", "lower", "upper"])
    return imputers.draw(table, ["rmse"], dict.fromkeys(dict.fromkeys(table["imputer"]), style.OTHER))


def many_lacking(n):
    rows = [(f"{k} {LONG}", variable, 0.6, 0.5, 0.7, k % 2 == 0) for k in range(n) for variable in ("other assays", "outside")]
    return extrapolation.draw(pd.DataFrame(rows, columns=["modality", "variable", "estimate", "lower", "upper", "flagged"]))


def many_learning(n):
    rows = [(f"{k} {LONG}", "validation", epoch, 1.0, 0.1) for k in range(n) for epoch in range(3)]
    curves = pd.DataFrame(rows, columns=["model", "term", "epoch", "mean", "sd"])
    return learning.draw(curves, pd.DataFrame({"model": [rows[0][0]], "epoch": [1]}), {})


def many_subsets(n):
    rows = [(f"{k} {LONG}", size, "auroc", 0.5 + size / 100 + k / 1000) for k in range(n) for size in range(1, n + 1) for _ in range(2)]
    return robustness.draw(pd.DataFrame(rows, columns=["model", "n_modalities", "metric", "value"]), {})


def many_shares(n):
    rows = [(f"{k} {LONG}", f"{m} {LONG}", epoch, 1 / n) for k in range(n) for m in range(n) for epoch in (1, 2)]
    return shares.draw(pd.DataFrame(rows, columns=["model", "modality", "epoch", "mean"]))


@pytest.mark.parametrize("n", [2, 12])
@pytest.mark.parametrize(
    "draw",
    [
        many_models,
        many_assays,
        many_classes,
        many_calibrated,
        many_explained,
        many_agreeing,
        many_imputed,
        many_lacking,
        many_learning,
        many_subsets,
        many_shares,
    ],
)
def test_few_and_many_long_names_leave_room_for_the_figure(draw, n, tmp_path):
    with style.look():
        figure = draw(n)
        style.write(figure, tmp_path, "test")  # a layout without room is a warning, and so an error
    size = figure.get_size_inches() * 72
    for axes in figure.axes:
        if axes.axison and axes.get_visible():
            box = axes.get_position()
            assert box.width * size[0] > 20 and box.height * size[1] > 12


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_families_stand_out_from_the_card(scheme):
    """WCAG 2.2, 1.4.11: parts of a figure need a contrast of 3 to 1, text (ink, muted) of 4.5 to 1."""
    from mmomics.report.page import _asset

    dark, light = _asset("style.css").split("{% endset %}")
    values = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light if scheme == "light" else dark))
    card = luminance(values["card"])
    for name, colour in values.items():
        if name.startswith("c-") or name in ("ink", "muted", "accent"):
            bright, dull = sorted((luminance(colour), card), reverse=True)
            least = 4.5 if name in ("ink", "muted", "accent") else 2.8 if name == "c-constraint" else 3
            assert (bright + 0.05) / (dull + 0.05) >= least, name


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_outcome_has_a_band_and_the_overlap_names_its_bars():
    from mmomics.evaluation.curves import kaplan_meier

    rng = np.random.default_rng(0)
    curve = kaplan_meier(rng.exponential(size=60), rng.random(60) < 0.7)
    with style.look():
        band = outcome.survival(curve, "days").axes[0].collections[0].get_paths()[0].vertices
        labels = {axes.get_xlabel() for axes in many_assays(4).axes}
    inside = band[band[:, 0] > 0]
    assert inside[:, 1].min() == pytest.approx(curve["lower"].min()) and inside[:, 1].max() <= 1
    assert "subjects per modality" in labels
