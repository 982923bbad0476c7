"""The house rules that no other tool checks: arrows, purity, names, sizes.

Each rule is a function over source text that returns findings as `file:line: what`; each is tried on a made
bad example first, so that a rule that finds nothing is known to be able to.
"""

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "phoneemu"

ALL_ROOMS = frozenset(
    {"cli", "collect", "fleet", "cluster", "net", "replay", "testing", "catalogue", "core", "errors"}
    | {"files", "structured", "example"}
)
ARROWS: dict[str, frozenset[str]] = {
    "__init__": frozenset(),
    "__main__": frozenset({"cli"}),
    "cli": ALL_ROOMS,
    "fleet": frozenset({"fleet", "cluster", "catalogue", "core", "errors", "files", "structured", "example"}),
    "cluster": frozenset({"cluster", "core", "errors", "files"}),
    "collect": frozenset({"collect", "net", "core", "errors", "files"}),
    "testing": frozenset({"testing", "cluster", "net", "catalogue", "core", "errors", "files"}),
    "net": frozenset({"net", "core", "errors", "files"}),
    "replay": frozenset({"replay", "catalogue", "core", "errors", "files", "structured"}),
    "catalogue": frozenset({"core", "errors"}),
    "example": frozenset({"errors"}),
    "core": frozenset({"core"}),
    "errors": frozenset(),
    "files": frozenset({"errors"}),
    "structured": frozenset({"errors"}),
}
"""Room -> the rooms it may import. A new room states its arrows here, and in docs/architecture.md."""

DOORS = {("phoneemu/cluster/serve.py", "net")}
"""The one module that may use sockets on the cluster's behalf."""

TEXT_AND_NUMBERS = {"hashlib", "ipaddress", "json", "math", "re", "string", "struct", "textwrap", "tomllib"}
SHAPES = {
    "abc",
    "bisect",
    "collections",
    "contextlib",
    "enum",
    "fnmatch",
    "functools",
    "itertools",
    "operator",
}
PURE = (
    TEXT_AND_NUMBERS
    | SHAPES
    | {"__future__", "datetime", "types", "typing", "warnings", "xml", "attrs", "cryptography"}
)
"""What core may import beside itself: nothing that reads a file, a clock, the machine or chance.

`warnings` is there to keep silent what a library says of a hostile certificate.
"""

IMPURE_NAMES = frozenset({"print", "open", "input", "exec", "eval", "__import__", "breakpoint"})
IMPURE_CALLS = frozenset({"now", "utcnow", "today", "generate_private_key", "read_text", "write_text"})

READING_CALLS = frozenset({"read_bytes", "read_text", "open"})
MAY_CALL: dict[tuple[str, str], str] = {
    ("phoneemu/catalogue.py", "read_text"): "model files and captures, shipped with the package",
    ("phoneemu/example/__init__.py", "read_text"): "the demonstration, shipped with the package",
    ("phoneemu/fleet/webpage.py", "read_text"): "parts of the page, shipped with the package",
    ("phoneemu/cli/schema.py", "read_text"): "schemas, shipped with the package",
    ("phoneemu/cli/_streams.py", "open"): "the null device",
    ("phoneemu/cli/lab.py", "open"): "the trace, opened for writing",
    ("phoneemu/cluster/keeping.py", "open"): "the lock, opened for writing",
    ("phoneemu/cli/collect.py", "open"): "`Folder.open` opens no file",
    ("phoneemu/fleet/sheetspan.py", "open"): "a part of an archive",
    ("phoneemu/replay/wire/httpwatch.py", "open"): "`open` of its own larder of bytes, no file",
    ("phoneemu/replay/wire/tftpwatch.py", "open"): "`open` of its own larder of bytes, no file",
}
"""(Module, name): why it calls that for another end than reading what somebody else wrote."""

FUNCTION_LINES = 60
MODULE_LINES = 500

Findings = list[str]


def sources(*folders: str) -> list[tuple[str, str]]:
    """(path from the root, text) of every Python file in these folders."""
    files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    assert files, f"nothing to check in {folders}"
    return [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files]


def imports(path: str, text: str) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of every import, those inside functions and TYPE_CHECKING too."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            if base == "phoneemu":  # `from phoneemu import fleet` names the room after the word import
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, base


def wrong_arrows(path: str, text: str) -> Findings:
    room = path.removesuffix(".py").split("/")[1]
    if room not in ARROWS:
        return [f"{path}:1: room {room} has no arrows declared"]
    found = []
    for line, module in imports(path, text):
        top, _, rest = module.partition(".")
        target = rest.split(".")[0]
        if top != "phoneemu" or target in {"", "__version__"}:
            continue
        if target not in ARROWS[room] and (path, target) not in DOORS:
            found.append(f"{path}:{line}: {room} imports {target}")
    return found


