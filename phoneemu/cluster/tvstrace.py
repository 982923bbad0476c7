"""What a TVS writes to its trace about one question, as published traces have it.

The texts are those of SEED118893, MIG213407 and DIR118699; the trace shows a session as 0 and the time to
live under the name PublicKey, and so does this. How the lines of a message's head are spaced is inferred;
pointers and times are left out.
"""

from collections.abc import Sequence

from phoneemu.core import tvs
from phoneemu.core.names import serial_text

_QUERY = "tvsHandleQueryCertReq"


def lines(request: tvs.Query | tvs.Verify, answer: tvs.Answer, looked_up: Sequence[str]) -> list[str]:
    """The lines for a question and its answer; `looked_up` are those of the caches."""
    length = len(tvs.encode(request)) - tvs.HEAD_BYTES
    if isinstance(request, tvs.Verify):
        return [*_head("TVS_MSG_CERT_VERIFICATION_REQ", length), *looked_up, *_answered(answer)]
    signer = request.signer
    serial = serial_text(signer.serial).replace(":", "")
    token = signer.subject.startswith("cn=")
    return [
        *_head("TVS_MSG_QUERY_CERT_REQ", length),
        _QUERY,
        f"{_QUERY} : Subject Name is: {signer.subject}",
        f"{_QUERY} : Issuer Name is: {signer.issuer}",
        *((f"{_QUERY} : This is SAST eToken cert",) if token else ()),
        f"{_QUERY} : Serial Number is: {serial}",
        *looked_up,
        *_answered(answer),
    ]


def _head(kind: str, length: int) -> list[str]:
    return [f"MsgType : {kind}", "Protocol Discriminator: 57", "Session Id : 0", f"Length : {length}"]


def _answered(answer: tvs.Answer) -> list[str]:
    query = answer.command is tvs.Command.QUERY_ANSWER
    short = "QUERY_CERT_RES" if query else "CERT_VERIF_RES"
    kind = "TVS_MSG_QUERY_CERT_RES" if query else "TVS_MSG_CERT_VERIFICATION_RES"
    length = len(tvs.encode(answer)) - tvs.HEAD_BYTES
    said = [f"Sending {short} msg", *_head(kind, length), f"Status : {0 if answer.valid else 1}"]
    if query and answer.valid:
        said += ["Number of Certs : 1", "Cert Type : 0"]
    return said if answer.ttl is None else [*said, f"PublicKey : {answer.ttl}"]
