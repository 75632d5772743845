"""The page as a file: its sections, its safety, and that the same input gives the same bytes."""

import json
import re

import pytest

from tests.report.parsed import Page
from tests.report.simulate import HOSTILE, OUTCOMES

SECTIONS = ["headline", "cohort", "missingness", "models", "performance", "imputation", "drivers", "training", "methods"]


@pytest.fixture(scope="module", params=sorted(OUTCOMES))
def made(request, reported):
    return reported(request.param)


def test_all_sections_stand_in_order_and_are_linked(made):
    page = Page(made[1])
    assert [name for name in page.ids if name in SECTIONS] == SECTIONS
    assert [link[1:] for link in page.links if link[1:] in SECTIONS and link[0] == "#"][-len(SECTIONS) :] == SECTIONS


def test_nothing_comes_from_elsewhere(made):
    text, page = made[1], Page(made[1])
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", re.sub(r'href="data:[^"]*"', "", text).split("<script>")[0])
    assert all(link.startswith(("#", "data:text/tab-separated-values", "figures/")) for link in page.links)
    assert not set(page.tags) & {"link", "iframe", "object", "embed", "img", "form", "base"}
    assert len(text.encode()) < 3_000_000


def test_ids_are_unique_and_every_inner_link_leads_somewhere(made):
    page = Page(made[1])
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", made[1])) <= set(page.ids)


def test_files_that_the_page_names_exist(made):
    result, text = made
    named = [link for link in Page(text).links if link.startswith("figures/")]
    assert len(named) > 10
    assert all((result.folder / link).stat().st_size > 100 for link in named)


def test_the_data_of_every_figure_travel_in_the_page(made):
    for figure in re.findall(r"<figure.*?</figure>", made[1], flags=re.S):
        assert 'href="data:text/tab-separated-values' in figure


def test_every_figure_has_a_caption_and_an_alternative_text(made):
    text = made[1]
    figures = re.findall(r"<figure.*?</figure>", text, flags=re.S)
    assert len(figures) >= 7
    for figure in figures:
        assert len(re.search(r'role="img" aria-label="([^"]+)"', figure)[1]) > 20
        assert len(Page(re.search(r"<figcaption>.*</figcaption>", figure, flags=re.S)[0]).text) > 40


@pytest.mark.parametrize("task", ["multiclass", "survival"])
def test_same_input_same_bytes(task, reported, tmp_path):
    result, text = reported(task)
    assert result.report(tmp_path) == text
    first, second = ({file.name: file.read_bytes() for file in (folder / "figures").iterdir()} for folder in (result.folder, tmp_path))
    assert first == second


def test_what_was_done_to_each_modality_stands_in_the_page(made):
    words = " ".join(Page(made[1]).text.split())
    assert "rna (rna, counts): brought to scale sample by sample (counts per million, then natural logarithm of 1 + x)." in words
    assert "age and sex" in words


def test_numbers_of_the_summary_stand_in_the_page(made):
    result, text = made
    words = Page(text).text
    for value in result.summary["mean"]:
        assert f"{value:.3f}".replace("-", "\N{MINUS SIGN}") in words


@pytest.mark.parametrize("task", ["binary", "survival"])
def test_names_are_text_whatever_they_hold(task, reported):
    result, text = reported(task, names="hostile")
    page = Page(text)
    assert page.tags.count("script") == 1
    assert not set(page.tags) & {"img", "iframe"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert " ".join(HOSTILE.split()) in page.text
    for file in result.folder.glob("figures/*.svg"):
        assert "script" not in Page(file.read_text()).tags


def test_a_section_without_tables_is_left_out(results):
    result = results("binary")
    for name in ("imputation", "calibration", "curves", "coverage"):
        (result.folder / "evaluate" / f"{name}.tsv").write_text("")
    for folder in [*result.folder.glob("explain/*"), *result.folder.glob("train/*")]:
        for file in folder.rglob("*.*"):
            file.unlink() if file.is_file() else None
        folder.rename(folder.parent.parent / f"gone_{folder.parent.name}_{folder.name}")
    sections = [name for name in Page(result.report()).ids if name in SECTIONS]
    assert sections == ["headline", "cohort", "missingness", "models", "methods"]


def test_settings_are_shown_as_they_are(results):
    result = results("regression")
    settings = json.loads((result.folder / "settings.json").read_text())
    shown = "".join(re.findall(r"<pre[^>]*>(.*?)</pre>", result.report(), flags=re.S))
    assert json.loads(Page(shown).text) == settings
