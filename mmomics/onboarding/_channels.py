"""What a record of a device holds: a modality for each kind of signal whose channels are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from mmomics import plugins
from mmomics.devices._series import bare
from mmomics.errors import listed
from mmomics.onboarding import guess
from mmomics.onboarding._lines import quoted
from mmomics.onboarding.sniff import Sniffed
from mmomics.onboarding.whose import folded

AT_REST = 8  # METs in tenths are 9 or 10 while somebody sleeps or sits, and METs themselves never so high for long
OF_DAYS = re.compile(r"(activity|sleep|summary)[_ ]?(date|day)", re.IGNORECASE)


def kinds(name: str, channels: Sequence[str], moment: str = "") -> list[str]:
    """The kinds of signal that a table holds: the one that its name or its channels tell of, and those whose channels lie beside it."""
    if OF_DAYS.fullmatch(moment):
        return ["series"]  # a number a day
    first = guess.signal(name, channels)
    beside = [kind for kind in plugins.names("signals") if kind != first and _known(kind, channels)]
    return beside if first == "series" and beside else [first, *beside]


def blocks(
    name: str, kinds: Sequence[str], channels: Sequence[str], head: Callable[[str], list[str]], words: Collection[str] = ()
) -> list[list[str]]:
    """A modality for each kind of signal, the first by the plain name; the last one says which channels no kind takes."""
    names = [name, *(f"{name}_{kind}" for kind in kinds[1:])]
    out = [[f"  {each}:", *head(kind), *_choice(kind, channels)] for each, kind in zip(names, kinds, strict=True)]
    found = [_known(kind, channels) for kind in kinds]
    left = [each for each in channels if each not in words and not any(each in taken for taken in found)]
    if all(found) and left:
        out[-1].append(f"    # not used: {listed(left, 20)}; a modality of `signal: series` with the same files takes any column")
    return out


def tenths(signal: str, table: Sniffed | None, channels: Sequence[str]) -> list[str]:
    """What has to be said of METs that are written as tenths, which at rest are 10."""
    if signal != "energy" or table is None:
        return []
    mets = [name for name in table.numbers if str(name).rstrip("0123456789") in _known("energy", channels)]
    middle = table.numbers[mets].stack().median() if mets else float("nan")
    if not middle >= AT_REST:
        return []
    return [f"    params: {{scale: 10}} # GUESS: half of the first are {middle:g} and more, so they are tenths"]


def _known(kind: str, channels: Sequence[str]) -> list[str]:
    """The channels of a table that a kind of signal knows by usual names; none unless all that it needs are there."""
    if plugins.constant("signals", kind, "PER_CHANNEL", default=False):
        return []
    roles = plugins.load("signals", kind).ROLES.values()
    found = [(about.needed, _usual(channels, about.names)) for about in roles]
    return [name for _, names in found for name in names] if all(names for needed, names in found if needed) else []


def _choice(signal: str, names: Sequence[str]) -> list[str]:
    """The channels of a table; one of them for a start where the kind of signal does not know usual names."""
    if not names:
        return []
    told = f"    # CHOOSE channels, of: {listed(names, 20)}"
    if signal != "series":
        found = {role: _usual(names, about.names) for role, about in plugins.load("signals", signal).ROLES.items() if about.needed}
        if len(found) == len(names) == 1 and not all(found.values()):
            return [f"    channels: {{{next(iter(found))}: {quoted(names[0])}}} # GUESS: there is no other"]
        if not found or not all(found.values()):
            return [told]
        several = [f"'{role}': {listed(each)}" for role, each in found.items() if len(each) > 1]
        chosen = ", ".join(f"{role}: {quoted(each[0])}" for role, each in found.items())
        return [f"    channels: {{{chosen}}} # CHOOSE {'; '.join(several)}"] if several else []  # one of usual names is found unasked
    role = re.sub(r"\W+", "_", names[0]).strip("_").lower() or "value"
    return [told, f"    channels: {{{role}: {quoted(names[0])}}}"]


def _usual(names: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The names that a role's channel usually has, the best first: also with a unit, or the number of a repeated name, behind them."""
    plain = {name: {folded(name), folded(bare(name)), folded(re.sub(r" \(\d+\)$", "", name))} for name in names}
    found = [name for each in usual for name in names if folded(each) in plain[name]]
    return list(dict.fromkeys(found))
