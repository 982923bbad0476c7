"""What logs add to a case: the rulings of a console log, the questions and answers of a TVS trace.

The clocks of a phone, a cluster and a capture differ, by whole time zones at least. So a question of a trace
is put to a connection of a capture by the time within a quarter of an hour, and else by order alone.
"""

import datetime
from collections.abc import Sequence
from types import MappingProxyType

import attrs

from phoneemu import __version__
from phoneemu.catalogue import Catalogue
from phoneemu.core.question import Subject
from phoneemu.errors import BadInput
from phoneemu.replay.case import Case, Ending, FileExchange, Held, Origin, TvsExchange, TvsOutcome
from phoneemu.replay.casemaking import Draft, Terms, catalogued, safe
from phoneemu.replay.phonelog import PhoneLog
from phoneemu.replay.tvslog import Asked

_ZONE = 900.0
"""Time zones differ by whole quarters of an hour."""
_NEAR = 3.0
"""Seconds by which two clocks may be wrong beside that [assumed]."""


def from_log(log: PhoneLog, terms: Terms, catalogue: Catalogue, clock: datetime.datetime) -> Draft:
    """The case of a console log alone.

    Raises:
        BadInput: the log names no phone, or its model or origin is not said.
    """
    device = log.device or next((name for name in terms.models if name), "")
    told = terms.models.get(device) or terms.models.get("")
    if not device:
        raise BadInput("the log names no phone; give --model DEVICE=MODEL")
    if not told:
        raise BadInput(f"a log does not tell the model of {device}; give --model")
    if terms.origin is None:
        raise BadInput("say where the log comes from: --origin hardware, published or synthetic")
    held = Held(unknown=(Subject.CTL, Subject.ITL, Subject.CONFIG))
    case = Case(
        name=terms.name or safe(device.lower()),
        title="what a console log shows",
        origin=terms.origin,
        model=catalogued(told, catalogue),
        load=terms.load or None,
        protocol=terms.protocol or None,
        device=device,
        clock=clock,
        source=terms.source,
        standing=terms.standing,
        script=terms.script if terms.origin is Origin.SYNTHETIC else "",
        tftp=tuple(dict.fromkeys(each.server for each in log.exchanges if isinstance(each, FileExchange))),
        before=held,
        exchanges=tuple(log.exchanges),
        taken=MappingProxyType({"on": f"{clock:%Y-%m-%d}", "with": f"phoneemu capture {__version__}"}),
    )
    made = Draft(case=case)
    _rulings(made, log)
    return made


def with_log(made: Draft, log: PhoneLog) -> None:
    """Add what a console log tells of a start that a capture shows: rulings, and what a TVS answered."""
    if log.device and log.device != made.case.device:
        raise BadInput(f"the log is of {log.device}, the capture of {made.case.device}")
    told = [each for each in log.exchanges if isinstance(each, TvsExchange) and each.valid is not None]
    seen = _connections(made.case)
    if len(told) == len(seen):
        answers = {
            at: attrs.evolve(each, valid=said.valid, ttl=said.ttl)
            for (at, each), said in zip(seen, told, strict=True)
        }
        _replace(made, answers)
    elif told:
        made.note(
            f"the log tells of {len(told)} answers of a TVS, the capture of {len(seen)}: not put together"
        )
    _rulings(made, log)


def _rulings(made: Draft, log: PhoneLog) -> None:
    ending = made.case.ending if log.alarm is None else Ending(alarm=log.alarm)
    made.case = attrs.evolve(made.case, expected=tuple(log.rulings), ending=ending)
    for note in log.notes:
        made.note(note)


def _connections(case: Case) -> list[tuple[int, TvsExchange]]:
    """The connections on which a TVS was asked, with their places."""
    asked = (TvsOutcome.ANSWERED, TvsOutcome.NO_ANSWER)
    found = ((at, each) for at, each in enumerate(case.exchanges) if isinstance(each, TvsExchange))
    return [(at, each) for at, each in found if each.outcome in asked]


def _replace(made: Draft, new: dict[int, TvsExchange]) -> None:
    exchanges = tuple(new.get(at, each) for at, each in enumerate(made.case.exchanges))
    made.case = attrs.evolve(made.case, exchanges=exchanges)


def with_trace(made: Draft, trace: Sequence[Asked], *, timed: bool) -> None:
    """Add what a TVS was asked and what it answered; `timed`: the case has the times of a capture."""
    questions = [each for each in trace if not each.verify]
    if len(questions) < len(trace):
        made.note(
            f"{len(trace) - len(questions)} questions of the trace about whole certificates are left out"
        )
    seen = _connections(made.case)
    if not seen and questions:
        more = tuple(
            _told(TvsExchange(server="unknown", outcome=TvsOutcome.ANSWERED), each) for each in questions
        )
        made.case = attrs.evolve(made.case, exchanges=(*made.case.exchanges, *more))
        return
    pairs = _by_time(made.case, seen, questions) if timed else {}
    if len(pairs) < len(seen) and len(seen) == len(questions):
        pairs = {at: said for (at, _), said in zip(seen, questions, strict=True)}
    _replace(made, {at: _told(each, pairs[at]) for at, each in seen if at in pairs})
    if len(pairs) < len(questions):
        made.note(f"{len(questions) - len(pairs)} questions of the trace fit no connection that was seen")


def _by_time(case: Case, seen: list[tuple[int, TvsExchange]], questions: list[Asked]) -> dict[int, Asked]:
    """Connections and questions that were at the same time, whatever the zones, in order."""
    midnight = case.clock.replace(hour=0, minute=0, second=0, microsecond=0)
    pairs: dict[int, Asked] = {}
    left = [each for each in questions if each.at is not None]
    for at, each in seen:
        when = (case.clock - midnight).total_seconds() + (each.at or 0.0)
        for number, said in enumerate(left):
            apart = abs((when - (said.at or 0.0) + _ZONE / 2) % _ZONE - _ZONE / 2)
            if apart <= _NEAR:
                pairs[at] = said
                del left[: number + 1]
                break
    return pairs


def _told(each: TvsExchange, said: Asked) -> TvsExchange:
    """A connection with what the trace tells of it; what it does not tell stays."""
    return attrs.evolve(
        each,
        asked=said.signer or each.asked,
        valid=said.valid if said.valid is not None else each.valid,
        roles=tuple(sorted(set(said.roles))) if said.roles else each.roles,
        ttl=said.ttl if said.ttl is not None else each.ttl,
        cipher=each.cipher or said.cipher,
    )
