"""A forecast as a JUnit report, for pipelines.

A test case is a kind of phones that end alike: at one site when it fails, over all sites when it passes. So a
pipeline's page shows what is to be done where, and a large fleet stays a page that it can show. A step that
the cluster refuses is an error: the answer is then not about the plan as it is written.
"""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

import attrs

from phoneemu.fleet.difference import Difference
from phoneemu.fleet.forecast import Fate, Forecast, Group
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.roster import SITE, Roster, joined

NAMED = 50
"""Most devices named in one failure; the CSV has all."""
FAILURES = 10_000
"""Most failures told by site; beyond it they are told over all sites."""


@attrs.frozen
class _Alike:
    """Phones of one model that end alike, and alike in a baseline: `words` say how."""

    name: str
    fate: Fate
    words: str
    phones: Roster


def render(forecast: Forecast, failing: Iterable[Outcome], against: Difference | None = None) -> str:
    """The report; a case fails when its outcome is one of these, or any but `ok` when none is given.

    With a difference, the cases are of the phones that differ; the others are one case an outcome.
    """
    bad = frozenset(failing) or frozenset(Outcome) - {Outcome.OK}
    told = _alike(forecast, against)
    failed = [each for each in told if each.fate.outcome in bad]
    by_site = sum(len(each.phones.by_site()) for each in failed) <= FAILURES
    failures = [case for each in failed for case in _failures(each, by_site=by_site)]
    passed = [_passed(each) for each in told if each.fate.outcome not in bad]
    for outcome, phones in _same(forecast, against):
        (failures if outcome in bad else passed).append(_as_before(outcome, phones, fails=outcome in bad))
    refused = [_refused(words) for words in forecast.refused]
    tests = len(failures) + len(passed) + len(refused)
    count = f'tests="{tests}" failures="{len(failures)}" errors="{len(refused)}"'
    head = f'name={_attribute(forecast.cluster)} {count} time="0"'
    suite = f'<testsuite {head} skipped="0">\n{"".join((*refused, *failures, *passed))}</testsuite>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n{suite}\n</testsuites>\n'


def _alike(forecast: Forecast, against: Difference | None) -> list[_Alike]:
    """The phones to tell, by what their case is called: the same from run to run while they end the same."""
    found: dict[str, tuple[Fate, str, list[Group]]] = {}
    pairs = [(each, "") for each in forecast.groups]
    if against is not None:
        pairs = [(each.group, f"; in the baseline: {each.was_text}") for each in against.changes]
    for group, before in pairs:
        words = _message(group.fate) + before
        found.setdefault(f"{group.fate.model}: {words}", (group.fate, words, []))[2].append(group)
    return [
        _Alike(name, fate, words, joined([each.phones for each in groups]))
        for name, (fate, words, groups) in found.items()
    ]


def _same(forecast: Forecast, against: Difference | None) -> Iterator[tuple[Outcome, int]]:
    """How many phones end as in the baseline, by outcome."""
    if against is not None:
        differ = against.told.summary
        counted = ((outcome, count - differ[outcome]) for outcome, count in forecast.summary.items())
        yield from ((outcome, count) for outcome, count in counted if count)


def _as_before(outcome: Outcome, count: int, *, fails: bool) -> str:
    case = _case(f"{outcome.value}, as in the baseline", "as in the baseline")
    phones = f"{count} {'phone' if count == 1 else 'phones'}"
    said = f"message={_attribute(f'{phones} {outcome.value}, as in the baseline')}"
    return (
        f"{case}><failure {said} type={_attribute(outcome.value)}/></testcase>\n" if fails else f"{case}/>\n"
    )


def _refused(words: str) -> str:
    step, _, why = words.partition(": ")
    said = f'message={_attribute(why or words)} type="refused-step"'
    return f"{_case(step, 'runbook')}><error {said}/></testcase>\n"


def _failures(those: _Alike, *, by_site: bool) -> Iterator[str]:
    phones = those.phones
    if not by_site:
        yield _failure(those, f"({len(phones.by_site()):,} sites)", phones)
        return
    codes = phones.frame[SITE]
    for site in phones.by_site():
        here = [code for code, each in enumerate(phones.sites) if each == site]
        yield _failure(those, site or "(no site)", phones.ordered(codes.is_in(here).arg_true()))


def _failure(those: _Alike, where: str, phones: Roster) -> str:
    count = len(phones)
    devices = ", ".join(phone.name for phone in phones[:NAMED])
    more = f" and {count - NAMED} more" if count > NAMED else ""
    message = f"{count} {'phone' if count == 1 else 'phones'} {those.words}"
    said = f"message={_attribute(message)} type={_attribute(those.fate.outcome.value)}"
    return f"{_case(those.name, where)}><failure {said}>{_text(devices + more)}</failure></testcase>\n"


def _passed(those: _Alike) -> str:
    sites = those.phones.by_site()
    where = f"({len(sites):,} sites)" if len(sites) > 1 else next(iter(sites)) or "(no site)"
    return f"{_case(those.name, where)}/>\n"


def _case(name: str, where: str) -> str:
    return f'<testcase classname={_attribute(where)} name={_attribute(name)} time="0"'


def _message(fate: Fate) -> str:
    when = f",{fate.when}" if fate.when else ""
    remedy = fate.remedy.kind.value if fate.remedy.found else "not found"
    helps = "" if fate.outcome is Outcome.OK else f"; remedy: {remedy}"
    return f"{fate.outcome.value}{when}: {fate.reason}{helps}"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _attribute(text: str) -> str:
    return quoteattr(_plain(text))


def _text(text: str) -> str:
    return _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
