"""The rule book: judge(Question) -> Ruling.

Theory. A question belongs to one chapter, by its stage and subject; the chapter's rules are tried in the
order of their numbers and the first that applies answers. Every question is answered exactly once; a rule
that lacks a fact answers cannot-say and names the fact. The book is pure: the same question always gets
the same ruling, and nothing but the question is looked at.

  L1-L19   a CTL or ITL is offered                    rules_lists
  C1-C17   a configuration file is offered            rules_config
  A1-A4    a file did not come                        rules_peers
  T1-T11   a TVS shows itself, answers, or is silent  rules_peers
  R1-R20   a CallManager                              rules_peers
"""

from collections.abc import Callable, Mapping

from phoneemu.core import rules_config, rules_lists, rules_peers
from phoneemu.core.question import Question, Stage, Subject
from phoneemu.core.ruling import Rule, Ruling

Chapter = Callable[[Question], Ruling]

_OFFERS: Mapping[Subject, Chapter] = {
    Subject.CTL: rules_lists.judge_list,
    Subject.ITL: rules_lists.judge_list,
    Subject.CONFIG: rules_config.judge_config,
    Subject.REGISTRATION: rules_peers.judge_callmanager,
}

_CHAPTERS: Mapping[Stage, Chapter] = {
    Stage.ABSENCE: rules_peers.judge_absence,
    Stage.TVS_PEER: rules_peers.judge_tvs_peer,
    Stage.TVS_ANSWER: rules_peers.judge_tvs_answer,
    Stage.TVS_EXHAUSTED: rules_peers.judge_tvs_exhausted,
    Stage.CALLMANAGER: rules_peers.judge_callmanager,
    Stage.CALLMANAGER_EXHAUSTED: rules_peers.judge_callmanager_exhausted,
}


def judge(question: Question) -> Ruling:
    """Answer one question by the first rule of its chapter that applies."""
    if question.stage is Stage.OFFER:
        return _OFFERS[question.subject](question)
    return _CHAPTERS[question.stage](question)


def all_rules() -> tuple[Rule, ...]:
    """Every rule in the order of the book; for documents and for the sources check."""
    return tuple(
        value
        for module in (rules_lists, rules_config, rules_peers)
        for value in vars(module).values()
        if isinstance(value, Rule)
    )
