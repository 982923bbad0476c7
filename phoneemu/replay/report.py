"""How replayed cases read: a conversation diff for people, JUnit for pipelines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from phoneemu.core.evidence import Fact
from phoneemu.core.ruling import Rule
from phoneemu.replay.compare import Because, Difference
from phoneemu.replay.conversation import Mark, Row
from phoneemu.replay.results import Verdicts
from phoneemu.replay.suite import Outcome, Result


def rule_text(rule: Rule) -> str:
    """A rule with its evidence: number, title, standing, source."""
    return f"rule {rule.number}: {rule.title} [{rule.standing.label}, {rule.source}]"


def fact_text(fact: Fact[object]) -> str:
    """A model fact with where it stands and its evidence."""
    place = fact.where or fact.name
    return f"{place} = {value_text(fact.value)} [{fact.standing.label}, {fact.source}]"


def value_text(value: object) -> str:
    """A fact's value as model files spell it."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def because_lines(because: Because) -> list[str]:
    """What is responsible, a line each."""
    rule = [rule_text(because.rule)] if because.rule else []
    return rule + [fact_text(fact) for fact in because.facts]


def row_lines(row: Row) -> list[str]:
    """One row of the conversation: a line, or both sides where they differ."""
    if row.mark is Mark.CHANGED and row.evidence and row.replayed:
        return [f"- {row.evidence.text}", f"+ {row.replayed.text}"]
    item = row.replayed or row.evidence
    return [f"{row.mark.value} {item.text}"] if item else []


def _reasons(differences: Sequence[Difference]) -> Iterator[str]:
    """Each difference that is no line of the conversation, then what is responsible, each thing once."""
    for difference in differences:
        if difference.what not in ("files", "tvs", "callmanager", "rulings"):
            yield f"- {difference.evidence or 'nothing'}"
            yield f"+ {difference.replayed or 'nothing'}"
    said = dict.fromkeys(line for each in differences for line in because_lines(each.because))
    for number, line in enumerate(said):
        yield f"{'because' if number == 0 else '       '} {line}"


def case_lines(outcome: Outcome, *, whole: bool) -> list[str]:
    """One case: how it stands; the conversation and its reasons where it differs, or `whole` wants it."""
    comparison = outcome.comparison
    case, replayed = comparison.case, comparison.replayed
    source = f", {case.source}" if case.source else ""
    load = replayed.profile.load or "newest load"
    lines = [f"{outcome.result.value:10} {outcome.name}  ({case.origin.value}{source}; replayed on {load})"]
    if case.title:
        lines.append(f"  {case.title}")
    if case.before.erased:
        erased = ", ".join(target.value for target in case.before.erased)
        lines.append(f"  before it, a person erased: {erased}")
    if outcome.gap:
        lines.append(f"  {'known gap' if outcome.result is Result.KNOWN_GAP else 'was a gap'}: {outcome.gap}")
    if outcome.result is Result.CLOSED_GAP:
        lines.append("  it agrees now: take it off the list of known gaps")
    if outcome.result is Result.DIFFERS or whole:
        lines.append("  (- evidence, + replayed, · replayed where the evidence is silent)")
        lines += [f"    {line}" for row in comparison.rows for line in row_lines(row)]
        lines += [f"    {line}" for line in _reasons(comparison.differences)]
        lines += [f"    taken for granted: {note}" for note in replayed.notes]
        if replayed.ended:
            lines.append(f"    the replay ends where the evidence does: {replayed.ended}")
    return lines


def summary_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """The count of cases by how they stand, and of what was not compared."""
    results = Counter(outcome.result for outcome in outcomes)
    said = ", ".join(f"{count} {_plural(result, count)}" for result in Result if (count := results[result]))
    silent = Counter[str]()
    for outcome in outcomes:
        silent.update(outcome.comparison.uncompared)
    lines = [f"{len(outcomes)} {'case' if len(outcomes) == 1 else 'cases'}: {said}"]
    if silent:
        parts = (f"{count} {what}" for what, count in sorted(silent.items()))
        lines.append(f"not compared, because the evidence does not show it: {', '.join(parts)}")
    return lines


