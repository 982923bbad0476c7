"""Profile: one phone model's facts, resolved for one firmware load and one protocol.

Behaviour differs by these facts, never by a model's name in code. Reading models/*.toml is in
modelfile.py; this module is only the value the rules and the phone look at.
A fact whose value is None is not known; a rule that needs it answers cannot-say.
"""

from collections.abc import Mapping

import attrs

from phoneemu.core.evidence import Fact, Standing

Known = Fact[bool | None]
Text = Fact[str | None]
Number = Fact[int | None]
Words = Fact[tuple[str, ...] | None]


@attrs.frozen(kw_only=True, eq=False)
class Profile:
    """What one model does on one load. Compared by identity: the catalogue makes each once.

    `load` and `protocol` are what it was resolved for, None when not known. `facts` holds every fact of the
    model by its dotted name, those the engine does not use too (menus, bugs, support).
    """

    model: str
    name: str
    enums: tuple[int, ...]
    family: str
    load: str | None
    protocol: str | None
    facts: Mapping[str, Fact[object]] = attrs.field(repr=False)

    reads_ctl: Known
    reads_itl: Known
    asks_tvs: Known
    verifies_config: Known
    takes_changed_ctl: Known
    """False: a changed CTL is never taken while one is installed (ATA 191)."""
    updates_reliably: Known
    """False: this load may fail to update a list it should accept (8821 before its fix)."""
    keeps_itl: Known
    """False: this load deletes its ITL when every CallManager certificate changed (8831 before its fix)."""
    finds_multi_san: Known
    """False: this load does not find its TFTP server in an ITL with a multi-server SAN certificate."""
    authorises_tftp: Words
    """Which of "ctl", "itl", "config" are refused from a TFTP server that the installed CTL does not list."""
    list_signers: Words
    """Roles whose certificate may sign a list, in an installed list and in a TVS answer."""
    digests: Words
    """Digests accepted for list and file signatures: "sha1", "sha256", "sha512"."""
    digests_unknown: Words
    """Digests of which nobody knows whether this model accepts them."""
    rsa_max_bits: Number
    """Largest RSA key known to work for the cluster's certificates."""
    rsa_above_unknown: Known
    """True: keys above `rsa_max_bits` may or may not work."""
    list_max_bytes: Number

    file_order: Words
    """File name templates in the order they are asked; `{name}` is the device name, `{mac}` its address."""
    transports: Words
    """ "http" and "tftp" in the order they are tried for each file."""
    tftp_options: Words
    """Options of a read request: "tsize", "blksize=1428"; none for plain blocks of 512 bytes."""
    tftp_waits: Words
    """Seconds it waits for an answer before each repetition, the last before it gives up."""
    ctl_retries: Number
    """How often a secure phone without a CTL asks for one; -1 for ever."""

    tls_min: Text
    tls_max: Text
    """ "1.0" to "1.3"."""

    ctl_screen: Text
    itl_screen: Text
    ctl_web: Text
    itl_web: Text
    """Checksum shown: "md5", "sha1" or "none"."""

    erase_scope: Text
    """ "separate": each list alone; "ctl": only a CTL exists; "combined": one reset for both;
    "factory": only a factory reset; "none": it holds no list."""
    erase_ctl: Text
    erase_itl: Text
    erase_keys: Text
    factory_reset: Text

    console: Text
    """Dialect of the security process's log: "SECD" or "SECUREAPP"."""
    status_both_installed: Text
    status_ctl_installed: Text
    status_itl_installed: Text
    status_updated: Text
    status_failed: Text
    status_none: Text
    status_erasing: Text
    status_file_auth: Text
    status_tftp: Text
    """Shown when the TFTP server is not in the installed CTL."""


ENGINE_FACTS: Mapping[str, str] = {
    "reads_ctl": "trust.reads_ctl",
    "reads_itl": "trust.reads_itl",
    "asks_tvs": "trust.asks_tvs",
    "verifies_config": "trust.verifies_config",
    "takes_changed_ctl": "trust.takes_changed_ctl",
    "updates_reliably": "trust.updates_reliably",
    "keeps_itl": "trust.keeps_itl",
    "finds_multi_san": "trust.finds_multi_san",
    "authorises_tftp": "trust.authorises_tftp",
    "list_signers": "trust.list_signers",
    "digests": "trust.digests",
    "digests_unknown": "trust.digests_unknown",
    "rsa_max_bits": "trust.rsa_max_bits",
    "rsa_above_unknown": "trust.rsa_above_unknown",
    "list_max_bytes": "trust.list_max_bytes",
    "file_order": "files.order",
    "transports": "files.transports",
    "tftp_options": "files.tftp_options",
    "tftp_waits": "files.tftp_waits",
    "ctl_retries": "files.ctl_retries",
    "tls_min": "tls.min",
    "tls_max": "tls.max",
    "ctl_screen": "display.ctl_screen",
    "itl_screen": "display.itl_screen",
    "ctl_web": "display.ctl_web",
    "itl_web": "display.itl_web",
    "erase_scope": "erase.scope",
    "erase_ctl": "erase.ctl",
    "erase_itl": "erase.itl",
    "erase_keys": "erase.keys",
    "factory_reset": "erase.factory",
    "console": "console.dialect",
    "status_both_installed": "status.both_installed",
    "status_ctl_installed": "status.ctl_installed",
    "status_itl_installed": "status.itl_installed",
    "status_updated": "status.updated",
    "status_failed": "status.failed",
    "status_none": "status.none",
    "status_erasing": "status.erasing",
    "status_file_auth": "status.file_auth",
    "status_tftp": "status.tftp",
}
"""Profile attribute -> dotted fact name in a model file."""

USUAL: Mapping[str, Fact[object]] = {
    "trust.list_signers": Fact(
        name="trust.list_signers",
        value=("sast",),
        standing=Standing.DOCUMENTED,
        source="CVD14, MIG213407",
        note="a list is signed by a SAST; every logged answer of a TVS about a list's signer holds role 0",
        where="every model",
    ),
}
"""Engine facts that a model file states only where its model differs."""
