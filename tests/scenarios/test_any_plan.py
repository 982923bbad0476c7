"""Whatever is planned, in whatever order: what a prediction promises of every plan."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from planmaking import ENCRYPTED, LEGACY, MODERN, OLDER, PLAIN, RESET, ROLLBACK, TFTP, End, through

from phoneemu.cluster import drive
from phoneemu.cluster.founding import make_cluster
from phoneemu.core.journal import Installed, Ruled
from phoneemu.core.ruling import Verdict
from phoneemu.errors import BadInput
from phoneemu.fleet.outcome import Outcome, ending

RELEASES = ("9.1(2)", "10.5(1)", "11.5(1)", "12.5(1)", "14SU3")
OFFICES = {
    (release, mixed): make_cluster("office", release, ("pub", "sub"), mixed=mixed)
    for release in RELEASES
    for mixed in (False, True)
}
OTHERS = {mixed: make_cluster("hq", "12.5(1)", ("hq-pub",), mixed=mixed) for mixed in (False, True)}
PHONES = (
    ("7960", LEGACY, "SCCP", PLAIN),
    ("7975", OLDER, "SIP", PLAIN),
    ("7975", OLDER, "SIP", ENCRYPTED),
    ("8861", MODERN, "SIP", PLAIN),
    ("8861", MODERN, "SIP", ENCRYPTED),
)
STEPS = (
    *(f"{node} set cert regen {unit}" for node in ("pub", "sub") for unit in ("CallManager", "TVS")),
    "pub set cert regen ITLRecovery",
    "pub set cert regen CAPF",
    "pub utils ctl update CTLFile",
    "pub utils ctl reset localkey",
    "pub utils itl reset localkey",
    "pub utils ctl set-cluster mixed-mode",
    "pub utils ctl set-cluster non-secure-mode",
    "* file delete tftp CTLFile.tlv",
    TFTP,
    "pub utils service restart Cisco Tftp",
    "* utils service restart Cisco CallManager",
    RESET,
    f"{ROLLBACK} = True",
    f"{ROLLBACK} = False",
    "* block 2445",
    "* unblock 2445",
    "pub set network hostname pub2",
    "sub reinstall",
    "pub power off",
    "pub power on",
    "phones power off",
    "phones power on",
    "cluster bulk-exchange all with hq",
    "phones point-to hq",
    "phones point-to sub",
    "phones erase itl",
    "phones erase ctl",
    "phones lsc install",
    "phones load 14-2-1SR1",
    "cluster upgrade 15",
    "cluster backup B",
    "cluster restore B",
    "pub set tls min-version 1.2",
    "* expire TVS",
    "pub expire CallManager",
    "cluster wait 2d",
    "phones wait 30m",
)


@st.composite
def ends(draw: st.DrawFn) -> End | None:
    """One phone after any plan; None when the plan cannot be meant."""
    release, mixed = draw(st.sampled_from(sorted(OFFICES)))
    model, load, protocol, security = draw(st.sampled_from(PHONES))
    plan = "; ".join(draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=9)))
    with contextlib.suppress(BadInput):
        return through(
            plan,
            OFFICES[release, mixed],
            OTHERS[mixed],
            model=model,
            load=load,
            protocol=protocol,
            security=security,
        )
    return None


@given(ends())
def test_a_phone_that_ends_well_stays_well_at_its_next_start(end: End | None) -> None:
    if end is None or end.last.outcome is not Outcome.OK:
        return
    last = end.story.episodes[-1]
    again = ending(drive.boot(last.boot.station, last.world, end.plan.now), last.world)
    assert again.outcome is Outcome.OK


@given(ends())
def test_nothing_is_installed_without_a_ruling_that_accepts_it(end: End | None) -> None:
    for episode in end.story.episodes if end is not None else ():
        accepted = None
        for entry in episode.boot.journal:
            if isinstance(entry, Ruled):
                accepted = entry.subject if entry.verdict is Verdict.ACCEPT else None
            elif isinstance(entry, Installed):
                assert entry.subject is accepted


@given(ends())
def test_a_lost_phone_has_a_step_and_one_that_is_not_lost_has_none(end: End | None) -> None:
    if end is not None:
        lost = end.story.lost_at
        assert (lost is not None) is end.last.outcome.bad
        assert lost is None or 0 <= lost < len(end.plan.stages)


@given(ends())
def test_a_remedy_that_is_named_has_worked_on_the_emulated_phone(end: End | None) -> None:
    if end is not None and end.last.outcome.bad:
        remedy = end.remedy
        assert remedy.found is (remedy.kind.value != "none")
        assert not remedy.found or remedy.keys
