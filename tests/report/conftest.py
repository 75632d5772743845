"""Result folders for the tests of the report: each kind is made once, every test gets its own copy."""

from collections.abc import Callable
from functools import cache

import pytest

from mmomics.report.figures import style
from tests.report.simulate import Results


@pytest.fixture(scope="session", autouse=True)
def quick_pdfs() -> None:
    """Fonts as outlines: to embed them as text, as the report does, is a third of all its time."""
    style.RC["pdf.fonttype"] = 3


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Results]:
    """Make a result folder: `results("survival", names="hostile")`."""

    @cache
    def first(task: str, **options: object) -> Results:
        return Results(tmp_path_factory.mktemp(task) / "results", task, **options)  # type: ignore[arg-type]

    def make(task: str, **options: object) -> Results:
        return first(task, **options).copy(tmp_path_factory.mktemp(task) / "results")

    return make


@pytest.fixture(scope="session")
def reported(results: Callable[..., Results]) -> Callable[..., tuple[Results, str]]:
    """A result folder with its report, and the page; to be looked at, not changed: `reported("survival")`."""

    @cache
    def make(task: str, **options: object) -> tuple[Results, str]:
        made = results(task, **options)
        return made, made.report()

    return make
