"""Plans that go wrong in practice: in the wrong order, half done, or with a step forgotten.

Each row was worked out by hand from the rules for signers, lists and TVS and their sources; a phone that is
lost, degraded or cannot be told must never read `ok` here.
"""

import functools

import attrs
import pytest
from planmaking import CALLMANAGER, ENCRYPTED, LEGACY, MODERN, OLDER, RESET, ROLLBACK, TFTP, through

from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import Cluster

RESTART = f"{TFTP}; {CALLMANAGER}"
RENEW = "pub set cert regen CallManager"
UPDATE = "pub utils ctl update CTLFile"
RECOVERY = "pub set cert regen ITLRecovery"
ALL_TVS = "* set cert regen TVS"
OK, STUCK, OUT, LIMPS, UNTOLD = "ok", "stuck", "out-of-service", "degraded", "cannot-say"

PLANS: dict[str, tuple[str, bool, str, tuple[str, str, str, str]]] = {
    # name: (release, mixed, plan, what becomes of a 7960, a 7975, an 8861 and an encrypted 8861)
    "the seed's renewal": ("11.5(1)", True, f"{RENEW}; {UPDATE}; {RESTART}; {RESET}", (STUCK, OK, OK, OK)),
    "the CTL update forgotten": ("11.5(1)", True, f"{RENEW}; {RESTART}; {RESET}", (STUCK, OK, OK, LIMPS)),
    "the CTL update before the renewal": (
        "11.5(1)",
        True,
        f"{UPDATE}; {RENEW}; {RESTART}; {RESET}",
        (STUCK, OK, OK, LIMPS),
    ),
    "both restarts forgotten": ("12.5(1)", True, f"{RENEW}; {UPDATE}; {RESET}", (STUCK, OK, OK, LIMPS)),
    "TFTP restarted on the other node only": (
        "11.5(1)",
        True,
        f"{RENEW}; {UPDATE}; sub utils service restart Cisco Tftp; {CALLMANAGER}; {RESET}",
        (STUCK, OK, OK, OK),
    ),
    "CallManager restarted on the other node only": (
        "11.5(1)",
        True,
        f"{RENEW}; {UPDATE}; {TFTP}; sub utils service restart Cisco CallManager; {RESET}",
        (STUCK, OK, OK, LIMPS),
    ),
    "the subscriber renewed without a CTL update": (
        "12.5(1)",
        True,
        f"sub set cert regen CallManager; {RESTART}; {RESET}",
        (OK, OK, OK, LIMPS),
    ),
    "signer and TVS at once before 12": (
        "11.5(1)",
        False,
        f"* set cert regen CallManager; {ALL_TVS}; {TFTP}; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "signer and TVS at once from 12": (
        "12.5(1)",
        False,
        f"* set cert regen CallManager; {ALL_TVS}; {TFTP}; {RESET}",
        (OK, OK, OK, OK),
    ),
    "recovery key and TVS at once": (
        "12.5(1)",
        False,
        f"{RECOVERY}; {ALL_TVS}; {TFTP}; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "the recovery key and a CTL update, without reset localkey": (
        "12.5(1)",
        True,
        f"{RECOVERY}; {UPDATE}; {RESTART}; {RESET}",
        (STUCK, OK, OK, OK),
    ),
    "the recovery key by the book": (
        "12.5(1)",
        True,
        f"{RECOVERY}; pub utils ctl reset localkey; {RESTART}; {RESET}; {UPDATE}; {RESET}",
        (OK, OK, OK, OK),
    ),
    "recovery key and CallManager before one CTL update": (
        "12.5(1)",
        True,
        f"{RECOVERY}; {RENEW}; {UPDATE}; {RESTART}; {RESET}",
        (STUCK, OK, OK, OK),
    ),
    "everything at once on 15": (
        "15",
        False,
        f"* set cert regen CallManager; {ALL_TVS}; {RECOVERY}; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "no licence for the CTL update": (
        "unlicensed",
        True,
        f"{RENEW}; {UPDATE}; {RESTART}; {RESET}",
        (STUCK, OK, OK, LIMPS),
    ),
    "the TVS blocked during the renewal": (
        "11.5(1)",
        False,
        f"* block 2445; {RENEW}; {TFTP}; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "one TVS blocked, the other renewed": (
        "11.5(1)",
        False,
        f"pub block 2445; sub set cert regen TVS; {RENEW}; {TFTP}; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "the TVS expired before the renewal": (
        "11.5(1)",
        False,
        f"* expire TVS; {RENEW}; {TFTP}; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "a TLS floor before the renewal": (
        "11.5(1)",
        True,
        f"pub set tls min-version 1.2; {RENEW}; {UPDATE}; {RESTART}; {RESET}",
        (STUCK, STUCK, OK, OK),
    ),
    "SHA-512 with phones that lack it": (
        "12.5(1)",
        True,
        f'cluster parameter "TFTP File Signature Algorithm" = SHA-512; {UPDATE}; {RESTART}; {RESET}',
        (OUT, OUT, OK, OK),
    ),
    "the rollback parameter without a reset before 10.5": (
        "9.1(2)",
        False,
        f"{ROLLBACK} = True; * set cert regen CallManager; {ALL_TVS}; {ROLLBACK} = False; {TFTP}; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "the rollback parameter left on": (
        "12.5(1)",
        False,
        f"{ROLLBACK} = True; phones wait 10m",
        (OK, LIMPS, LIMPS, LIMPS),
    ),
    "a publisher restored from before two renewals": (
        "11.5(1)",
        False,
        f"cluster backup OLD; {RENEW}; {TFTP}; {RESET}; {ALL_TVS}; {TFTP}; {RESET}; cluster restore OLD",
        (OK, STUCK, STUCK, STUCK),
    ),
    "a publisher installed anew without a CTL update": (
        "11.5(1)",
        True,
        f"pub reinstall; {RESTART}; {RESET}",
        (STUCK, OK, OK, OUT),
    ),
    "a new domain on both nodes at once before 12": (
        "11.5(1)",
        False,
        f"pub set network domain example.org; sub set network domain example.org; {RESET}",
        (OK, STUCK, STUCK, STUCK),
    ),
    "a new host name without a CTL update": (
        "12.5(1)",
        True,
        f"pub set network hostname pub2; {RESET}",
        (STUCK, OK, OK, OUT),
    ),
    "CAPF renewed without a CTL update": (
        "12.5(1)",
        True,
        f"pub set cert regen CAPF; {RESTART}; {RESET}",
        (OK, OK, OK, OUT),
    ),
    "more nodes than a list has room for": (
        "12.5(1)",
        False,
        "; ".join(f"cluster add-node n{number} callmanager tvs" for number in range(45))
        + f"; {TFTP}; {RESET}",
        (OK, OUT, OUT, OUT),
    ),
    "no TFTP server running": (
        "12.5(1)",
        False,
        f"{RENEW}; * utils service stop Cisco Tftp; {RESET}",
        (LIMPS, LIMPS, LIMPS, LIMPS),
    ),
    "no CallManager running": (
        "12.5(1)",
        False,
        f"* utils service stop Cisco CallManager; {RESET}",
        (OUT, OUT, OUT, OUT),
    ),
    "the web certificate for all servers and an old load": (
        "14SU3",
        False,
        (
            'pub upload tomcat signed-by "Example CA" multi-server;'
            "pub reuse-certificate tomcat for CallManager; phones wait 30m"
        ),
        (OK, UNTOLD, STUCK, STUCK),
    ),
    "one CallManager certificate for all servers": (
        "12.5(1)",
        False,
        f'pub upload CallManager signed-by "Example CA" multi-server; {RESTART}; {RESET}',
        (OK, OK, OK, OK),
    ),
    "a key of 4096 bits": (
        "12.5(1)",
        True,
        f'pub upload CallManager signed-by "Example CA" key 4096; {UPDATE}; {RESTART}; {RESET}',
        (UNTOLD, UNTOLD, OK, OK),
    ),
}


@functools.cache
def cluster(release: str, *, mixed: bool) -> Cluster:
    licensed = release != "unlicensed"
    made = make_cluster("office", release if licensed else "12.5(1)", ("pub", "sub"), mixed=mixed)
    return attrs.evolve(made, export_allowed=licensed)


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_that_goes_wrong_is_never_called_fine(name: str) -> None:
    release, mixed, plan, expected = PLANS[name]
    office = cluster(release, mixed=mixed)
    ends = (
        through(plan, office, model="7960", load=LEGACY, protocol="SCCP"),
        through(plan, office, model="7975", load=OLDER, protocol="SIP"),
        through(plan, office, load=MODERN),
        through(plan, office, load=MODERN, security=ENCRYPTED),
    )
    assert tuple(end.last.outcome.value for end in ends) == expected
