"""The one exception that users see: one line that says where, what was found, what was expected and the cure."""


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


def listed(names: object, most: int = 5) -> str:
    """The first few of some names, and how many more there are: ``a, b, c (and 7 more)``."""
    names = [str(name) for name in names]  # type: ignore[attr-defined]
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" (and {rest} more)" if rest > 0 else "")


def did_you_mean(name: str, choices: object) -> str:
    """A cure for a misspelt name: the nearest choice, or all of them."""
    from difflib import get_close_matches

    choices = sorted(str(choice) for choice in choices)  # type: ignore[attr-defined]
    near = get_close_matches(name, choices, n=1)
    return f"did you mean '{near[0]}'?" if near else f"choose one of: {', '.join(choices)}"
