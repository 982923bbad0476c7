"""Which model facts would make replays agree: single changes are tried by replaying, then pairs of them.

A proposal is a patch of a model file with its captures as source. It is never applied here: a person reads
it. How much it is worth follows from where the evidence comes from, never from how well it fits.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import attrs

from phoneemu.catalogue import Catalogue, file_name
from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.modelfile import CAPTURE, Load, load_text, parse_load
from phoneemu.core.profile import Profile
from phoneemu.replay import tables
from phoneemu.replay.case import Case, Origin
from phoneemu.replay.compare import Comparison, compare
from phoneemu.replay.hypotheses import WORDS, Hypothesis, hypotheses
from phoneemu.replay.player import Recording, profile_of, replay

PAIRED = 24
"""Most single changes that are tried in pairs: those that leave fewest differences."""


@attrs.frozen(kw_only=True)
class Lesson:
    """What the cases of one phone type on one load teach.

    `solutions` are the sets of changes that make all of them agree, the likeliest first; empty when one or
    two do not. `left` are the fewest differences that a set leaves, and `best` that set.
    """

    profile: Profile
    comparisons: tuple[Comparison, ...]
    solutions: tuple[tuple[Hypothesis, ...], ...] = ()
    best: tuple[Hypothesis, ...] = ()
    left: int = 0
    tried: int = 0

    @property
    def differs(self) -> bool:
        """Whether there was anything to learn."""
        return not all(each.agrees for each in self.comparisons)


def learn(recordings: Iterable[Recording], catalogue: Catalogue) -> list[Lesson]:
    """A lesson for each model, load and protocol among the cases.

    Raises:
        BadInput: a case is wrong, or names no model of the catalogue.
    """
    groups: dict[Profile, list[Recording]] = defaultdict(list)
    for recording in recordings:
        groups[profile_of(recording, catalogue)].append(recording)
    return [lesson_of(profile, cases) for profile, cases in groups.items()]


def lesson_of(profile: Profile, cases: Sequence[Recording]) -> Lesson:
    """What these cases teach about one profile.

    Raises:
        BadInput: a case is wrong.
    """
    comparisons = _compared(profile, cases)
    lesson = Lesson(profile=profile, comparisons=comparisons, left=_count(comparisons))
    if not lesson.differs:
        return lesson
    single = [(each,) for each in hypotheses(profile, comparisons)]
    lesson, scores = _tried(lesson, cases, single)
    if lesson.solutions:
        return lesson
    useful = sorted(
        (score, at) for at, score in enumerate(scores) if _moves(profile, cases, single[at], comparisons)
    )
    kept = [single[at][0] for _, at in useful[:PAIRED]]
    pairs = [pair for pair in combinations(kept, 2) if pair[0].attribute != pair[1].attribute]
    return _tried(lesson, cases, pairs)[0]


def _tried(
    lesson: Lesson, cases: Sequence[Recording], sets: Sequence[tuple[Hypothesis, ...]]
) -> tuple[Lesson, list[int]]:
    scores = [_count(_compared(changed(lesson.profile, each), cases)) for each in sets]
    solutions = tuple(each for each, score in zip(sets, scores, strict=True) if score == 0)
    left = min(scores, default=lesson.left)
    best = sets[scores.index(left)] if scores and left < lesson.left else lesson.best
    tried = lesson.tried + len(sets)
    return attrs.evolve(
        lesson, solutions=solutions, best=best, left=min(left, lesson.left), tried=tried
    ), scores


def changed(profile: Profile, hypotheses: Iterable[Hypothesis]) -> Profile:
    """The profile with these facts changed."""
    for each in hypotheses:
        profile = each.on(profile)
    return profile


def _compared(profile: Profile, cases: Sequence[Recording]) -> tuple[Comparison, ...]:
    return tuple(compare(replay(recording, profile)) for recording in cases)


def _count(comparisons: Iterable[Comparison]) -> int:
    return sum(len(each.differences) for each in comparisons)


def _moves(
    profile: Profile,
    cases: Sequence[Recording],
    hypothesis: tuple[Hypothesis, ...],
    before: tuple[Comparison, ...],
) -> bool:
    """Whether a change alters what is seen at all; one that does not helps in no pair."""
    after = _compared(changed(profile, hypothesis), cases)
    return any(one.differences != other.differences for one, other in zip(before, after, strict=True))


# ---------------------------------------------------------------- the proposal


def standing_of(cases: Iterable[Case]) -> Standing:
    """What a fact learned from these cases is worth: as much as the strongest of them allows.

    Hardware captures; a published text is documented or reported, as the case says; a program's own case
    proves nothing about phones.
    """
    words = {each.label: each for each in Standing}
    found = [
        Standing.CAPTURED
        if case.origin is Origin.HARDWARE
        else words.get(case.standing, Standing.REPORTED)
        if case.origin is Origin.PUBLISHED
        else Standing.ASSUMED
        for case in cases
    ]
    return max(found, default=Standing.ASSUMED)


def patch(lesson: Lesson, solution: Sequence[Hypothesis], catalogue: Catalogue) -> str:
    """The lines to put into the model's own file: a table for every section, or a block for this load.

    A fact that a block of loads states today is proposed for this load, up to the next border; any other for
    the model.
    """
    blocks: dict[bool, dict[str, list[Hypothesis]]] = {False: defaultdict(list), True: defaultdict(list)}
    for each in solution:
        fact: Fact[object] = getattr(lesson.profile, each.attribute)
        section = each.name.partition(".")[0]
        blocks[" firmware." in fact.where][section].append(each)
    lines = []
    for section, changes in blocks[False].items():
        lines += [f"[{section}]", *(_line(lesson, each) for each in changes), ""]
    if blocks[True]:
        lines += ["[[firmware]]", *_bounds(lesson.profile, catalogue), ""]
    for section, changes in blocks[True].items():
        lines += [f"[firmware.{section}]", *(_line(lesson, each) for each in changes), ""]
    return "\n".join(lines).rstrip() + "\n"


def _bounds(profile: Profile, catalogue: Catalogue) -> Iterator[str]:
    """The loads a block is for: the one of the cases up to the next border, or the newest ones."""
    load = parse_load(profile.load or "")
    borders = sorted(_borders(profile, catalogue))
    if load is None:
        yield from (f'from = "{load_text(border)}"' for border in borders[-1:])
        return
    yield f'from = "{load_text(load)}"'
    later = [border for border in borders if border > load]
    yield from (f'before = "{load_text(border)}"' for border in later[:1])


def _borders(profile: Profile, catalogue: Catalogue) -> set[Load]:
    files = [each for each in catalogue.files(profile.model) if each is not None]
    overlays = [overlay for each in files for overlay in each.firmware]
    return {border for overlay in overlays for border in (overlay.since, overlay.before) if border}


def _line(lesson: Lesson, hypothesis: Hypothesis) -> str:
    """One fact as a model file has it."""
    cases = [each for each in lesson.comparisons if not each.agrees]
    standing = standing_of(each.case for each in cases)
    fact: Fact[object] = getattr(lesson.profile, hypothesis.attribute)
    sources = [each.case.source for each in cases if each.case.source]
    sources += [f"{CAPTURE}{each.name}" for each in cases]
    said: dict[str, object] = {
        "value": "unknown" if hypothesis.value is None else hypothesis.value,
        "standing": standing.label,
        "source": ", ".join(dict.fromkeys(sources)),
        "note": _note(hypothesis, fact, standing),
    }
    key = hypothesis.name.partition(".")[2]
    return f"{key} = {tables.value_text(said)}"


def _note(hypothesis: Hypothesis, fact: Fact[object], standing: Standing) -> str:
    was = "unknown" if fact.value is None else tables.value_text(fact.value)
    what = WORDS.get(hypothesis.attribute, "found by replaying")
    said = f"{what}; until now {was} [{fact.standing.label}, {fact.source}]"
    if standing is Standing.ASSUMED:
        return f"{said}; the capture was made by a program: settled by a capture of a real phone"
    return said


def lines(lesson: Lesson, catalogue: Catalogue) -> list[str]:
    """The lesson as TOML with comments, to be read and pasted by a person."""
    profile = lesson.profile
    load = f", load {profile.load}" if profile.load else ""
    differing = [each.name for each in lesson.comparisons if not each.agrees]
    head = [f"# {profile.name}{load}: {len(differing)} of {len(lesson.comparisons)} cases differ"]
    if not differing:
        return [f"# {profile.name}{load}: every case agrees; there is nothing to learn"]
    head += [f"#   {name}" for name in differing]
    if not lesson.solutions:
        return head + _unsolved(lesson)
    first, *others = lesson.solutions
    alone = "by one changed fact" if len(first) == 1 else "by two changed facts together"
    body = patch(lesson, first, catalogue).rstrip().splitlines()
    told = [
        *head,
        f"# they would agree {alone}; to be put into models/{file_name(profile.model)} by a person:",
        *body,
    ]
    if others:
        told.append("# and so they would, as well, by:")
        told += [f"#   {' and '.join(_short(each) for each in solution)}" for solution in others]
    return told


def _unsolved(lesson: Lesson) -> list[str]:
    if not lesson.best:
        return [f"# no change of one fact or two brings them nearer ({lesson.tried} tried)"]
    best = " and ".join(_short(each) for each in lesson.best)
    return [
        f"# no change of one fact or two makes them agree ({lesson.tried} tried)",
        f"# nearest is {best}: {lesson.left} differences would be left",
    ]


def _short(hypothesis: Hypothesis) -> str:
    return f"{hypothesis.name} = {tables.value_text(hypothesis.value)}"
