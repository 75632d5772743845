"""The one exception that users see: one line that says where, what was found, what was expected and the cure."""

from collections.abc import Iterable


class UserError(Exception):
    """A mistake in the input that the user can mend.

    Parameters
    ----------
    where : str
        The file and, where known, the row, column or key: ``config/cohorts/acc.yaml: outcome.time``.
    problem : str
        What was found and what was expected.
    cure : str
        What to do about it.
    """

    def __init__(self, where: object, problem: str, cure: str = "") -> None:
        line = f"{where}: {problem}" + (f"; {cure}" if cure else "")
        super().__init__(" ".join(line.split()))


MOST = 40  # choices that a line lists: all kinds of plug-ins, but not twenty thousand genes


def listed(names: Iterable[object], most: int = 5) -> str:
    """The first few of some names, and how many more there are: ``a, b, c (and 7 more)``."""
    shown = [str(name) for name in names]
    rest = len(shown) - most
    return ", ".join(shown[:most]) + (f" (and {rest} more)" if rest > 0 else "")


def count(n: int, noun: str, plural: str = "") -> str:
    """`1 fold`, `5 folds`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def did_you_mean(name: str, choices: Iterable[object]) -> str:
    """A cure for a misspelt name: the choice that differs in case only, the nearest one, or the first of them."""
    from difflib import get_close_matches

    known = sorted(str(choice) for choice in choices)
    if not known:
        return "there is none"
    near = [choice for choice in known if choice.casefold() == name.strip().casefold()] or get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"choose one of: {listed(known, MOST)}"
