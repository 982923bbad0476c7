"""Every size, count and time that somebody else controls, in one place.

What is beyond a limit is refused with a reason, never truncated.
"""

DOWNLOAD_BYTES = 2048 * 1024
"""Largest file a phone downloads: 2,048 KB, printed in a 7821 console log [C214535]."""

ITL_BYTES = 64 * 1024
"""Largest ITL a phone loads: 64 KB, about 39 certificates [SG14-sbd]."""

LIST_RECORDS = 1024
"""Most records read from one list; far above what 2,048 KB of real records hold [assumed]."""

CERTIFICATE_BYTES = 16 * 1024
"""Largest DER certificate taken from a record or a TVS answer [assumed]."""

KEY_BITS = 16384
"""Largest RSA modulus that is ever handed to the arithmetic [assumed]."""

TVS_ANSWER_BYTES = 0xFFFF + 10
"""Largest TVS message: a ten-byte header and a 16-bit body length [C213407]."""

TVS_TTL_SECONDS = 7 * 24 * 3600
"""Longest a TVS answer is kept; the cluster's default is 86,400 s [MIG213407; cap assumed]."""

TVS_SERVERS = 5
"""TVS members a configuration file can name [UCM-SEPXML]."""

SHOW_TEXT_BYTES = 8 * 1024 * 1024
"""Largest `show ctl` or `show itl` text that is parsed [assumed]."""

CONFIG_BYTES = 1024 * 1024
"""Largest configuration file that is parsed [assumed]."""

SQL_TEXT_BYTES = 512 * 1024 * 1024
"""Largest `run sql` text that is read: a million phones are about 200 MB [assumed]."""
