"""Figures as files, and as elements of a page."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: F401  (loads the backend before warnings are counted)

from mmomics.report.figures import style

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
