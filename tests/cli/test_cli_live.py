"""`phoneemu lab` and `phoneemu phone` as their users meet them: two processes on one machine."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from phoneemu.net import book as books
from phoneemu.net.book import Service

PHONEEMU = (sys.executable, "-m", "phoneemu")
PHONE = ("phone", "--model", "8861", "--mac", "00:11:22:AA:BB:CC")
RENEW = "set cert regen ITLRecovery\nutils ctl update CTLFile\n* utils service restart Cisco Tftp\n"


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PHONEEMU, *words], input=stdin, capture_output=True, text=True, timeout=600)  # noqa: S603


@contextmanager
def lab(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A lab that serves until the block ends; its names and ports are in `hosts`, its cluster in `lab`."""
    hosts = folder / "hosts"
    hosts.unlink(missing_ok=True)
    asked = [*PHONEEMU, "lab", "--hosts", str(hosts), "--state", str(folder / "lab"), *words]
    with subprocess.Popen(  # noqa: S603
        asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        hanging = threading.Timer(300, process.kill)
        hanging.start()
        while not hosts.exists() and process.poll() is None:
            time.sleep(0.02)
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()
            hanging.cancel()


def boot(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(
        *PHONE, "--tftp", "pub", "--hosts", str(folder / "hosts"), "--state", str(folder / "flash"), *words
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lab in mixed mode, and a phone that has booted against it."""
    folder = tmp_path_factory.mktemp("live")
    with lab(folder, "--mixed", "--no-shell"):
        first = boot(folder)
    assert first.returncode == 0, first.stderr
    assert "CTL and ITL installed" in first.stdout
    assert "registered to pub without TLS" in first.stdout
    return folder


def test_a_phone_boots_shows_its_checksums_and_is_erased(kept: Path) -> None:
    shown = run("phone", "show", "--state", str(kept / "flash"))
    assert shown.returncode == 0
    ctl, itl, config = shown.stdout.splitlines()
    assert ctl.startswith("CTL  SHA1 ")
    assert itl.startswith("ITL  SHA1 ")
    assert config.endswith("Non Secure")
    summary = json.loads(run("phone", "show", "--json", "--state", str(kept / "flash")).stdout)
    assert summary["ctl"]["sha1"] == ctl.split()[-1]
    assert (summary["schema"], summary["model"], summary["device"]) == (1, "8861", "SEP001122AABBCC")


def test_a_lab_goes_on_from_its_folder_and_a_phone_follows_by_tvs(kept: Path) -> None:
    script = kept / "renew.txt"
    script.write_text(f"# the recovery key\n{RENEW}phones reset\n")
    done = run("lab", "--state", str(kept / "lab"), "--script", str(script))
    assert done.returncode == 0, done.stderr
    assert "Proceed with regeneration (yes|no)? yes" in done.stdout
    assert "admin:utils ctl update CTLFile" in done.stdout
    with lab(kept, "--no-shell", "--log"):
        again = boot(kept, "--json")
    assert again.returncode == 0
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert ("ruled", "tvs-vouches") in {(each["event"], each.get("reason")) for each in events}
    assert events[-1]["trusted"] is True
    assert events[-1]["tvs_cache"] == 1


def test_a_phone_that_is_locked_out_says_so_by_its_exit_code(kept: Path, tmp_path: Path) -> None:
    """The whole drama of a legacy phone: refused, erased by hand, taken."""
    with lab(tmp_path, "--mixed", "--release", "10.5(1)") as running:
        words = (
            "phone",
            "--tftp",
            "pub",
            "--hosts",
            str(tmp_path / "hosts"),
            "--state",
            str(tmp_path / "old"),
        )
        first = run(*words, "--model", "7960", "--name", "SEP001122334455", "--journal")
        assert (first.returncode, "installed its first CTL" in first.stdout) == (0, True)
        assert running.stdin is not None
        running.stdin.write("set cert regen CallManager\nyes\nutils ctl update CTLFile\ny\n")
        running.stdin.write("* utils service restart Cisco Tftp\n")
        running.stdin.flush()
        held = (tmp_path / "old" / "ctl.tlv").read_bytes()
        assert running.stdout is not None
        for line in running.stdout:
            if line == "Cisco Tftp[STARTED]\n":
                break
        assert run(*words).returncode == 1
        assert (tmp_path / "old" / "ctl.tlv").read_bytes() == held
        assert run("phone", "erase", "ctl", "--state", str(tmp_path / "old")).returncode == 0
        assert not (tmp_path / "old" / "ctl.tlv").exists()
        assert run(*words).returncode == 0
    assert (tmp_path / "old" / "ctl.tlv").read_bytes() != held


def test_the_shell_asks_and_a_no_changes_nothing(tmp_path: Path) -> None:
    typed = "set cert regen TVS\nno\nnonsense\n\nhelp\nexit\n"
    done = run("lab", "--nodes", "one", "--state", str(tmp_path), stdin=typed)
    assert done.returncode == 0
    assert "Operation cancelled" in done.stdout
    assert "`nonsense` is not a command" in done.stdout
    assert "utils itl reset localkey" in done.stdout
    assert len((tmp_path / "history.txt").read_text().splitlines()) == 1  # the seal


def test_the_shell_of_a_terminal_has_a_prompt_and_a_status_line(tmp_path: Path) -> None:
    parent, child = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    asked = [*PHONEEMU, "lab", "--nodes", "one", "--state", str(tmp_path / "lab"), "-y"]
    with subprocess.Popen(asked, stdin=child, stdout=child, stderr=child, env=environment) as process:  # noqa: S603
        os.close(child)
        seen = b""
        until = time.monotonic() + 120
        typed = [b"show itl\r", b"exit\r"]
        while time.monotonic() < until:
            try:
                part = os.read(parent, 65536)
            except OSError:
                break
            seen += part
            if b"\x1b[6n" in part:
                os.write(parent, b"\x1b[1;1R")  # where the cursor is, as a terminal answers
            ready = b"served: nothing yet" if len(typed) == 2 else b"was verified successfully"
            if typed and ready in seen:
                os.write(parent, typed.pop(0))
        process.wait(60)
    os.close(parent)
    assert typed == []
    assert b"admin:" in seen
    assert (tmp_path / "lab" / "typed.txt").exists()
    assert process.returncode == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_of_a_script_with_a_wrong_line_nothing_is_done(tmp_path: Path, encoding: str) -> None:
    script = tmp_path / "plan.txt"
    script.write_text("# a plan\nset cert regen TVS\n\ndance   # at midnight\n", encoding=encoding)
    done = run("lab", "--nodes", "one", "--state", str(tmp_path / "lab"), "--script", str(script))
    assert (done.returncode, "Regenerated" in done.stdout) == (2, False)
    assert done.stderr.startswith(f"phoneemu: {script}:4: `dance` is not a command")
    assert len((tmp_path / "lab" / "history.txt").read_text().splitlines()) == 1  # the seal


def test_a_command_that_cannot_be_kept_is_not_done_and_the_lab_goes_on(tmp_path: Path) -> None:
    """A folder where the history should be is as good as a full disk."""
    history = tmp_path / "lab" / "history.txt"
    with lab(tmp_path, "--nodes", "one", "-y") as running:
        assert running.stdin is not None
        assert running.stdout is not None

        def typed(line: str, until: str) -> str:
            running.stdin.write(f"{line}\n")  # type: ignore[union-attr]
            running.stdin.flush()  # type: ignore[union-attr]
            return next(said for said in running.stdout if until in said)  # type: ignore[union-attr]

        history.unlink()
        history.mkdir()
        assert f"{history}: Is a directory" in typed("set cert regen TVS", "not done")
        history.rmdir()
        typed("set cert regen TVS", "Successfully Regenerated Certificate for TVS.")
    done = [line.partition(" ")[2] for line in history.read_text().splitlines()[:-1]]
    assert done == ["set cert regen TVS"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_lab_that_is_ended_leaves_its_ports_and_its_folder_free(
    tmp_path: Path, ending: signal.Signals
) -> None:
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # as it is for whoever sits at a terminal
    try:
        with lab(tmp_path, "--nodes", "one", "--no-shell") as running:
            book = books.parse((tmp_path / "hosts").read_text())
            taken = run("lab", "--state", str(tmp_path / "lab"))
            assert (taken.returncode, "another lab runs from this folder" in taken.stderr) == (2, True)
            running.send_signal(ending)
            assert running.wait(60) == 0
    finally:
        signal.signal(signal.SIGINT, before)
    for service in Service:
        kind = socket.SOCK_DGRAM if service is Service.TFTP else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(book.find("one", service))
    assert run("lab", "--state", str(tmp_path / "lab")).returncode == 0


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        try:
            other.bind(("127.0.0.55", 6970))
        except OSError as error:
            pytest.skip(f"this machine does not give the address: {error}")
        other.listen()
        done = run("lab", "--nodes", "one", "--real-ports", "--host", "127.0.0.55")
    assert done.returncode == 2
    assert done.stderr in (
        "phoneemu: 127.0.0.55 port 6970: Address already in use\n",
        "phoneemu: 127.0.0.55 port 69: Permission denied\n",
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("phone", "--tftp", "h"), "which phone?"),
        (("phone", "--model", "9999x", "--mac", "001122334455", "--tftp", "h"), "no model '9999x'"),
        (("phone", "--model", "8861", "--mac", "0011", "--tftp", "h"), "is no MAC address"),
        (("phone", "--model", "8861", "--name", "a/b", "--tftp", "h"), "is no device name"),
        (PHONE, "which server?"),
        ((*PHONE, "--tftp", "h:x"), "a port is a number"),
        ((*PHONE, "--tftp", "h", "--seconds", "0"), "--seconds is a number"),
        ((*PHONE, "--tftp", "h", "--hosts", "/no/such/file"), "/no/such/file"),
        ((*PHONE[:1], "erase", *PHONE[1:]), "needs ctl, itl, security or factory"),
        (("lab", "--nodes", "a,a"), "name each node once"),
        (("lab", "--release", "never"), "is not a release"),
        (("lab", "--release", "9.1(2)", "--mixed"), "before 10.0 mixed mode needs tokens"),
        (("lab", "--nodes", "a", "--tvs-log", "/no/such/file"), "/no/such/file"),
        (("lab", "--fault", "gremlins"), "no fault `gremlins`"),
        (("lab", "--nodes", "a,b", "--host", "::1,::1,::1"), "--host names 3 addresses for 2 nodes"),
        (("lab", "--nodes", "a", "--script", "/no/such/file"), "/no/such/file"),
        (("lab", "--nodes", "a", "--host", "203.0.113.9"), "assign"),
        (("lab", "--nodes", "a", "--host", ""), "--host names an empty address"),
        (("lab", "--nodes", "a,b", "--host", "127.0.0.1,"), "--host names an empty address"),
        (("lab", "--nodes", "x" * 53), "a node's name has at most 52 characters"),
        (("lab", "--cluster", ""), "cannot be a cluster's name"),
        (("lab", "--cluster", "a\nb"), "`a b` cannot be a cluster's name"),
        (("lab", "--release", "99"), "nothing is known of release 99"),
        (("lab", "--tokens", ""), "--tokens names no token"),
        (("lab", "--nodes", "a", "--hosts", "/no/such/file"), "/no/such/file"),
        (("lab", "--nodes", "a", "--capture", "c", "--model", "=8861"), "write MODEL or DEVICE=MODEL"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(words: tuple[str, ...], what: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("phoneemu: ")
    assert what in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_flash_of_one_phone_is_not_anothers(kept: Path) -> None:
    other = run("phone", "--name", "SEP000000000001", "--tftp", "pub", "--state", str(kept / "flash"))
    assert other.returncode == 2
    assert "this is the flash of SEP001122AABBCC" in other.stderr


def test_a_phone_that_reaches_nobody_is_not_trusted(tmp_path: Path) -> None:
    words = (*PHONE, "--tftp", "127.0.0.1:9", "--answer-seconds", "0.5", "--seconds", "1")
    done = run(*words, "--state", str(tmp_path / "new"), "--erase", "security")
    assert done.returncode == 1
    assert "could not register anywhere" in done.stdout
    assert "CTL  not installed" in done.stdout


def test_the_places_of_servers_are_not_written_over_the_script(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text("admin:show itl\n")
    done = run("lab", "--nodes", "a", "--script", str(script), "--hosts", str(script))
    assert (done.returncode, script.read_text()) == (2, "admin:show itl\n")


def test_a_name_that_no_certificate_can_carry_is_refused_in_the_shell(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text(f"a set network hostname {'x' * 300}\n")
    done = run("lab", "--nodes", "a", "--script", str(script))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
