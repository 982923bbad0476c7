"""Closed, broken and full streams, hostile names and Ctrl-C: none costs an answer or a file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.cli._streams import LONGEST, one_line

PHONEEMU = [sys.executable, "-m", "phoneemu"]
NOBODY_READS = (
    "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); os.execv(sys.argv[1], sys.argv[1:])"
)
CLOSED = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams") / "office"
    example.write(folder)
    assert main(["predict", *plan(folder), "--json", str(folder / "before.json")]) == 0
    return folder


def plan(office: Path) -> list[str]:
    return [str(office / "snapshot"), "--runbook", str(office / "runbook.txt")]


def called(script: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A run of phoneemu whose streams are prepared by a script."""
    asked = [sys.executable, "-c", script, *words]
    return subprocess.run(  # noqa: S603 - ourselves
        asked, check=False, capture_output=True, text=True, timeout=60, cwd=cwd
    )


def test_a_reader_that_goes_away_costs_no_file(office: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    ran = called(NOBODY_READS, *PHONEEMU, "predict", *plan(office), "--csv", "-", "--json", str(kept))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert kept.read_bytes() == (office / "before.json").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ("check", "snapshot", "--fail-on", "note"),
        ("score", "before.json", "snapshot", "--fail-under", "99"),
        ("predict", "snapshot", "--runbook", "runbook.txt", "--fail-on", "stuck"),
    ],
)
def test_a_no_stays_a_no_when_nobody_reads_it(office: Path, words: tuple[str, ...]) -> None:
    ran = called(NOBODY_READS, *PHONEEMU, *words, cwd=office)
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.parametrize("descriptor", ["1", "2"])
def test_a_closed_stream_changes_neither_answer_nor_files(
    office: Path, tmp_path: Path, descriptor: str
) -> None:
    kept = tmp_path / "kept.json"
    ran = called(CLOSED, descriptor, *PHONEEMU, "predict", *plan(office), "--json", str(kept))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert kept.read_bytes() == (office / "before.json").read_bytes()


def test_an_export_to_a_closed_standard_output_is_refused(office: Path) -> None:
    ran = called(CLOSED, "1", *PHONEEMU, "predict", *plan(office), "--csv", "-")
    assert (ran.returncode, ran.stderr) == (
        2,
        "phoneemu: --csv goes to standard output, and that is closed\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_files_are_written_before_a_standard_output_that_is_full(office: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    asked = [*PHONEEMU, "predict", *plan(office), "--csv", "-", "--json", str(kept)]
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(asked, check=False, stdout=full, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert (ran.returncode, ran.stderr) == (2, "phoneemu: standard output: No space left on device\n")
    assert kept.read_bytes() == (office / "before.json").read_bytes()


# ---------------------------------------------------------------- Ctrl-C

LOADING = """
import os, signal, sys
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Slow())
signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests themselves may run where it is ignored
sys.argv = ["phoneemu", *sys.argv[1:]]
from phoneemu.__main__ import run
sys.exit(run())
"""


@pytest.mark.parametrize("name", ["phoneemu.cli", "phoneemu.cli.check", "phoneemu.fleet.checking"])
def test_ctrl_c_while_the_program_loads_is_one_line(office: Path, name: str) -> None:
    ran = called(LOADING.format(name=name), "check", str(office / "snapshot"))
    assert (ran.returncode, ran.stderr) == (130, "phoneemu: interrupted\n")


def test_ctrl_c_that_comes_out_as_an_error_of_a_library_is_still_ctrl_c(office: Path) -> None:
    lost = LOADING.replace(
        "os.kill(os.getpid(), signal.SIGINT)",
        """
            try:
                os.kill(os.getpid(), signal.SIGINT)
                sys.modules  # where the signal is heard
            except KeyboardInterrupt:
                raise RuntimeError("a library died") from None""",
    )
    ran = called(lost.format(name="phoneemu.fleet.checking"), "check", str(office / "snapshot"))
    assert (ran.returncode, ran.stderr) == (130, "phoneemu: interrupted\n")


@pytest.mark.parametrize("interrupt", ["signal.default_int_handler", "signal.SIG_IGN"])
def test_a_program_that_is_ended_leaves_no_half_written_file(office: Path, interrupt: str) -> None:
    killed = LOADING.replace("signal.default_int_handler", interrupt).replace(
        "from phoneemu.__main__ import run",
        """
import phoneemu.fleet.export
def cut(*forecast):
    yield b"Device Name"
    os.kill(os.getpid(), signal.SIGTERM)
    yield b"never"
phoneemu.fleet.export.csv_chunks = cut
from phoneemu.__main__ import run""",
    )
    before = sorted(office.iterdir())
    ran = called(killed.format(name="nothing"), "predict", *plan(office), "--csv", str(office / "lost.csv"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (143, "", "")
    assert sorted(office.iterdir()) == before


def test_an_ignored_ctrl_c_stays_ignored(office: Path) -> None:
    ignoring = LOADING.replace("signal.default_int_handler", "signal.SIG_IGN")
    ran = called(ignoring.format(name="phoneemu.cli"), "check", str(office / "snapshot"))
    assert ran.returncode == 0


def test_ctrl_c_after_the_answer_does_not_change_it(office: Path) -> None:
    late = "import atexit, os, signal; atexit.register(os.kill, os.getpid(), signal.SIGINT)" + LOADING
    ran = called(late.format(name="nothing"), "check", str(office / "snapshot"), "--fail-on", "note")
    assert (ran.returncode, ran.stderr) == (1, "")


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines\t and\r\n more", "two lines and more"),
        ("bell\x07 and colour\x1b[31m", r"bell\x07 and colour\x1b[31m"),
        ("\udcff", r"\udcff"),
        ("a" * LONGEST, "a" * LONGEST),
    ],
)
def test_an_error_is_one_line_of_printable_text(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_long_error_keeps_both_ends() -> None:
    said = one_line(f"plan.txt:1: {'x' * 5_000_000} is not a command; did you mean `show ctl`?")
    assert len(said) < LONGEST + 50
    assert said.startswith("plan.txt:1: xxx")
    assert said.endswith("xxx is not a command; did you mean `show ctl`?")


def test_a_hostile_name_in_a_runbook_is_one_short_line(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runbook = tmp_path / "two\nlines.txt"
    runbook.write_text(f"pub {'x' * 100_000}\n")
    assert main(["predict", str(office / "snapshot"), "--runbook", str(runbook)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert len(said) < LONGEST + 100


def test_a_hostile_word_of_the_call_is_one_short_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["schema", "x\x1b[31m\n" * 1000])
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err) < LONGEST + 300


def test_the_streams_of_a_caller_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr, signal.getsignal(signal.SIGINT)
    assert main(["models", "7960", "--json"]) == 0
    assert (sys.stdout, sys.stderr, signal.getsignal(signal.SIGINT)) == before
    assert capsys.readouterr().out.startswith("{")
    assert os.fstat(1)