def other_readers(path: str, text: str) -> Findings:
    """Reading past phoneemu/files.py, which alone minds pipes, devices and sizes."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        of = called.value if isinstance(called, ast.Attribute) else None
        own = of is None and name != "open"  # those of phoneemu/files.py
        if name in READING_CALLS and not own and (path, name) not in MAY_CALL:
            found.append(f"{path}:{node.lineno}: calls {name}()")
    return found if path != "phoneemu/files.py" else []


def impurities(path: str, text: str) -> Findings:
    found = [
        f"{path}:{line}: imports {module}"
        for line, module in imports(path, text)
        if module.split(".")[0] not in PURE | {"phoneemu"}
    ]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id in IMPURE_NAMES:
            found.append(f"{path}:{node.lineno}: uses {node.id}")
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in IMPURE_CALLS
        ):
            found.append(f"{path}:{node.lineno}: calls .{node.func.attr}()")
    return found


def model_names() -> frozenset[str]:
    """Every model that the catalogue knows, by file, short name and product name without the maker."""
    files = sorted((ROOT / "models").glob("*.toml"))
    assert files, "the catalogue is empty"
    read = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    return frozenset(
        name for model in read for name in (model["model"], model["name"].removeprefix("Cisco "))
    )


def prose(tree: ast.Module) -> set[int]:
    """The ids of constants that people read and no code does: docstrings, and help texts of arguments."""
    docstrings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    helps = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "help"]
    return {id(text) for text in docstrings + helps if isinstance(text, ast.Constant)}


def named_models(path: str, text: str, models: frozenset[str]) -> Findings:
    """Model names in strings that code may compare with, and model numbers as integers.

    Names without a digit (Desk, CSF) are ordinary words too: they count only when they are the whole string.
    """
    tree = ast.parse(text)
    read_by_people = prose(tree)
    numbered = [re.escape(name) for name in models if any(letter.isdigit() for letter in name)]
    word = re.compile(r"(?<![\w.-])(" + "|".join(sorted(numbered, key=len, reverse=True)) + r")(?![\w-])")
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in read_by_people or isinstance(node.value, bool):
            continue
        if isinstance(node.value, str) and (node.value in models or word.search(node.value)):
            found.append(f"{path}:{node.lineno}: names a model: {node.value!r}")
        elif isinstance(node.value, int) and str(node.value) in models:
            found.append(f"{path}:{node.lineno}: names a model by number: {node.value}")
    return found


def oversized(path: str, text: str) -> Findings:
    lines = text.count("\n")
    found = [f"{path}:1: {lines} lines"] if lines > MODULE_LINES else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{path}:{node.lineno}: {node.name} has {length} lines")
    return found


MACHINE = re.compile(
    r"(?<![\w.:/-])/(?:home|root|work|Users|opt|mnt)/\w|[A-Z]:\\Users\\|\blocalhost:\d{4,5}/simple"
)


def machine_paths(path: str, text: str) -> Findings:
    return [
        f"{path}:{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE.search(line)
    ]


def tracked() -> list[str]:
    """What the repository holds, new files included."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files are tracked is not known")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


# ---------------------------------------------------------------- arrows


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("phoneemu/core/rules.py", "from phoneemu.cluster.state import Cluster\n"),
        ("phoneemu/core/rules.py", "from phoneemu.errors import BadInput\n"),
        ("phoneemu/core/rules.py", "from ..fleet import plan\n"),
        ("phoneemu/cluster/tvs.py", "def late():\n    import phoneemu.net.tvs\n"),
        ("phoneemu/cluster/tvs.py", "from phoneemu import fleet\n"),
        ("phoneemu/fleet/plan.py", "from phoneemu.cli.predict import show\n"),
        ("phoneemu/catalogue.py", "from phoneemu.fleet import plan\n"),
        ("phoneemu/attic/old.py", "import attrs\n"),
    ],
)
def test_a_made_wrong_arrow_is_found(path: str, text: str) -> None:
    assert len(wrong_arrows(path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("phoneemu/core/rules.py", "from .ruling import Verdict\nfrom phoneemu.core import limits\n"),
        ("phoneemu/cluster/serve.py", "from phoneemu.net import tvs\n"),
        ("phoneemu/cli/demo.py", "from phoneemu import __version__, example\n"),
    ],
)
def test_a_permitted_arrow_is_not_found(path: str, text: str) -> None:
    assert wrong_arrows(path, text) == []


def test_every_import_follows_the_arrows() -> None:
    assert [finding for path, text in sources("phoneemu") for finding in wrong_arrows(path, text)] == []


