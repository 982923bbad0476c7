"""A forecast as a JUnit report, for pipelines: a test case for each kind of phone at a site."""

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from phoneemu.fleet.forecast import Fate, Forecast, Group
from phoneemu.fleet.outcome import Outcome

NAMED = 50
"""Most devices named in one failure; the CSV has all."""


def render(forecast: Forecast, failing: Iterable[Outcome]) -> str:
    """The report; a case fails when its outcome is one of these, or any but `ok` when none is given."""
    bad = frozenset(failing) or frozenset(Outcome) - {Outcome.OK}
    failures = sum(group.fate.outcome in bad for group in forecast.groups)
    head = f'name={_attribute(forecast.cluster)} tests="{len(forecast.groups)}" failures="{failures}"'
    cases = "".join(_case(group, bad) for group in forecast.groups)
    suite = f"<testsuite {head}>\n{cases}</testsuite>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n{suite}\n</testsuites>\n'


def _case(group: Group, bad: frozenset[Outcome]) -> str:
    fate, count = group.fate, len(group.phones)
    name = f"{fate.model}, {count} {'phone' if count == 1 else 'phones'}: {fate.outcome.value}, {fate.reason}"
    case = f"<testcase classname={_attribute(fate.site or '(no site)')} name={_attribute(name)}"
    if fate.outcome not in bad:
        return f"{case}/>\n"
    devices = [phone.name for phone in group.phones[:NAMED]]
    more = f" and {count - NAMED} more" if count > NAMED else ""
    message = f"message={_attribute(_message(fate))} type={_attribute(fate.outcome.value)}"
    return f"{case}><failure {message}>{_text(', '.join(devices) + more)}</failure></testcase>\n"


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
