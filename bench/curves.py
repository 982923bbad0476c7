"""Draw how the cost of a prediction grows with the fleet and with its classes, for docs/performance.md.

Each point is the real command as a process of its own, CSV in and CSV out, the least of a few runs; beside
it, in turn and in the same run, the bare work of the data-frame library on the same rows. Written are ratios
first; seconds are of the machine that it ran on. Run it alone on the machine, by `make curves`.
"""

import math
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs
import fleets
import measuring
import polars

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import generated  # noqa: E402 - lies in another folder of scripts

ROUNDS = 3
PHONES = (10_000, 100_000, 1_000_000)
CLASSES = (
    (10, fleets.Size(phones=100_000, models=10, states=1)),
    (1_000, fleets.Size(phones=100_000, models=25, states=40)),
    (10_000, fleets.Size(phones=100_000, models=50, states=40, loads=5)),
)
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 300, 70, 30, 150, 50


@attrs.frozen(kw_only=True)
class Point:
    """What one fleet cost."""

    at: int
    phones: int
    ours: float
    bare: float
    mebibytes: float


def measured(at: int, size: fleets.Size) -> Point:
    """The least of a few runs of both, in turn."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-bench-") as name:
        folder = Path(name)
        snapshot, runbook = fleets.write(folder / "fleet", size)
        ours, bare = [], []
        for _ in range(ROUNDS):
            bare.append(measuring.bare(snapshot / "phones.csv", folder).seconds)
            ours.append(measuring.predict(snapshot, runbook, "--csv", str(folder / "out.csv")))
    point = Point(
        at=at,
        phones=size.phones,
        ours=min(each.seconds for each in ours),
        bare=min(bare),
        mebibytes=max(each.mebibytes for each in ours),
    )
    print(point, flush=True)
    return point


def table(what: str, points: Sequence[Point]) -> str:
    """The points as rows, compared with the first."""
    first = points[0]
    rows = [
        f"| {point.at:,} | {point.ours / first.ours:.1f}x | {point.ours / point.bare:.1f}x "
        f"| {point.ours:.2f} s | {point.bare:.2f} s | {point.mebibytes:.0f} MiB |"
        for point in points
    ]
    head = f"| {what} | against the first row | against the library | prediction | library | memory |"
    return "\n".join([head, "|---:|---:|---:|---:|---:|---:|", *rows])


def figure(what: str, points: Sequence[Point]) -> str:
    """The points as an SVG, both axes by factors of ten; 1 is the first point's prediction."""
    unit = points[0].ours
    ours = [(point.at, point.ours / unit) for point in points]
    bare = [(point.at, point.bare / unit) for point in points]
    low_x, high_x = points[0].at, points[-1].at
    values = [value for _, value in ours + bare]
    low_y, high_y = 10.0 ** decade(min(values)), 10.0 ** (decade(max(values)) + 1)

    def x(at: float) -> float:
        return LEFT + share(at, low_x, high_x) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - share(value, low_y, high_y) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    for exponent in range(decade(low_y), decade(high_y) + 1):
        parts.append(line([(LEFT, y(10.0**exponent)), (WIDTH - RIGHT, y(10.0**exponent))], "#d1d9e0", 1))
        parts.append(text(LEFT - 8, y(10.0**exponent) + 4, f"{10.0**exponent:g}x", "end"))
    for at, _ in ours:
        parts.append(text(x(at), HEIGHT - BOTTOM + 20, f"{at:,}", "middle"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, what, "middle"))
    for name, colour, series in (("prediction", "#0b5cad", ours), ("library alone", "#8a5a00", bare)):
        parts.append(line([(x(at), y(value)) for at, value in series], colour, 2))
        parts += (
            f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}" r="4" fill="{colour}"/>' for at, value in series
        )
        parts.append(text(WIDTH - RIGHT + 10, y(series[-1][1]) + 4, name, "start", colour))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="13">\n' + "\n".join(parts) + "\n</svg>\n"
    )


def decade(value: float) -> int:
    """The power of ten at or below it."""
    return math.floor(math.log10(value) + 1e-9)


def share(value: float, low: float, high: float) -> float:
    """Where it stands between the two, by factors."""
    return math.log(value / low) / math.log(high / low)


def line(points: Sequence[tuple[float, float]], colour: str, width: int) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def text(x: float, y: float, said: str, anchor: str, colour: str = "#1b1f24") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{said}</text>'


def machine() -> str:
    """Where it was measured, in general terms."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"Measured on {cores} cores of a shared {platform.machine()} machine, {platform.system()}, "
        f"Python {platform.python_version()}, polars {polars.__version__}; the least of {ROUNDS} runs each."
    )


def main() -> int:
    """Measure and write the figures and tables."""
    by_size = [measured(phones, fleets.Size(phones=phones)) for phones in PHONES]
    by_class = [measured(classes, size) for classes, size in CLASSES]
    docs = ROOT / "docs"
    (docs / "performance-size.svg").write_text(figure("phones, of 3,600 classes", by_size), encoding="utf-8")
    (docs / "performance-classes.svg").write_text(
        figure("classes, of 100,000 phones", by_class), encoding="utf-8"
    )
    parts = {"size": table("phones", by_size), "classes": table("classes", by_class), "machine": machine()}
    return generated.refresh({"docs/performance.md": parts}, check=False)


if __name__ == "__main__":
    sys.exit(main())
