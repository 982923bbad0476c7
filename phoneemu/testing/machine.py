"""A state machine for Hypothesis: renewals, outages, rollbacks, erasing and restarts in any order.

    class OurPhones(PhoneMachine):
        models = ("8861", "7960")       # every model of the catalogue unless some are named

    TestOurPhones = OurPhones.TestCase

Subclass it to choose models and releases, to add rules of your own, or to tell every start over sockets as
well (`sockets = True`: slow). What it keeps watching is in `holds`: nothing is installed without an accepting
ruling in the journal, and a phone that holds a list takes another one only by a signer it holds, by a TVS, by
an emptied ITL, or after somebody erased.
"""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from phoneemu.cluster import release as since
from phoneemu.cluster.state import CALLMANAGER, ROLLBACK, TVS
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Installed, Journal, Ruled
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.trustlist import TrustList
from phoneemu.testing.office import Office, OfficePhone
from phoneemu.testing.strategies import models

EARNED = frozenset({Reason.LISTED_SIGNER, Reason.TVS_VOUCHES, Reason.TVS_CACHED, Reason.ITL_EMPTIED})
"""Why a phone that holds a list may take another one; everything else needs a person."""


class PhoneMachine(RuleBasedStateMachine):
    """One office, one phone, and everything that may happen to them."""

    models: ClassVar[tuple[str, ...]] = ()
    """Which phones, by any name an export uses; none named: every one of the catalogue."""
    releases: ClassVar[tuple[str, ...]] = ("10.5(1)", "12.5(1)")
    sockets: ClassVar[bool] = False

    office: Office
    phone: OfficePhone

    @initialize(data=st.data(), mixed=st.booleans())
    def found(self, data: st.DataObject, mixed: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """An office, and a phone that holds what is served."""
        release = data.draw(st.sampled_from(self.releases), label="release")
        named = st.sampled_from(self.models) if self.models else models()
        model = data.draw(named, label="model")
        self.office = Office(release, mixed=mixed, sockets=self.sockets)
        self.phone = self.office.phone(model)

    # ------------------------------------------------------------ what happens

    @rule(unit=st.sampled_from((CALLMANAGER, TVS)), node=st.sampled_from(("pub", "sub")))
    def certificate_is_renewed(self, unit: str, node: str) -> None:
        """A certificate is regenerated, and nothing else is done yet."""
        self.office.does(f"{node} set cert regen {unit}")

    @precondition(lambda self: self.office.cluster.mixed)
    @rule()
    def ctl_is_updated(self) -> None:
        """The CTL is written anew."""
        self.office.does("pub utils ctl update CTLFile")

    @precondition(lambda self: since.ITL_RECOVERY_EXISTS.holds(self.office.cluster.release))
    @rule()
    def itl_is_reset(self) -> None:
        """The recovery command."""
        self.office.does("pub utils itl reset localkey")

    @rule(service=st.sampled_from(("Tftp", "CallManager", "Trust Verification Service")))
    def service_is_restarted(self, service: str) -> None:
        """A service restarts everywhere."""
        self.office.does(f"* utils service restart Cisco {service}")

    @rule(reachable=st.booleans())
    def tvs_comes_or_goes(self, reachable: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Phones reach a TVS, or none."""
        self.office.does(f"* {'unblock' if reachable else 'block'} 2445")

    @rule(value=st.sampled_from(("True", "False")))
    def rollback_is_prepared(self, value: str) -> None:
        """The parameter that empties the ITLs."""
        self.office.does(f'cluster parameter "{ROLLBACK}" = {value}')

    @rule(what=st.sampled_from(("ctl", "itl", "security", "factory")))
    def person_erases(self, what: str) -> None:
        """Somebody walks to the phone."""
        self.phone.erases(what)

    @rule()
    def phone_restarts(self) -> None:
        """The phone starts, and is watched."""
        before = self.phone.flash
        self.phone.restarts()
        self.holds(before, self.phone.journal)

    # ------------------------------------------------------------ what must hold

    def holds(self, before: Flash, journal: Journal) -> None:
        """What every start must show; override it to add what yours must, and call this one, too.

        Raises:
            AssertionError: something was installed without a ruling, or taken without having earned it.
        """
        held: dict[Subject, TrustList | None] = {Subject.CTL: before.ctl, Subject.ITL: before.itl}
        last: Ruled | None = None
        for entry in journal:
            if isinstance(entry, Ruled):
                last = entry
            elif isinstance(entry, Installed):
                if last is None or last.subject is not entry.subject or last.verdict is not Verdict.ACCEPT:
                    raise AssertionError(f"{entry.subject.value} installed without an accepting ruling")
                if isinstance(entry.content, TrustList):
                    bound = any(each is not None for each in held.values())
                    if bound and last.reason not in EARNED:
                        raise AssertionError(
                            f"{entry.subject.value} taken by {last.reason.value} while bound"
                        )
                    held[entry.subject] = entry.content
