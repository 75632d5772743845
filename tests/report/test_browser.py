"""The page in a real browser: it runs without errors, fits narrow and wide screens, and shows names as text."""

import html
import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest
from matplotlib import image

from tests.report.simulate import HOSTILE, OUTCOMES

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")

PROBE = """
const frame = document.querySelector("iframe"), page = frame.contentDocument, root = page.documentElement;
const out = {widths: {}};
for (const width of [1280, 420]) {
  frame.style.width = width + "px";
  const parts = [...page.body.querySelectorAll("*")].filter((e) => !e.closest(".scroll, .skip, pre"));
  const outside = parts.filter((e) => e.getBoundingClientRect().right > width + 1);
  out.widths[width] = {scroll: root.scrollWidth, client: root.clientWidth, outside: outside.map((e) => e.outerHTML.slice(0, 80))};
}
const table = page.querySelector("#table-metrics table"), column = table.tHead.rows[0].cells.length - 1;
const values = () => [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[column].dataset.sort));
table.tHead.rows[0].cells[column].querySelector("button").click();
out.falling = values();
table.tHead.rows[0].cells[column].querySelector("button").click();
out.rising = values();
const paper = () => getComputedStyle(page.body).backgroundColor, mark = () => getComputedStyle(page.querySelector(".plot text")).fill;
out.light = [paper(), mark()];
page.getElementById("scheme").click();
out.dark = [paper(), mark()];
out.title = page.title;
out.images = page.images.length;
out.heading = page.querySelector("h1").textContent;
out.figures = [...page.querySelectorAll(".plot svg")].map((e) => [e.getBoundingClientRect().height, e.querySelectorAll("text").length]);
out.labels = [...page.querySelectorAll(".plot text")].map((e) => e.textContent);
document.getElementById("probe").textContent = JSON.stringify(out);
"""


def chromium(folder, url, *options):
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        *options,
        url,
    ]
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env={**os.environ, **home})


def probe(folder, text):
    """Load the page, unchanged, in a frame, and look at it from outside."""
    outer = folder / "outer.html"
    frame = f'<iframe style="height:900px;border:0" srcdoc="{html.escape(text)}"></iframe>'
    outer.write_text(f'<!doctype html><meta charset="utf-8">{frame}<pre id="probe"></pre><script>onload = () => {{{PROBE}}}</script>')
    done = chromium(folder, outer.as_uri(), "--window-size=1400,1000", "--dump-dom", "--virtual-time-budget=5000")
    return json.loads(html.unescape(re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, flags=re.S)[1]))


# the tests of a task go to one worker, which makes its report once
@pytest.fixture(scope="module", params=[pytest.param(task, marks=pytest.mark.xdist_group(f"page-{task}")) for task in sorted(OUTCOMES)])
def page(request, reported):
    return reported(request.param)


def test_it_fits_sorts_and_switches(page, tmp_path):
    seen = probe(tmp_path, page[1])
    for width, found in seen["widths"].items():
        assert found["client"] == int(width)
        assert found["scroll"] == found["client"], found
        assert found["outside"] == []
    assert seen["falling"] == sorted(seen["falling"], reverse=True) and seen["rising"] == sorted(seen["rising"])
    assert len(set(seen["rising"])) > 3
    assert seen["light"][0] != seen["dark"][0] and seen["light"][1] != seen["dark"][1]
    assert all(height > 50 and texts > 5 for height, texts in seen["figures"])


@pytest.mark.parametrize("task", ["binary", "survival"])
def test_hostile_names_are_shown_and_do_nothing(task, reported, tmp_path):
    seen = probe(tmp_path, reported(task, names="hostile")[1])
    assert seen["heading"] == HOSTILE == seen["title"]
    assert seen["images"] == 0
    assert any("<script>" in label for label in seen["labels"])
    assert all(found["scroll"] == found["client"] for found in seen["widths"].values())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_draws_without_a_complaint(scheme, page, tmp_path):
    result, _ = page
    shot = tmp_path / "shot.png"
    options = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    done = chromium(tmp_path, (result.folder / "report.html").as_uri(), "--window-size=1280,4000", f"--screenshot={shot}", *options)
    assert "CONSOLE" not in done.stderr, done.stderr
    pixels = image.imread(shot)[..., :3]
    assert pixels.shape[:2] == (4000, 1280)
    assert (pixels.mean() < 0.4) == (scheme == "dark")
    for part in np.array_split(pixels[:, 300:], 4):  # something everywhere, not only in the heading
        assert part.std() > 0.02 and len(np.unique(part.reshape(-1, 3), axis=0)) > 30
