"""The journal compares stories, not objects."""

import attrs
from making import CM, CM_NEW, a_config, a_ctl, a_file, asked

from phoneemu.core.flash import Flash
from phoneemu.core.journal import Installed, Journal, NotInService, Ruled, Started
from phoneemu.core.question import Question, Subject
from phoneemu.core.rules import judge


def ruled(question: Question) -> Ruled:
    return Ruled(subject=question.subject, ruling=judge(question), question=question)


def test_rulings_compare_by_verdict_reason_and_rule_not_by_question() -> None:
    one = asked(Subject.CTL, a_ctl(), Flash())
    two = attrs.evolve(one, now=5.0)
    held = Flash(ctl=a_ctl(), config=a_config())
    assert ruled(one) == ruled(two)
    assert ruled(one) != ruled(asked(Subject.CTL, a_ctl(CM_NEW), held))


def test_installed_content_compares_by_what_it_is() -> None:
    first = Installed(subject=Subject.CTL, first=True, content=a_ctl())
    assert first == Installed(subject=Subject.CTL, first=True, content=a_ctl(origin="elsewhere"))
    assert first != Installed(subject=Subject.CTL, first=True, content=a_ctl(CM_NEW))
    config = Installed(subject=Subject.CONFIG, first=True, content=a_file(CM))
    assert config == Installed(subject=Subject.CONFIG, first=True, content=a_file(CM_NEW))


def test_a_journal_tells_rulings_by_subject_and_the_last_one() -> None:
    ctl, config = ruled(asked(Subject.CTL, a_ctl(), Flash())), ruled(asked(Subject.CONFIG, a_file(), Flash()))
    journal = Journal([Started(tftp_servers=("pub",)), ctl, config, NotInService()])
    assert journal.rulings() == [ctl, config]
    assert journal.rulings(Subject.CTL) == [ctl]
    assert journal.last_ruling(Subject.CONFIG) == config
    assert journal.last_ruling(Subject.ITL) is None
    assert len(journal) == 4
    assert next(iter(journal)) == Started(tftp_servers=("pub",))


def test_journals_are_equal_when_their_entries_are() -> None:
    assert Journal([NotInService()]) == Journal([NotInService()])
    assert Journal([NotInService()]) != Journal()
    assert Journal() != "a journal"
