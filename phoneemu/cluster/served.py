"""What a lab tells of each thing it serves, for whoever writes it down."""

import attrs

from phoneemu.core.vocabulary import RegistrationTrouble


@attrs.frozen(kw_only=True)
class Served:
    """One thing that was served: a file, an answer of a TVS, a registration; as it went out.

    `service` is the word of a hosts file: tftp, http, https, tvs, sip, sips. `content` is None for a file
    that is not there, `error` another answer than a file. Of a TVS, `shown` is the certificate it showed,
    `question` and `answer` the messages, each empty when there was none.
    """

    when: float
    service: str
    node: str
    device: str
    name: str = ""
    content: bytes | None = attrs.field(default=None, repr=False)
    error: str = ""
    shown: bytes = attrs.field(default=b"", repr=False)
    tls: str = ""
    cipher: str = ""
    question: bytes = attrs.field(default=b"", repr=False)
    answer: bytes = attrs.field(default=b"", repr=False)
    trouble: RegistrationTrouble | None = None
