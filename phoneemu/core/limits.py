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

CAPTURE_FRAME_BYTES = 256 * 1024
"""Largest packet record in a capture file: the largest snap length that capturing programs use [assumed]."""

CAPTURE_BLOCK_BYTES = 16 * 1024 * 1024
"""Largest block of a pcapng file that is no packet, such as names or a key log [assumed]."""

CAPTURE_INTERFACES = 4096
"""Most interfaces in one section of a pcapng file [assumed]."""

CAPTURE_FLOWS = 65536
"""Most connections and transfers that are followed at a time; beyond, the oldest is closed [assumed]."""

CAPTURE_EXCHANGES = 250_000
"""Most exchanges taken from one capture: 1,000 phones with 250 each [assumed]."""

CAPTURE_FRAGMENT_BYTES = 16 * 1024 * 1024
"""Most bytes of incomplete IP packets that are held; beyond, the oldest is dropped [assumed]."""

CAPTURE_SEGMENT_BYTES = 1024 * 1024
"""Most bytes of one TCP direction that are held because an earlier segment is missing [assumed]."""

CAPTURE_HELD_BYTES = 96 * 1024 * 1024
"""Most bytes of unfinished messages and segments that are held; beyond, the oldest is closed [assumed]."""

CAPTURE_BODY_BYTES = 160 * 1024 * 1024
"""Most bytes of files held at a time, each content once; beyond, a file keeps its size and hash [assumed]."""

CASE_FILES = 1000
"""Most files, and most remarks, that are kept of one start of a phone [assumed]."""

CASE_NAMESAKES = 100
"""Most files of one name that are kept of one start of a phone [assumed]."""

HTTP_HEAD_BYTES = 64 * 1024
"""Largest head of an HTTP request or answer [assumed]."""

HANDSHAKE_BYTES = 256 * 1024
"""Most bytes of one side's TLS handshake that are looked at [assumed]."""

LOG_BYTES = 256 * 1024 * 1024
"""Largest console log or TVS trace that is read [assumed]."""

CASE_TEXT_BYTES = 8 * 1024 * 1024
"""Largest `capture.toml`, list of gaps or file of explanations that is read [assumed]."""

CASE_BYTES = 512 * 1024 * 1024
"""Most bytes of all files of one case together [assumed]."""

TABLE_BYTES = 1024 * 1024 * 1024
"""Largest table of phones that is read: a million phones are some hundred MB [assumed]."""

SHEET_CELLS = 40_000_000
"""Most cells in the rectangle that the cells of a sheet span: a sheet's full height, 26 wide [assumed]."""

CLUSTER_FILE_BYTES = 8 * 1024 * 1024
"""Largest `cluster.toml` that is read [assumed]."""

RUNBOOK_BYTES = 16 * 1024 * 1024
"""Largest runbook or script that is read [assumed]."""

PREDICTION_BYTES = 4 * 1024 * 1024 * 1024
"""Largest JSON of an earlier prediction that is read: a kilobyte a phone is 1 GB a million [assumed]."""

RESULTS_BYTES = 512 * 1024 * 1024
"""Largest JSON of an earlier replay that is read [assumed]."""

KEY_FILE_BYTES = 1024 * 1024
"""Largest file of a certificate or a key that is read [assumed]."""

NAMES_BYTES = 4 * 1024 * 1024
"""Largest file of names and places, expectations or settings that is read [assumed]."""

STATE_BYTES = 64 * 1024 * 1024
"""Largest file of a kept lab or a kept phone that is read [assumed]."""

NODES = 200
"""Most nodes of one cluster that are worked with; a real one has about twenty [assumed]."""
