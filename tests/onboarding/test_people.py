"""Several samples of one person are told by their ids, and only they."""

import re

import pytest

from mmomics.config.cohort import Cohort
from mmomics.config.cohort_file import read_content
from mmomics.onboarding.draft import draft
from mmomics.onboarding.people import several

WOMEN = [f"{woman:03d}_{week}_{visit}" for woman in range(1, 13) for visit, week in zip("ABC", (25, 30, 35), strict=True)]


@pytest.mark.parametrize("sign", ["_", "-", ".", " ", "/"])
def test_visits_are_told_with_the_pattern_that_finds_their_people(sign):
    ids = [each.replace("_", sign) for each in WOMEN]
    found = several(ids)
    assert found.told == f"36 ids begin with 12 names ({ids[0]}, {ids[1]}, {ids[2]})"
    assert [re.search(found.pattern, each)[1] for each in ids] == found.names == [each[:3] for each in WOMEN]


def test_signs_may_differ_between_ids():
    ids = [f"{person:02d}{sign}v{visit}" for person in range(8) for visit, sign in enumerate("-_.")]
    found = several(ids)
    assert [re.search(found.pattern, each)[1] for each in ids] == found.names == [each[:2] for each in ids]


@pytest.mark.parametrize(
    "ids",
    [
        [f"TCGA-OR-A5{place:02d}" for place in range(40)],
        [f"TCGA-{site}-A{place:03d}" for site in ("OR", "PK", "P6") for place in range(20)],
        [f"P_{place:03d}" for place in range(40)],
        [f"S{place}_2021" for place in range(40)],
        [f"{site}-{place:03d}" for site in "ABCDEFGH" for place in range(20)],  # numbered on in each hospital
        [f"S{place}" for place in range(40)],
        [str(place) for place in range(40)],
        [f"{place / 8:.3f}" for place in range(40)],
        [f"{batch}_{kind}" for batch in range(4) for kind in "ab"],
        [*WOMEN, "QC"],
        [],
    ],
)
def test_other_ids_are_of_one_person_each(ids):
    assert several(ids) is None


@pytest.mark.parametrize("assay_of", ["visits", "women"])
def test_the_draft_keeps_visits_apart_and_women_together(tmp_path, assay_of):
    (tmp_path / "clinical.csv").write_text("id,age,group\n" + "".join(f"{each},{20 + n},{'ab'[n % 2]}\n" for n, each in enumerate(WOMEN)))
    rows = WOMEN if assay_of == "visits" else sorted({each[:3] for each in WOMEN})
    rows = [f"{each},{n + 0.5},{n * 1.5}\n" for n, each in enumerate(rows)]
    (tmp_path / "proteins.csv").write_text("id,ALB,CRP\n" + "".join(rows))
    text = draft(tmp_path, "labor")
    assert '  subject_pattern: "^([^_]+)[_]" # GUESS: 36 ids begin with 12 names (001_25_A, 001_30_B, 001_35_C), as if' in text
    assert "  visits: keep # GUESS: each sample is a row of its own" in text
    assert text.count("subject_pattern") == 1 and "CHOOSE a subject_pattern" not in text
    (tmp_path / "cohort.yaml").write_text(text)
    assert Cohort.model_validate(read_content(tmp_path / "cohort.yaml")).samples.visits == "keep"


def test_the_draft_says_nothing_of_visits_where_there_are_none(tmp_path):
    (tmp_path / "clinical.csv").write_text("id,age,group\n" + "".join(f"P_{n:03d},{20 + n},{'ab'[n % 2]}\n" for n in range(30)))
    (tmp_path / "proteins.csv").write_text("id,ALB,CRP\n" + "".join(f"P_{n:03d},{n + 0.5},{n * 1.5}\n" for n in range(30)))
    assert "visits" not in draft(tmp_path, "plain")
