"""`phoneemu lab`: an emulated cluster on loopback with an `admin:` shell."""

import argparse
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from phoneemu.cli._recording import LabRecording
from phoneemu.cli._streams import one_line
from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.net.book import USUAL

if TYPE_CHECKING:
    from phoneemu.cluster.keeping import LabFolder
    from phoneemu.cluster.serve import Lab, Terms
    from phoneemu.cluster.session import Session, Typed
    from phoneemu.cluster.state import Cluster, Device

HELP = "run an emulated cluster on loopback, with real certificates and an admin: shell"
PROMPT = "admin:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from phoneemu.cluster.faults import FAULTS

    parser.add_argument(
        "--release", default="12.5(1)", help="of the cluster, such as 10.5(2) or 14SU3; 12.5(1)"
    )
    parser.add_argument("--nodes", default="pub,sub", help="its nodes, the publisher first; pub,sub")
    parser.add_argument("--cluster", default="lab", metavar="NAME", help="the cluster's name; lab")
    parser.add_argument("--mixed", action="store_true", help="in mixed mode, with a tokenless CTL")
    parser.add_argument("--tokens", metavar="A,B", help="mixed mode with a CTL signed by token A")
    parser.add_argument(
        "--security",
        choices=("non-secure", "authenticated", "encrypted"),
        default="non-secure",
        help="device security mode of every phone; non-secure",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on, or one for each node: A,B; 127.0.0.1"
    )
    parser.add_argument(
        "--real-ports",
        action="store_true",
        help="the ports of a real cluster; each node has an address of its own",
    )
    parser.add_argument(
        "--hosts", type=Path, metavar="FILE", help="write names and ports here, for the phones"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep the cluster here, and go on from it")
    parser.add_argument("--script", type=Path, metavar="FILE", help="perform a runbook and exit")
    parser.add_argument("--no-shell", action="store_true", help="serve until Ctrl-C, read no commands")
    parser.add_argument("-y", "--yes", action="store_true", help="answer every question with yes")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=RATE]",
        help=f"let something go wrong: {', '.join(FAULTS)}",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the faults' chance; 0")
    parser.add_argument(
        "--tvs-log", type=Path, metavar="FILE", help="add the traces of every TVS to this file"
    )
    parser.add_argument(
        "--capture",
        type=Path,
        metavar="DIR",
        help="write what phones were served as cases below this folder",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="[DEVICE=]MODEL",
        help="for --capture: the model of phones that do not say it (those that ask a TVS do)",
    )
    parser.add_argument("--log", action="store_true", help="tell every request on standard error")


def run(arguments: argparse.Namespace) -> int:
    """Serve until the terminal, or the script, is done."""
    from phoneemu.cluster.serve import Lab

    _refuse_wrong(arguments)
    _trace(arguments.tvs_log, ())  # a file that cannot be written is better known now
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    _allow_descriptors()
    with contextlib.ExitStack() as stack:
        kept, session = _session(arguments, stack)
        recording = LabRecording(arguments.model)
        terms = _terms(arguments, session.cluster)
        if arguments.capture is not None:
            terms = attrs.evolve(terms, hear=recording.hear)
        lab = stack.enter_context(Lab((session.cluster,), terms))
        if arguments.capture is not None:
            stack.callback(_capture, arguments.capture, recording, lab)
        _announce(arguments, lab, session)

        def done() -> None:
            if kept is not None:
                kept.keep(session)
            lab.become((session.cluster,))
            if arguments.hosts is not None:
                _write_hosts(arguments.hosts, lab)

        if arguments.script is not None:
            return _script(arguments, session, done)
        with contextlib.suppress(KeyboardInterrupt):
            if arguments.no_shell:
                threading.Event().wait()
            _shell(arguments, session, lab, done)
    return 0


def _refuse_wrong(arguments: argparse.Namespace) -> None:
    """Refuse outputs in the place of the script or of what the folder keeps."""
    from phoneemu.cli._outputs import refuse_wrong
    from phoneemu.cluster.keeping import HISTORY, KEYS, LAB, LOCK

    kept = () if arguments.state is None else (LAB, HISTORY, KEYS, LOCK)
    refuse_wrong(
        {"--hosts": arguments.hosts, "--tvs-log": arguments.tvs_log},
        inputs=(arguments.script, *(arguments.state / name for name in kept)),
    )


