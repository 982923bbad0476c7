"""Which certificate is whose: the cluster's certificates as its exported lists name them.

A record tells a role and a certificate; this module tells the node and the unit (CallManager, TVS, CAPF,
ITLRecovery, etoken) behind it. The node's own ITL is believed first, then the newest list: a CTL that was
not updated after a renewal still names the old certificate, and that is reported.
"""

from collections.abc import Mapping, Sequence

import attrs
from cryptography.x509 import load_der_x509_certificate

from phoneemu.cluster.state import CALLMANAGER, CAPF, ITL_RECOVERY, TVS, Certificate
from phoneemu.core.names import Identity, canonical_name, serial_text
from phoneemu.core.trustlist import FILE_SIGNER_ROLES, ListKind, Record, Role
from phoneemu.fleet.listexports import ListExport

TOKEN_ISSUER = "Cisco Manufacturing CA"  # noqa: S105 - a name, not a secret
"""Issuer of every hardware token's certificate [SEED118893]."""

RECOVERY_PREFIX = "ITLRECOVERY"
"""What the common name of every ITLRecovery certificate begins with, upper-case."""


@attrs.frozen(kw_only=True)
class Found:
    """What the lists say. `own` is by node name, then unit; `tokens` by common name."""

    own: Mapping[str, Mapping[str, Certificate]]
    tokens: Mapping[str, Certificate]
    remarks: tuple[str, ...] = ()


def find_certificates(exports: Sequence[ListExport], nodes: Mapping[str, str], publisher: str) -> Found:
    """Collect certificates. `nodes` maps every lower-case name and address of a node to its name."""
    own: dict[str, dict[str, Certificate]] = {name: {} for name in nodes.values()}
    tokens: dict[str, Certificate] = {}
    remarks: list[str] = []
    for export in sorted(exports, key=_newest_first):
        owner = node_of(export.node, nodes)
        for certificate in named_by(export, nodes, publisher):
            if certificate.unit == "etoken":
                tokens.setdefault(certificate.identity.common_name, certificate)
                continue
            held = own[certificate.node].get(certificate.unit)
            first_hand = export.kind is ListKind.ITL and owner == certificate.node
            if held is None:
                own[certificate.node][certificate.unit] = certificate
            elif held.identity != certificate.identity:
                kept, other = (certificate, held) if first_hand else (held, certificate)
                own[certificate.node][certificate.unit] = kept
                remarks.append(_disagreement(kept, other))
    return Found(own=own, tokens=tokens, remarks=tuple(dict.fromkeys(remarks)))


def _newest_first(export: ListExport) -> tuple[bool, float]:
    """ITLs before CTLs, and within them the newest: services publish their ITL by themselves."""
    stamp = export.listed.timestamp if export.listed is not None else None
    return export.kind is ListKind.CTL, -(stamp or 0)


def _disagreement(kept: Certificate, other: Certificate) -> str:
    mine, theirs = kept.identity.short, other.identity.short
    if mine == theirs:  # cut short they look alike
        mine, theirs = (f"serial {serial_text(each.identity.serial)}" for each in (kept, other))
    return (
        f"{other.origin} names another {kept.unit} certificate of {kept.node} ({theirs}) than "
        f"{kept.origin} ({mine}): one of the two lists was not updated after a renewal"
    )


def node_of(text: str, nodes: Mapping[str, str]) -> str | None:
    """The node a name means: by its name, its address, or the first label of its full name."""
    wanted = text.strip().lower()
    if not wanted:
        return None
    if wanted in nodes:
        return nodes[wanted]
    label = wanted.partition(".")[0]
    labels = {known.partition(".")[0]: name for known, name in nodes.items() if not known[:1].isdigit()}
    return None if label.isdigit() else labels.get(label)


def named_by(export: ListExport, nodes: Mapping[str, str], publisher: str) -> list[Certificate]:
    """Every certificate a list names whose unit is known, with the node it is of."""
    found: list[Certificate] = []
    for number, record in enumerate(export.listed.records if export.listed is not None else (), 1):
        if record.identity is None or not record.identity.serial:  # a copy that was cut names nobody
            continue
        unit = _unit(record, record.identity, export)
        if unit is None:
            continue
        node = _owner(unit, record, record.identity, export, nodes, publisher)
        if node is not None or unit == "etoken":
            found.append(
                Certificate(
                    unit=unit,
                    node=node or "",
                    identity=record.identity,
                    key_bits=record.key_bits,
                    ca_signed=canonical_name(record.identity.subject)
                    != canonical_name(record.identity.issuer),
                    multi_san=record.identity.common_name.partition(".")[0].endswith("-ms"),
                    origin=export.place(number),
                    not_after=_end_of(record),
                    der=record.certificate,
                )
            )
    return found


def _end_of(record: Record) -> float | None:
    """When the certificate of a record ends, where the list has it whole."""
    if not record.certificate:
        return None
    try:
        return load_der_x509_certificate(record.certificate).not_valid_after_utc.timestamp()
    except ValueError:
        return None


def _unit(record: Record, identity: Identity, export: ListExport) -> str | None:
    if record.role in FILE_SIGNER_ROLES:
        return CALLMANAGER
    if record.role == Role.TVS:
        return TVS
    if record.role == Role.CAPF:
        return CAPF
    if record.role != Role.SAST:
        return None
    if identity.common_name.upper().startswith(RECOVERY_PREFIX):
        return ITL_RECOVERY
    if TOKEN_ISSUER.lower() in identity.issuer.lower():
        return "etoken"
    listed = export.listed
    return CALLMANAGER if listed is not None and identity in listed.file_signers else None


def _owner(
    unit: str,
    record: Record,
    identity: Identity,
    export: ListExport,
    nodes: Mapping[str, str],
    publisher: str,
) -> str | None:
    if unit == ITL_RECOVERY:  # its record bears the publisher's DNS name on every node; its CN does not
        return node_of(identity.common_name[len(RECOVERY_PREFIX) :].lstrip("_"), nodes) or publisher
    named = node_of(record.dns_name, nodes)
    if named is not None:
        return named
    if unit == CAPF:
        return publisher
    return node_of(identity.common_name, nodes) or node_of(export.node, nodes)
