"""Hypothesis strategies of this field: certificates, trust lists, clusters, runbooks, fault plans.

    @given(cluster=clusters(mixed=True), lines=runbooks())
    def test_...(cluster, lines): ...

Values are small and valid: they are what a cluster could hold or an administrator could type. Bytes that are
no list at all are Hypothesis' own st.binary(). Needs the `testing` extra.
"""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from phoneemu.catalogue import catalogue
from phoneemu.cluster import certs, faults, lab
from phoneemu.cluster.faults import Faults
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import CALLMANAGER, CAPF, ITL_RECOVERY, TVS, Certificate, Cluster
from phoneemu.core import listbuild
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.names import Identity
from phoneemu.core.trustlist import Digest, ListKind, Record, Role, TrustList
from phoneemu.testing.conformance import few_keys

RELEASES = ("8.6(2)", "9.1(2)", "10.0(1)", "10.5(1)", "10.5(2)", "11.5(1)", "12.0(1)", "12.5(1)", "14", "15")
"""One of every group that signs differently [SG1251SU2-ctl, REGEN214231]."""

NODES = ("pub", "sub")

_WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12).map(
    lambda text: f"n{text}".rstrip("-")
)
_KEYS = few_keys(4)


def models() -> SearchStrategy[str]:
    """A model of the catalogue."""
    return st.sampled_from([title.model for title in catalogue()])


def identities() -> SearchStrategy[Identity]:
    """Who is meant: a self-signed certificate's names and serial."""
    return st.builds(
        lambda name, serial: Identity(f"CN={name};O=Test", f"CN={name};O=Test", serial),
        _WORDS,
        st.integers(1, 2**128 - 1),
    )


@st.composite
def certificates(draw: st.DrawFn, *, real: bool = False) -> Certificate:
    """A certificate of a cluster's node; `real` gives it a key and DER, over a few keys."""
    unit = draw(st.sampled_from((CALLMANAGER, TVS, CAPF, ITL_RECOVERY)))
    node = draw(_WORDS)
    cluster = make_cluster("drawn", draw(releases()), (node,))
    generation = str(draw(st.integers(0, 9999)))
    maker = lab.maker(_KEYS) if real else None
    return certs.make_certificate(cluster, node, unit, generation=generation, maker=maker)


def releases() -> SearchStrategy[str]:
    """A release of the cluster."""
    return st.sampled_from(RELEASES)


@st.composite
def trust_lists(draw: st.DrawFn, kind: ListKind | None = None) -> TrustList:
    """A list that is planned: no bytes, its signature is assumed. Its signer need not be in it."""
    records = draw(
        st.lists(
            st.builds(
                lambda role, identity, name: Record(role=role, identity=identity, dns_name=name),
                st.sampled_from(Role),
                identities(),
                _WORDS,
            ),
            max_size=6,
        )
    )
    listed = [each.identity for each in records if each.identity is not None]
    strangers = identities()
    signer = draw(st.one_of(st.sampled_from(listed), strangers) if listed else strangers)
    return TrustList(
        kind=kind or draw(st.sampled_from(ListKind)),
        signer=signer,
        records=tuple(records),
        timestamp=draw(st.integers(0, 2**32 - 1)),
    )


@st.composite
def signed_lists(draw: st.DrawFn, kind: ListKind | None = None) -> TrustList:
    """A list with bytes, signed by its first record, as a lab's cluster writes it."""
    held = [draw(certificates(real=True)) for _ in range(draw(st.integers(1, 3)))]
    roles = st.sampled_from((Role.CCM_TFTP, Role.TFTP, Role.CAPF, Role.TVS))
    entries = [_entry(Role.SAST, held[0])] + [_entry(draw(roles), each) for each in held]
    key = held[0].key
    assert key is not None  # noqa: S101 - it was asked for with a key
    signing = Signing(
        key=key,
        entry=entries[0],
        digest=draw(st.sampled_from((Digest.SHA1, Digest.SHA512))),
        timestamp=draw(st.integers(0, 2**32 - 1)),
    )
    return listbuild.build(kind or draw(st.sampled_from(ListKind)), entries, signing)


def _entry(role: Role, certificate: Certificate) -> Entry:
    from cryptography.x509 import load_der_x509_certificate

    return Entry(role=role, certificate=load_der_x509_certificate(certificate.der), dns_name=certificate.node)


@st.composite
def clusters(
    draw: st.DrawFn,
    *,
    release: str = "",
    mixed: bool | None = None,
    nodes: Sequence[str] = NODES,
) -> Cluster:
    """A cluster as after its installation; what is not fixed is drawn."""
    mode = draw(st.booleans()) if mixed is None else mixed
    chosen = release or draw(releases())
    tokens: tuple[str, ...] = ()
    old = chosen in RELEASES and RELEASES.index(chosen) < RELEASES.index("10.0(1)")
    if mode and old:  # no tokenless CTL before 10.0 [SEED118893]
        tokens = ("token-a", "token-b")
    return make_cluster("drawn", chosen, nodes, mixed=mode, tokens=tokens)


def runbook_lines(nodes: Sequence[str] = NODES) -> SearchStrategy[str]:
    """One step of an administrator that any cluster of these nodes takes."""
    node = st.sampled_from(list(nodes))
    units = st.sampled_from((CALLMANAGER, TVS))
    services = st.sampled_from(("Tftp", "CallManager", "Trust Verification Service"))
    return st.one_of(
        st.builds("{} set cert regen {}".format, node, units),
        st.builds("* utils service restart Cisco {}".format, services),
        st.builds("{} utils service restart Cisco {}".format, node, services),
        st.sampled_from(("* block 2445", "* unblock 2445")),
        st.builds(
            'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = {}'.format,
            st.sampled_from(("True", "False")),
        ),
        st.sampled_from(("phones reset", "phones erase itl", "phones erase ctl", "phones wait 10m")),
    )


def runbooks(nodes: Sequence[str] = NODES, *, most: int = 8) -> SearchStrategy[tuple[str, ...]]:
    """Several such steps in any order, the sensible and the foolish."""
    return st.lists(runbook_lines(nodes), min_size=1, max_size=most).map(tuple)


def fault_plans(*, most: int = 3) -> SearchStrategy[Faults]:
    """What goes wrong on the wire, with the seed that repeats it; see `phoneemu lab --fault`."""
    rate = st.sampled_from((0.05, 0.2, 1.0))
    return st.builds(
        lambda rates, seed: Faults(rates=rates, seed=seed),
        st.dictionaries(st.sampled_from(sorted(faults.FAULTS)), rate, max_size=most),
        st.integers(0, 2**16),
    )