def _capture(root: Path, recording: LabRecording, lab: "Lab") -> None:
    hosts = {name: place.host for name, place in lab.book.places.items()}
    for folder in recording.write(root, hosts):
        print(f"case: {folder}", file=sys.stderr)


def _allow_descriptors() -> None:
    """As many as this user may have; often that is more than a process begins with."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _session(
    arguments: argparse.Namespace, stack: contextlib.ExitStack
) -> tuple["LabFolder | None", "Session"]:
    from phoneemu.cluster.keeping import Founding, LabFolder, checked_cluster, checked_nodes, without_folder
    from phoneemu.cluster.release import NEWEST, TOKENLESS_CTL, parse_release

    tokens = tuple(name.strip() for name in (arguments.tokens or "").split(",") if name.strip())
    if arguments.tokens is not None and not tokens:
        raise BadInput("--tokens names no token; write A,B")
    release = parse_release(arguments.release)
    if release.parts[0] > NEWEST:
        raise BadInput(f"nothing is known of release {release.text}; the newest that is known is {NEWEST}")
    if arguments.mixed and not tokens and not TOKENLESS_CTL.holds(release):
        raise BadInput(f"before 10.0 mixed mode needs tokens; give --tokens A,B for {release.text}")
    founding = Founding(
        name=checked_cluster(arguments.cluster),
        release=arguments.release,
        nodes=checked_nodes(arguments.nodes),
        mixed=arguments.mixed or bool(tokens),
        tokens=tokens,
        clock=float(int(time.time())),
    )
    if arguments.state is None:
        return None, without_folder(founding)
    folder = LabFolder(arguments.state)
    stack.enter_context(folder.alone())
    if folder.founded:
        session = folder.resume()
        print(f"going on with the lab in {arguments.state}, as it was founded", file=sys.stderr)
        return folder, session
    return folder, folder.found(founding)


def _terms(arguments: argparse.Namespace, cluster: "Cluster") -> "Terms":
    from phoneemu.cluster import faults
    from phoneemu.cluster.serve import Spot, Terms
    from phoneemu.cluster.state import Device
    from phoneemu.core.flash import DeviceSecurity

    security = DeviceSecurity[arguments.security.replace("-", "_").upper()]

    def device_of(cluster: "Cluster", _name: str) -> "Device":
        return Device(group=tuple(node.name for node in cluster.nodes), security=security)

    hosts = _hosts(arguments, cluster)
    ports = {}
    if arguments.real_ports:
        ports = {Spot(node.name, service): port for node in cluster.nodes for service, port in USUAL.items()}
    return Terms(
        device_of=device_of,
        host=hosts[cluster.nodes[0].name],
        hosts=hosts,
        ports=ports,
        faults=faults.parse(arguments.fault, arguments.seed),
        log=_log if arguments.log else lambda _: None,
        trace=lambda lines: _trace(arguments.tvs_log, lines),
    )


def _hosts(arguments: argparse.Namespace, cluster: "Cluster") -> dict[str, str]:
    """The address of each node; with the real ports each needs one of its own."""
    given = [host.strip() for host in arguments.host.split(",")]
    if not all(given):
        raise BadInput("--host names an empty address, which would be every address of this machine")
    names = [node.name for node in cluster.nodes]
    if arguments.real_ports and given == ["127.0.0.1"]:
        given = [f"127.0.0.{number}" for number in range(1, len(names) + 1)]
    if len(given) == 1 and not arguments.real_ports:
        given *= len(names)
    if len(given) != len(names) or len(names) > 250:
        raise BadInput(
            f"--host names {len(given)} addresses for {len(names)} nodes; give one, or one for each"
        )
    return dict(zip(names, given, strict=True))


def _log(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr)


def _trace(path: Path | None, lines: Sequence[str]) -> None:
    """Add what the TVS says to its trace, with the time in front as a cluster has it."""
    if path is not None:
        now = datetime.now()  # noqa: DTZ005 - a cluster's trace has its local time
        stamp = f"{now:%H:%M:%S}.{now.microsecond // 1000:03}"
        with path.open("a", encoding="utf-8") as trace:
            trace.writelines(f"{stamp} |   debug {line}\n" for line in lines)


def _announce(arguments: argparse.Namespace, lab: "Lab", session: "Session") -> None:
    cluster = session.cluster
    mode = "mixed mode" if cluster.mixed else "non-secure"
    print(f"{cluster.name}: release {cluster.release.text}, {mode}, on {arguments.host}")
    sys.stdout.write(lab.book.render())
    if arguments.fault:
        print(f"faults: {', '.join(arguments.fault)}, seed {arguments.seed}")
    if arguments.hosts is not None:
        _write_hosts(arguments.hosts, lab)
        first = cluster.publisher.name
        print(
            f"boot a phone: phoneemu phone --model MODEL --mac MAC --tftp {first} --hosts {arguments.hosts}"
        )
    sys.stdout.flush()


def _write_hosts(path: Path, lab: "Lab") -> None:
    from phoneemu.files import write_text

    write_text(path, lab.book.render())


# ---------------------------------------------------------------- typing


def _script(arguments: argparse.Namespace, session: "Session", done: Callable[[], None]) -> int:
    from phoneemu.fleet.textfile import unicode_text

    text = unicode_text(arguments.script, limits.RUNBOOK_BYTES, place=str(arguments.script))
    lines = text.splitlines()
    bare = [(number, raw.partition(" #")[0].strip()) for number, raw in enumerate(lines, start=1)]
    steps = [(f"{arguments.script}:{number}", line) for number, line in bare if line and line[0] != "#"]
    for place, line in steps:  # nothing is done of a script that says what nobody understands
        session.parse(line, place)
    for place, line in steps:
        print(f"{PROMPT}{line}")
        _perform(session, session.consider(line, time.time(), place), done, yes=True)
    return 0


def _perform(session: "Session", typed: "Typed", done: Callable[[], None], *, yes: bool) -> None:
    """Ask where the command asks, do it, and say so when it is done."""
    if typed.question:
        sys.stdout.writelines(f"{line}\n" for line in typed.before)
        sys.stdout.write(typed.question)
        sys.stdout.flush()
        answer = sys.stdin.readline().strip() if not yes else "yes" if "yes" in typed.question else "y"
        if yes:
            print(answer)
        if answer.lower() not in {"y", "yes"}:
            print("Operation cancelled")
            return
    before = session.cluster, tuple(session.history)
    session.adopt(typed)
    try:
        done()
    except OSError:
        session.cluster, session.history = before[0], list(before[1])
        with contextlib.suppress(OSError):
            done()
        raise
    sys.stdout.writelines(f"{line}\n" for line in (*(() if typed.question else typed.before), *typed.after))
    sys.stdout.writelines(f"({remark})\n" for remark in typed.remarks)
    sys.stdout.flush()


def _shell(arguments: argparse.Namespace, session: "Session", lab: "Lab", done: Callable[[], None]) -> None:
    """Read lines until `exit`, the end of the input, or Ctrl-C."""
    for raw in _typed_lines(arguments, lab, session):
        line = raw.strip()
        if line.lower() in {"exit", "quit"}:
            return
        if line in {"?", "help"}:
            from phoneemu.cluster.session import usages

            sys.stdout.writelines(f"{usage}\n" for usage in usages())
        elif line:
            try:
                _perform(session, session.consider(line, time.time()), done, yes=arguments.yes)
            except BadInput as error:
                print(one_line(str(error)))
            except OSError as error:  # such as a full disk
                print(one_line(f"not done: {error.filename or 'the lab'}: {error.strerror or error}"))
        sys.stdout.flush()


def _typed_lines(arguments: argparse.Namespace, lab: "Lab", session: "Session") -> Iterable[str]:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield from sys.stdin
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    from phoneemu.cluster.session import completions

    def words() -> list[str]:
        return [*completions(session.cluster), "exit", "help"]

    def status() -> str:
        served = ", ".join(f"{service} {count}" for service, count in sorted(lab.requests.items()))
        mode = "mixed mode" if session.cluster.mixed else "non-secure"
        told = served or "nothing yet"
        return f" {session.cluster.release.text}, {mode} | served: {told} | exit or Ctrl-D ends"

    history = (
        InMemoryHistory() if arguments.state is None else FileHistory(str(arguments.state / "typed.txt"))
    )
    completer = WordCompleter(words, sentence=True, ignore_case=True)
    prompt: PromptSession[str] = PromptSession(
        PROMPT, history=history, completer=completer, bottom_toolbar=status, refresh_interval=1.0
    )
    while True:
        try:
            yield prompt.prompt()
        except (EOFError, KeyboardInterrupt):
            return
