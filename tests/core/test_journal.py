"""The journal compares stories, not objects."""

import attrs
from making import CM, CM_NEW, a_config, a_ctl, a_file, a_profile, asked

from phoneemu.core.flash import Flash
from phoneemu.core.journal import Delivery, Fetched, Installed, Journal, NotInService, Ruled, Started
from phoneemu.core.question import Question, Subject
from phoneemu.core.rules import judge
from phoneemu.core.ruling import Verdict
from phoneemu.core.vocabulary import Transport


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


def came(delivery: Delivery) -> Fetched:
    return Fetched(name="a", server="pub", transport=Transport.TFTP, delivery=delivery)


def test_a_journal_is_trusted_when_something_came_and_nothing_was_refused() -> None:
    held = Flash(ctl=a_ctl(), config=a_config())
    good = ruled(asked(Subject.CTL, a_ctl(), held))
    bad = ruled(asked(Subject.CTL, a_ctl(CM_NEW), held, profile=a_profile(asks_tvs=False)))
    assert (good.verdict, bad.verdict) == (Verdict.UNCHANGED, Verdict.REFUSE)
    arrived = came(Delivery.ARRIVED)
    assert Journal([arrived, good]).trusted
    assert not Journal([arrived, good, bad]).trusted
    assert not Journal([came(Delivery.MISSING), good]).trusted
    assert not Journal().trusted
