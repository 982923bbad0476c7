"""Put the index of all capture cases into captures/README.md, from the cases themselves."""

import sys
from collections import Counter
from pathlib import Path

from generated import ROOT, refresh

from phoneemu.replay import casefile
from phoneemu.replay.case import Case, Origin


def cases(root: Path) -> list[tuple[str, Case]]:
    """Every case below a folder, with its path there."""
    return [(folder.relative_to(root).as_posix(), casefile.load(folder)) for folder in casefile.walk(root)]


def index(root: Path) -> str:
    """The count by origin; every case that is not synthetic, and the synthetic ones by phone and load."""
    found = cases(root)
    counts = Counter(case.origin for _, case in found)
    lines = [", ".join(f"{counts[origin]} {origin.value}" for origin in Origin) + ".", ""]
    lines += ["| case | origin | source | what is special |", "|---|---|---|---|"]
    lines += [
        f"| [{path}]({path}/capture.toml) | {case.origin.value} | {case.source or case.taken.get('by', '')} "
        f"| {case.title} |"
        for path, case in found
        if case.origin is not Origin.SYNTHETIC
    ]
    scenes: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for path, case in found:
        if case.origin is Origin.SYNTHETIC:
            scenes.setdefault(path.rpartition("/")[0], []).append(case.name)
            titles.setdefault(case.name, case.title)
    lines += ["", "| synthetic case | what is special |", "|---|---|"]
    lines += [f"| {name} | {title} |" for name, title in sorted(titles.items())]
    lines += ["", "| synthetic, by phone and load | cases |", "|---|---|"]
    lines += [f"| {folder} | {len(names)}: {', '.join(sorted(names))} |" for folder, names in scenes.items()]
    return "\n".join(lines)


def main() -> int:
    """Write; with --check only compare."""
    parts = {"captures/README.md": {"index": index(ROOT / "captures")}}
    return refresh(parts, check="--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
