"""Whole boots per second over loopback, beside what the wire costs without a phone.

A boot fetches a CTL, an ITL and a signed configuration by TFTP, asks a TVS about the CTL's signer over a full
TLS handshake, installs what it accepts, and registers. The lab is a process of its own. The floor, in the
same run against the same lab: curl fetching the same three files, and `openssl s_time` for the handshake.
"""

import contextlib
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from phoneemu.catalogue import catalogue
from phoneemu.core.flash import Flash
from phoneemu.core.phone import Phone
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason
from phoneemu.core.states import State
from phoneemu.net import book as books
from phoneemu.net import drive
from phoneemu.net.book import Book, Service

MODEL = "7975"
BOOTS = 60
AT_ONCE = 200
ROUNDS = 5
SHARE = 0.6
RENEW = "set cert regen ITLRecovery\nutils ctl update CTLFile\n* utils service restart Cisco Tftp\n"
NAME = "SEP001122AABBCC"


@contextmanager
def lab(folder: Path) -> Iterator[Book]:
    """A lab in mixed mode as a process of its own; gives its book."""
    hosts = folder / "hosts"
    hosts.unlink(missing_ok=True)
    asked = [sys.executable, "-m", "phoneemu", "lab", "--mixed", "--no-shell"]
    asked += ["--state", str(folder / "lab"), "--hosts", str(hosts)]
    with subprocess.Popen(asked, stdout=subprocess.DEVNULL) as process:
        while not hosts.exists() and process.poll() is None:
            time.sleep(0.05)
        try:
            yield books.parse(hosts.read_text())
        finally:
            process.terminate()


def boot(book: Book, flash: Flash, name: str = NAME) -> Phone:
    """One boot of a phone that holds this."""
    phone = Phone(catalogue().profile(MODEL), name, flash)
    drive.boot(phone, drive.Wire(book=book, answer_seconds=60, waits=(2.0,) * 6), ("pub",), time.time())
    return phone


def whole(phone: Phone) -> bool:
    """Whether the boot did all that is measured."""
    ruled = phone.journal.last_ruling(Subject.CTL)
    return phone.state is State.IN_SERVICE and ruled is not None and ruled.reason is Reason.TVS_VOUCHES


def boots_per_second(book: Book, flash: Flash) -> float:
    """One phone after the other."""
    begun = time.perf_counter()
    assert all(whole(boot(book, flash)) for _ in range(BOOTS))
    return BOOTS / (time.perf_counter() - begun)


def files_seconds(book: Book, folder: Path) -> float:
    """What curl needs for one boot's files; one process fetches many times."""
    host, port = book.find("pub", Service.TFTP)
    names = (f"CTL{NAME}.tlv", f"ITL{NAME}.tlv", f"{NAME}.cnf.xml.sgn")
    lines = [f'url = "tftp://{host}:{port}/{name}"\noutput = "/dev/null"\n' for name in names]
    config = folder / "curl"
    config.write_text("silent\nshow-error\nfail\ntftp-no-options\n" + "".join(lines) * BOOTS)
    begun = time.perf_counter()
    subprocess.run(["curl", "-K", str(config)], check=True)
    return (time.perf_counter() - begun) / BOOTS


def handshake_seconds(book: Book) -> float:
    """What openssl needs for one full handshake with the TVS."""
    host, port = book.find("pub", Service.TVS)
    asked = ["openssl", "s_time", "-connect", f"{host}:{port}", "-new", "-time", "2", "-tls1_2"]
    begun = time.perf_counter()
    said = subprocess.run(asked, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - begun  # it counts whole seconds itself, up to a half too many
    found = re.search(r"(\d+) connections in \d+ real seconds", said)
    assert found, said
    return seconds / float(found[1])


def resident() -> float:
    """This process's peak memory in KiB."""
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> int:
    """Measure in turn and compare; 1 when a target is missed or a boot failed."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-bench-") as name:
        folder = Path(name)
        with lab(folder) as book:
            held = boot(book, Flash()).flash
        (folder / "renew").write_text(RENEW)
        script = ["lab", "--state", str(folder / "lab"), "--script", str(folder / "renew")]
        subprocess.run([sys.executable, "-m", "phoneemu", *script], check=True, stdout=subprocess.DEVNULL)
        with lab(folder) as book:
            rates, floors = [], []
            for _ in range(ROUNDS):
                floors.append(1 / (files_seconds(book, folder) + handshake_seconds(book)))
                rates.append(boots_per_second(book, held))
            before = resident()
            begun = time.perf_counter()
            with ThreadPoolExecutor(AT_ONCE) as pool:
                phones = list(pool.map(lambda number: boot(book, held, f"SEP{number:012X}"), range(AT_ONCE)))
            seconds = time.perf_counter() - begun
            grown = resident() - before
    # each rate beside the floor measured just before it: what else the machine does then weighs on both
    share, rate, floor = sorted(
        (each / beside, each, beside) for each, beside in zip(rates, floors, strict=True)
    )[ROUNDS // 2]
    failed = sum(not whole(phone) for phone in phones)
    print(f"live: one phone at a time: {rate:.0f} boots/s; curl and openssl for the same: {floor:.0f}/s")
    print(f"live: {share:.0%} of that floor, wanted {SHARE:.0%}, ratio {SHARE / share:.2f}")
    print(f"live: {AT_ONCE} at once: {AT_ONCE / seconds:.0f} boots/s, {failed} failed, ratio {failed}.00")
    print(f"live: {grown / AT_ONCE:.0f} KiB of memory for each of them")
    return int(share < SHARE or failed > 0)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
