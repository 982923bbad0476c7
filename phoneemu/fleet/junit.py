"""A forecast as a JUnit report, for pipelines.

A test case is a kind of phones that end alike: at one site when it fails, over all sites when it passes. So a
pipeline's page shows what is to be done where, and a large fleet stays a page that it can show.
"""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from phoneemu.fleet.forecast import Fate, Forecast, merged
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.roster import SITE, Roster

NAMED = 50
"""Most devices named in one failure; the CSV has all."""
FAILURES = 10_000
"""Most failures told by site; beyond it they are told over all sites."""


def render(forecast: Forecast, failing: Iterable[Outcome]) -> str:
    """The report; a case fails when its outcome is one of these, or any but `ok` when none is given."""
    bad = frozenset(failing) or frozenset(Outcome) - {Outcome.OK}
    alike = merged(forecast.groups)
    failed = {fate: phones for fate, phones in alike.items() if fate.outcome in bad}
    by_site = sum(len(phones.by_site()) for phones in failed.values()) <= FAILURES
    failures = [case for each in failed.items() for case in _failures(*each, by_site=by_site)]
    passed = [_passed(fate, phones) for fate, phones in alike.items() if fate.outcome not in bad]
    count = f'tests="{len(failures) + len(passed)}" failures="{len(failures)}" errors="0" skipped="0"'
    head = f'name={_attribute(forecast.cluster)} {count} time="0"'
    suite = f"<testsuite {head}>\n{''.join((*failures, *passed))}</testsuite>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n{suite}\n</testsuites>\n'


def _failures(fate: Fate, phones: Roster, *, by_site: bool) -> Iterator[str]:
    if not by_site:
        yield _failure(fate, f"({len(phones.by_site()):,} sites)", phones)
        return
    codes = phones.frame[SITE]
    for code in codes.unique(maintain_order=True).to_list():
        here = phones.ordered((codes == code).arg_true())
        yield _failure(fate, phones.sites[code] or "(no site)", here)


def _failure(fate: Fate, where: str, phones: Roster) -> str:
    devices = [phone.name for phone in phones[:NAMED]]
    more = f" and {len(phones) - NAMED} more" if len(phones) > NAMED else ""
    message = f"message={_attribute(_message(fate))} type={_attribute(fate.outcome.value)}"
    failure = f"<failure {message}>{_text(', '.join(devices) + more)}</failure>"
    return f"{_case(fate, where, len(phones))}>{failure}</testcase>\n"


def _passed(fate: Fate, phones: Roster) -> str:
    sites = phones.by_site()
    where = f"({len(sites):,} sites)" if len(sites) > 1 else next(iter(sites)) or "(no site)"
    return f"{_case(fate, where, len(phones))}/>\n"


def _case(fate: Fate, where: str, count: int) -> str:
    phones = f"{count} {'phone' if count == 1 else 'phones'}"
    name = f"{fate.model}, {phones}: {fate.outcome.value}, {fate.reason}"
    return f'<testcase classname={_attribute(where)} name={_attribute(name)} time="0"'


def _message(fate: Fate) -> str:
    step = fate.lost_at_step
    when = "" if step is None else ", before the first step" if step == 0 else f", at step {step}"
    return f"{fate.outcome.value}{when}: {fate.reason}; remedy: {fate.remedy.kind.value}"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _attribute(text: str) -> str:
    return quoteattr(_plain(text))


def _text(text: str) -> str:
    return _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
