"""What a phone keeps through a restart: its lists, its configuration, its TVS cache.

All of it is one frozen value, so that a million phones that hold the same things share it and a driver can
write it atomically. Nothing here decides anything.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from phoneemu.core.names import Identity
    from phoneemu.core.trustlist import TrustList


class DeviceSecurity(enum.Enum):
    """Device security mode of the phone's profile, in the words of AXL [XDeviceSecurityMode]."""

    NON_SECURE = "Non Secure"
    AUTHENTICATED = "Authenticated"
    ENCRYPTED = "Encrypted"

    @property
    def uses_tls(self) -> bool:
        """Whether signalling needs TLS to the CallManager."""
        return self is not DeviceSecurity.NON_SECURE


@attrs.frozen(kw_only=True, cache_hash=True)
class PhoneConfig:
    """What a configuration file tells the phone, as far as trust and registration go.

    `stamp` tells versions apart (versionStamp). `tvs_servers` and `callmanagers` are node names in order of
    priority: the members of the device pool's CallManager group [SEED118893].
    """

    stamp: str
    callmanagers: tuple[str, ...] = ()
    tvs_servers: tuple[str, ...] = ()
    security: DeviceSecurity = DeviceSecurity.NON_SECURE


@attrs.frozen(kw_only=True)
class CachedAnswer:
    """A TVS answer the phone remembers; `expires` is in seconds since the epoch."""

    identity: Identity
    roles: frozenset[int]
    expires: float
    certificate: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen(kw_only=True)
class Flash:
    """A phone's persistent state. A new phone, or one after a factory reset, holds nothing."""

    ctl: TrustList | None = None
    itl: TrustList | None = None
    config: PhoneConfig | None = None
    tvs_cache: tuple[CachedAnswer, ...] = ()
