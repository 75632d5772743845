"""What a pattern of names takes for records is nothing else of the cohort."""

import pytest

from mmomics.config.cohort import Cohort
from mmomics.config.inputs import native_files
from mmomics.errors import UserError

CGM = {"signal": "cgm", "files": "{subject}.csv"}
HEART = {"signal": "heart_rate", "files": "{subject}_hr.csv"}
NIGHT = {"signal": "eeg", "files": "n/{subject}.edf"}


@pytest.fixture
def files(tmp_path):
    def run(names, modalities, samples="s.txt"):
        for name in (*names, samples):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        content = {
            "title": "t", "folder": ".", "samples": {"files": samples}, "outcome": {"task": "regression", "column": "y"},
            "modalities": modalities,
        }  # fmt: skip
        return native_files(Cohort.model_validate(content), tmp_path, "c.yaml")

    return run


@pytest.mark.parametrize(
    ("names", "modalities", "samples", "says"),
    [
        (["S01.csv"], {"cgm": CGM}, "samples.csv", "a record of 'samples', but it is the samples table"),
        (["S01.csv", "rna.csv"], {"cgm": CGM, "rna": {"kind": "rna", "files": "rna.csv"}}, "s.txt", "but it is a file of modality rna"),
        (["S01.csv", "all.csv"], {"cgm": CGM, "all": {**HEART, "files": "all.csv"}}, "s.txt", "but it is a file of modality all"),
        (["S01.csv", "S01_hr.csv"], {"cgm": CGM, "hr": HEART}, "s.txt", "a record of 'S01_hr', but it is a record of 'S01' in modality hr"),
    ],
)
def test_a_pattern_that_takes_too_much_is_refused(files, names, modalities, samples, says):
    with pytest.raises(UserError) as caught:
        files(names, modalities, samples)
    assert str(caught.value).startswith("c.yaml: modalities.cgm.files: '{subject}.csv' takes ") and says in str(caught.value)


@pytest.mark.parametrize(
    ("names", "modalities"),
    [
        (["S01.csv"], {"cgm": CGM}),
        (["S01_hr.csv", "S01_cgm.csv"], {"cgm": {**CGM, "files": "{subject}_cgm.csv"}, "hr": HEART}),
        (["n/S01.edf"], {"eeg": NIGHT, "breath": {**NIGHT, "signal": "respiration"}}),  # two kinds of signals in one file
        (["n/S01-psg.edf", "n/S01-hyp.edf"],
         {"eeg": {**NIGHT, "files": "n/{subject}-*.edf"}, "sleep": {**NIGHT, "files": "n/{subject}-hyp.edf"}}),
        (["n/S01-hyp.edf"], {"eeg": {**NIGHT, "subject_pattern": "^(...)"}, "sleep": {**NIGHT, "files": "n/{subject}-hyp.edf"}}),
    ],
)  # fmt: skip
def test_files_that_modalities_share_by_intent_are_taken(files, names, modalities):
    assert set(files(names, modalities)) == {"samples", *modalities}
