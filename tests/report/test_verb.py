"""`mmomics report` as users call it."""

import subprocess
import sys

import pytest

from mmomics.__main__ import main


def test_mistakes_are_one_line_and_leave_the_old_report(results, capsys):
    result = results("survival")
    assert main(["report", *result.arguments()]) == 0
    before = (result.folder / "report.html").read_bytes(), sorted(file.name for file in result.folder.glob("figures/*"))
    (result.folder / "evaluate" / "summary.tsv").write_text("model\tfamily\nx\ty\n")
    capsys.readouterr()
    assert main(["report", *result.arguments()]) == 2
    assert ((result.folder / "report.html").read_bytes(), sorted(file.name for file in result.folder.glob("figures/*"))) == before
    assert not list(result.folder.glob(".*"))


@pytest.mark.parametrize("missing", ["evaluate", "splits.parquet", "cohort.h5mu", "align.tsv"])
def test_a_missing_input_is_named(missing, results, caplog):
    result = results("survival")
    (result.folder / missing).rename(result.folder / "elsewhere")
    assert main(["report", *result.arguments()]) == 2
    assert missing in caplog.records[-1].getMessage() and "\n" not in caplog.records[-1].getMessage()


def test_torch_is_not_loaded(results):
    result = results("binary")
    code = (
        "import sys; from mmomics.__main__ import main; assert main(sys.argv[1:]) == 0; assert not {'torch', 'scanpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, "report", *result.arguments()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 2, "a log of two lines: the call and the result"
    assert not any(subject in done.stderr for subject in result.subjects)
