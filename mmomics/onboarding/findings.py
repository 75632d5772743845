"""What is found wrong or suspicious, in the order found: complaints of any step, and what the stages warn of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from mmomics.errors import UserError

T = TypeVar("T")
HEARD = ("assays", "cohort", "devices", "normalization", "signals", "tables")  # packages whose warnings are findings


@dataclass
class Findings:
    """Errors, which stop a run, and warnings, which should be looked at; both in the order found."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def tried(self, step: Callable[[], T]) -> T | None:
        """What a step gives; its complaint is kept, once, and None given."""
        try:
            return step()
        except UserError as error:
            if str(error) not in self.errors:
                self.errors.append(str(error))
            return None


@contextmanager
def heard(found: Findings) -> Iterator[None]:
    """Warnings that the stages and the readers of files log are findings here."""

    class Into(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = record.getMessage()
            # who is not in the samples table is said with the ids, which logs do not hold
            if record.levelno == logging.WARNING and said not in found.warnings and "not in the samples table" not in said:
                found.warnings.append(said)

    handler, loggers = Into(), [logging.getLogger(f"mmomics.{package}") for package in HEARD]
    propagated = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, before in zip(loggers, propagated, strict=True):
            logger.removeHandler(handler)
            logger.propagate = before