@pytest.mark.parametrize(
    "text", ["path.read_bytes()\n", "Path(a).read_text()\n", "with path.open() as b: pass\n", "open(a)\n"]
)
def test_a_made_reading_past_the_one_door_is_found(text: str) -> None:
    assert len(other_readers("phoneemu/fleet/plan.py", text)) == 1


def test_every_file_is_read_through_the_one_door() -> None:
    assert [finding for path, text in sources("phoneemu") for finding in other_readers(path, text)] == []


def test_every_exemption_from_the_one_door_is_needed() -> None:
    texts = dict(sources("phoneemu"))
    assert [key for key in MAY_CALL if f".{key[1]}(" not in texts[key[0]]] == []


def test_every_room_of_the_package_has_its_arrows_declared() -> None:
    rooms = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms <= set(ARROWS)


# ---------------------------------------------------------------- purity


@pytest.mark.parametrize(
    "text",
    [
        "import os\n",
        "from pathlib import Path\n",
        "import time\n",
        "import random\n",
        "import logging\n",
        "def show():\n    print('refused')\n",
        "def read(name):\n    return open(name)\n",
        "def when(datetime):\n    return datetime.now()\n",
    ],
)
def test_a_made_impurity_is_found(text: str) -> None:
    assert len(impurities("phoneemu/core/rules.py", text)) == 1


def test_the_core_reads_no_file_clock_machine_or_chance() -> None:
    assert [finding for path, text in sources("phoneemu/core") for finding in impurities(path, text)] == []


def test_only_scripts_and_the_command_line_are_excused_from_printing() -> None:
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    excused = {glob for glob, rules in ruff["per-file-ignores"].items() if "T20" in rules}
    assert {"T20", "D"} <= set(ruff["select"])
    assert excused == {"phoneemu/cli/**", "bench/**", "fuzz/**", "tools/**", "captures/*.py"}


# ---------------------------------------------------------------- names and sizes


@pytest.mark.parametrize(
    "line",
    [
        "old = model == '7960'",
        "old = model == 7960",
        "old = name.startswith('Cisco 7960')",
        "old = f'{name}' in ('ATA 190',)",
        "soft = model == 'CSF'",
        "odd.add('7960')",
    ],
)
def test_a_made_model_name_is_found(line: str) -> None:
    assert len(named_models("phoneemu/core/rules.py", f"{line}\n", model_names())) == 1


@pytest.mark.parametrize(
    "line",
    ["PORT = 6970", "'''As on a 7960.'''", "text = 'SEP001122AA7960'", "where = 'Desk 3'", "port = '2445'"],
)
def test_a_port_a_docstring_or_a_device_name_is_no_model_name(line: str) -> None:
    assert named_models("phoneemu/core/rules.py", f"{line}\n", model_names()) == []


def test_behaviour_differs_by_data_and_no_code_names_a_model() -> None:
    models = model_names()
    code = [(path, text) for path, text in sources("phoneemu") if not path.startswith("phoneemu/example/")]
    assert [finding for path, text in code for finding in named_models(path, text, models)] == []


def test_a_made_long_function_and_a_made_long_module_are_found() -> None:
    function = "def long():\n" + "    x = 1\n" * FUNCTION_LINES
    assert oversized("phoneemu/x.py", function) == [f"phoneemu/x.py:1: long has {FUNCTION_LINES + 1} lines"]
    assert oversized("phoneemu/x.py", "x = 1\n" * (MODULE_LINES + 1)) == ["phoneemu/x.py:1: 501 lines"]


def test_functions_and_modules_stay_small() -> None:
    code = sources("phoneemu", "tests", "tools", "bench", "fuzz", "captures")
    assert [finding for path, text in code for finding in oversized(path, text)] == []


# ---------------------------------------------------------------- tests and files


def test_every_module_of_the_core_that_does_something_has_its_own_tests() -> None:
    modules = {Path(path).stem for path, text in sources("phoneemu/core") if "def " in text}
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "core").glob("test_*.py")}
    assert sorted(modules - tested) == []


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_a_made_path_of_a_machine_is_found_and_an_address_is_not() -> None:
    home = "/".join(("", "home", "someone", "phones.csv"))
    assert len(machine_paths("README.md", f"see {home}\n")) == 1
    address = "/".join(("https://example.org", "home", "page"))
    assert machine_paths("README.md", f"{address} and docs{'/work'}/x\n") == []


def test_no_tracked_file_holds_a_path_of_somebodys_machine() -> None:
    found: Findings = []
    for name in tracked():
        path = ROOT / name
        if path.is_file():
            found += machine_paths(name, path.read_bytes().decode("utf-8", "replace"))
    assert found == []