def _plural(result: Result, count: int) -> str:
    one = {Result.AGREES: "agrees", Result.DIFFERS: "differs"}.get(result, result.value)
    many = {Result.AGREES: "agree", Result.DIFFERS: "differ"}.get(result, f"{result.value}s")
    return one if count == 1 else many


# ---------------------------------------------------------------- JUnit


def junit(outcomes: Sequence[Outcome]) -> str:
    """The report of a replay: a test case for each capture, a known gap as skipped."""
    cases = []
    for outcome in outcomes:
        lines = "\n".join(case_lines(outcome, whole=False))
        if outcome.result is Result.KNOWN_GAP:
            inside = f"<skipped message={_attribute(outcome.gap)}/>"
        elif outcome.good:
            inside = ""
        else:
            inside = failure(outcome.result.value, lines)
        cases.append((outcome.name, inside))
    return suite("phoneemu replay", cases)


def suite(name: str, cases: Iterable[tuple[str, str]]) -> str:
    """A JUnit document of (case path, what stands inside its element)."""
    told = list(cases)
    failures = sum("<failure" in inside for _, inside in told)
    skipped = sum("<skipped" in inside for _, inside in told)
    head = f'name={_attribute(name)} tests="{len(told)}" failures="{failures}" skipped="{skipped}"'
    body = "".join(_case(path, inside) for path, inside in told)
    inner = f"<testsuite {head}>\n{body}</testsuite>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n{inner}\n</testsuites>\n'


def failure(message: str, text: str) -> str:
    """A failure's element."""
    return f"<failure message={_attribute(message)}>{escape(_plain(text))}</failure>"


def _case(path: str, inside: str) -> str:
    folder, _, name = path.rpartition("/")
    head = f"<testcase classname={_attribute(folder or 'captures')} name={_attribute(name)}"
    return f"{head}>{inside}</testcase>\n" if inside else f"{head}/>\n"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def _attribute(text: str) -> str:
    return quoteattr(_plain(text))


# ---------------------------------------------------------------- what changed


def change_lines(verdicts: Verdicts, old: str, new: str) -> list[str]:
    """Every change, old and new side by side, with its explanation; then the count."""
    lines = []
    for change, explanation in verdicts.changes:
        mark = "explained" if explanation else "CHANGED"
        lines.append(f"{mark:10} {change.case}  {change.what}: {change.old}  ->  {change.new}")
        if explanation:
            lines.append(f"{'':10} {explanation.reason}")
    lines += [f"STALE      an explanation that explains nothing: {each.reason}" for each in verdicts.stale]
    explained = sum(explanation is not None for _, explanation in verdicts.changes)
    count = len(verdicts.changes)
    versions = f"phoneemu {old}" if old == new else f"phoneemu {old} -> {new}"
    stale = f", {len(verdicts.stale)} stale explanations" if verdicts.stale else ""
    changes = "1 change" if count == 1 else f"{count} changes"
    return [*lines, f"{versions}: {changes}, {explained} explained, {count - explained} not{stale}"]


def change_junit(verdicts: Verdicts, names: Sequence[str]) -> str:
    """The report of a comparison: a test case for each capture, and one for the explanations."""
    told: dict[str, list[str]] = {name: [] for name in names}
    for change, explanation in verdicts.changes:
        lines = told.setdefault(change.case, [])
        if explanation is None:
            lines.append(f"{change.what}: {change.old} -> {change.new}")
    cases = [
        (name, failure(f"{len(lines)} unexplained", "\n".join(lines)) if lines else "")
        for name, lines in told.items()
    ]
    if verdicts.stale:
        reasons = "\n".join(each.reason for each in verdicts.stale)
        cases.append(("explanations", failure("they explain nothing", reasons)))
    return suite("phoneemu replay --against", cases)
