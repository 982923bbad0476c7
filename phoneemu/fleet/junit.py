"""A forecast as a JUnit report, for pipelines.

A test case is a kind of phones that end alike: at one site when it fails, over all sites when it passes. So a
pipeline's page shows what is to be done where, and a large fleet stays a page that it can show. A step that
the cluster refuses is an error: the answer is then not about the plan as it is written.
"""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from phoneemu.fleet.forecast import Fate, Forecast, Group
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.roster import SITE, Roster, joined

NAMED = 50
"""Most devices named in one failure; the CSV has all."""
FAILURES = 10_000
"""Most failures told by site; beyond it they are told over all sites."""


def render(forecast: Forecast, failing: Iterable[Outcome]) -> str:
    """The report; a case fails when its outcome is one of these, or any but `ok` when none is given."""
    bad = frozenset(failing) or frozenset(Outcome) - {Outcome.OK}
    alike: dict[str, list[Group]] = {}
    for group in forecast.groups:
        alike.setdefault(_name(group.fate), []).append(group)
    told = [
        (name, groups[0].fate, joined([each.phones for each in groups])) for name, groups in alike.items()
    ]
    failed = [each for each in told if each[1].outcome in bad]
    by_site = sum(len(phones.by_site()) for _, _, phones in failed) <= FAILURES
    failures = [case for each in failed for case in _failures(*each, by_site=by_site)]
    passed = [_passed(name, phones) for name, fate, phones in told if fate.outcome not in bad]
    refused = [_refused(words) for words in forecast.refused]
    tests = len(failures) + len(passed) + len(refused)
    count = f'tests="{tests}" failures="{len(failures)}" errors="{len(refused)}"'
    head = f'name={_attribute(forecast.cluster)} {count} time="0"'
    suite = f'<testsuite {head} skipped="0">\n{"".join((*refused, *failures, *passed))}</testsuite>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n{suite}\n</testsuites>\n'


def _refused(words: str) -> str:
    step, _, why = words.partition(": ")
    said = f'message={_attribute(why or words)} type="refused-step"'
    return f"{_case(step, 'runbook')}><error {said}/></testcase>\n"


def _name(fate: Fate) -> str:
    """What a case is called: the same from run to run while its phones end the same."""
    return f"{fate.model}: {_message(fate)}"


def _failures(name: str, fate: Fate, phones: Roster, *, by_site: bool) -> Iterator[str]:
    if not by_site:
        yield _failure(name, fate, f"({len(phones.by_site()):,} sites)", phones)
        return
    codes = phones.frame[SITE]
    for site in phones.by_site():
        here = [code for code, each in enumerate(phones.sites) if each == site]
        yield _failure(name, fate, site or "(no site)", phones.ordered(codes.is_in(here).arg_true()))


def _failure(name: str, fate: Fate, where: str, phones: Roster) -> str:
    count = len(phones)
    devices = ", ".join(phone.name for phone in phones[:NAMED])
    more = f" and {count - NAMED} more" if count > NAMED else ""
    message = f"{count} {'phone' if count == 1 else 'phones'} {_message(fate)}"
    said = f"message={_attribute(message)} type={_attribute(fate.outcome.value)}"
    return f"{_case(name, where)}><failure {said}>{_text(devices + more)}</failure></testcase>\n"


def _passed(name: str, phones: Roster) -> str:
    sites = phones.by_site()
    where = f"({len(sites):,} sites)" if len(sites) > 1 else next(iter(sites)) or "(no site)"
    return f"{_case(name, where)}/>\n"


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
