"""Assumption: what a prediction takes for granted because no export says it.

Nothing is assumed in silence: each has a stable id, a text, what would settle it, and the number of phones
that stand on it.
"""

import attrs

from phoneemu.core.evidence import Standing


@attrs.frozen(kw_only=True)
class Assumption:
    """One thing taken for granted. `phones` counts those whose prediction stands on it.

    `against` is what a source says to the contrary.
    """

    id: str
    text: str
    settles: str
    standing: Standing = Standing.ASSUMED
    phones: int = 0
    against: str = ""


DATE = Assumption(
    id="date",
    text="the exports were made at the newest date that stands in them, though certificates ended since",
    settles="`taken` in cluster.toml",
)
HOLDS_SERVED = Assumption(
    id="holds-served",
    text="the phone holds the lists and the configuration that its TFTP node serves today",
    settles="checksums read from phones, or `holds_served = true` under [phones] in cluster.toml",
)
HELD_THEN = Assumption(
    id="held-then",
    text="a phone that has not started since its list was written holds the newest older one under history/",
    settles="a checksum read from the phone, and every list that was served under history/",
)
TFTP_ORDER = Assumption(
    id="tftp-order",
    text="the phone asks every node that runs TFTP, in the order of the nodes",
    settles="`tftp = [...]` under [phones] or [sites.NAME] in cluster.toml, from DHCP option 150",
)
GROUP_ORDER = Assumption(
    id="callmanager-group",
    text="the phone's CallManager group is every node that runs CallManager, in the order of the nodes",
    settles="[groups] and `group` under [sites.NAME] or [phones] in cluster.toml",
)
NON_SECURE = Assumption(
    id="non-secure",
    text="the phone's security mode is Non Secure",
    settles="a Security Mode column, or the security profile's name in the export",
)
MODE_FROM_NAME = Assumption(
    id="mode-from-name",
    text="the security profile does what its name says",
    settles="a Security Mode column: `run sql` on securityprofile.tkdevicesecuritymode",
)
LSC_OF_CLUSTER = Assumption(
    id="lsc-of-cluster",
    text="the secure phone's LSC, if it has one, was issued by the CAPF this cluster has now",
    settles="an LSC Status column, or `lsc` under [phones] in cluster.toml",
)
LSC_BEFORE = Assumption(
    id="lsc-of-former-capf",
    text="an LSC of the CAPF before its renewal still counts, since CallManager-trust keeps that CAPF",
    settles="`show cert list trust` after the renewal; a new LSC in the phone [TS225746]",
    standing=Standing.INFERRED,
)
RELEASE = Assumption(
    id="release",
    text="the cluster's release is the one its trust lists look like",
    settles="`release` in cluster.toml, or `show version active`",
)
RELEASE_UNKNOWN = Assumption(
    id="release-unknown",
    text="no export tells the release: one of each group of releases that sign differently is tried",
    settles="`release` in cluster.toml, `show version active`, or `show itl` of a TFTP node",
)
MIXED = Assumption(
    id="mixed",
    text="the cluster is in mixed mode exactly when a CTL was exported that names a CallManager",
    settles="`mixed` in cluster.toml: `run sql` on ClusterSecurityMode",
)
NODES = Assumption(
    id="nodes",
    text="the cluster's nodes are those that its exports name, all running every service",
    settles="[[node]] in cluster.toml",
)
CERTIFICATE_MADE = Assumption(
    id="certificate-unknown",
    text="a certificate that no export names is taken as one that no phone has seen changed",
    settles="an export of certificates, `show itl` of every TFTP node and `show ctl`, or the .tlv files",
)
NOT_RESTARTED = Assumption(
    id="not-restarted",
    text="CallManager and TFTP of a node whose ITL names an older certificate than it has still run with it",
    settles="lists and certificates that were exported at one time",
    standing=Standing.INFERRED,
)
LIST_MADE = Assumption(
    id="list-unknown",
    text="a node whose list was not exported serves the list its certificates and release call for",
    settles="`show itl` of that node, `show ctl`, or the .tlv files",
)
CTL_SHARED = Assumption(
    id="ctl-of-another-node",
    text="a node whose CTL was not exported serves the CTL that was exported of another",
    settles="`show ctl` of every TFTP node, or the .tlv files",
    standing=Standing.INFERRED,
)
CTL_SIGNER = Assumption(
    id="ctl-signer",
    text="the CTL is tokenless; before 10.0 it is signed by one of two tokens, token-1 and token-2",
    settles="`show ctl`, or the .tlv file",
)
POWER = Assumption(
    id="powered-on",
    text="the phone is powered on and connected unless cluster.toml says it is off",
    settles="[[off]] in cluster.toml, from the registration report",
)
TVS_REACHABLE = Assumption(
    id="tvs-reachable",
    text="the TVS that vouches runs, and the phone reaches it on TCP 2445",
    settles="`tvs_reachable` of each [[node]] in cluster.toml: `utils service list`, and what is between",
)
TLS_FLOOR = Assumption(
    id="tls-floor",
    text="nobody raised the TLS floor above what this older model speaks",
    settles="`min_tls` in cluster.toml: `show tls min-version` on every node",
)
RECOVERY_ROLE = Assumption(
    id="tvs-vouches-for-recovery",
    text="a TVS vouches for an ITLRecovery new to the phone, but no source tells the roles it grants there",
    settles="one phone of each kind that starts after the renewal, or the TVS trace of its question",
    standing=Standing.INFERRED,
    against="phones that were away during a renewal need their ITL removed by hand [REGEN214231]",
)
RECOVERY_KEPT = Assumption(
    id="domain-keeps-recovery",
    text="a new domain name keeps ITLRecovery, as a new host name does, so that phones know who signs",
    settles="`show cert own ITLRecovery` after the change, or one phone tried",
    standing=Standing.INFERRED,
    against="a new domain name makes all certificates of the node anew [CLI15-set]",
)
DOMAIN_BY_ITL = Assumption(
    id="domain-without-ctl",
    text="in mixed mode configuration takes effect after a new domain name by the ITL alone",
    settles="`utils ctl update CTLFile` in the plan, then a reset; or one phone tried",
    standing=Standing.INFERRED,
    against="new configuration does not take effect on phones before the CTL is updated [SG125-ctl]",
)
CTL_WITHOUT_ANCHOR = Assumption(
    id="ctl-without-anchor",
    text="a phone whose CTL names no key of the publisher as a SAST takes the new CTL by its ITL or a TVS",
    settles="one phone of each kind that starts after the CTL was updated",
    standing=Standing.INFERRED,
    against=(
        "no anchor is left, so the CTL must be deleted on each phone [FN70613]; from tokens, phones first "
        "need a token-signed CTL of 12.0 or later [SG1251SU2-ctl]"
    ),
)
RESET_KEEPS_RECORDS = Assumption(
    id="itl-reset-keeps-records",
    text="`utils itl reset` keeps the records of the ITL, so phones do not know a renewed ITLRecovery by it",
    settles="`show itl` after the reset: whether a SAST record has the new ITLRecovery",
    standing=Standing.INFERRED,
    against="the sequence for a new ITLRecovery is called safe [SG15-cert, SG1251SU2-sbd]",
)
SEEN = Assumption(
    id="seen-by-risport",
    text="a phone that RISPort does not show as registered is off since the time it was last seen",
    settles="[[off]] in cluster.toml",
    standing=Standing.INFERRED,
)

KNOWN = {
    each.id: each
    for each in (
        DATE,
        HOLDS_SERVED,
        HELD_THEN,
        TFTP_ORDER,
        GROUP_ORDER,
        NON_SECURE,
        MODE_FROM_NAME,
        LSC_OF_CLUSTER,
        LSC_BEFORE,
        RELEASE,
        RELEASE_UNKNOWN,
        MIXED,
        NODES,
        CERTIFICATE_MADE,
        NOT_RESTARTED,
        LIST_MADE,
        CTL_SHARED,
        CTL_SIGNER,
        POWER,
        TVS_REACHABLE,
        TLS_FLOOR,
        RECOVERY_ROLE,
        CTL_WITHOUT_ANCHOR,
        RESET_KEEPS_RECORDS,
        RECOVERY_KEPT,
        DOMAIN_BY_ITL,
        SEEN,
    )
}
"""Every assumption by its id."""
