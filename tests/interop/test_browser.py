"""The report in a real browser, without a window: its script runs, filters, and asks nothing of a network."""

import html
import json
import re
import shutil
from pathlib import Path

import pytest
from test_interop import need, run

from phoneemu import example
from phoneemu.cli import main
from phoneemu.fleet import webpage

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


HOSTILE = '<img src=x onerror="document.title=1">'
PROBE = """<!DOCTYPE html><title>probe</title><iframe id=page src="REPORT"></iframe><pre id=out></pre><script>
const frame = document.getElementById("page");
frame.onload = () => {
  const out = [], inside = frame.contentDocument, by = id => inside.getElementById(id);
  const count = () => by("rows").rows.length;
  const fire = (node, type) => node.dispatchEvent(new Event(type, { bubbles: true }));
  const first = () => by("rows").rows[0].cells[0].textContent;
  const say = () => { document.getElementById("out").textContent = JSON.stringify(out); };
  ASKED
};
</script>"""
"""A page that looks into a report and says what it saw."""
PRESSED = """
  out.push(count());
  by("find").value = "7940"; fire(by("find"), "input"); out.push(count());
  by("clear").click(); out.push(count(), inside.activeElement.id);
  const head = inside.querySelector('th[data-key="device"]');
  head.querySelector("button").click(); out.push(head.getAttribute("aria-sort"), first());
  head.querySelector("button").click(); out.push(head.getAttribute("aria-sort"), first());
  const why = by("rows").rows[0].querySelector("button");
  const [row, below] = [by("rows").rows[0], () => by("rows").rows[1].textContent];
  why.click(); out.push(why.getAttribute("aria-expanded"), below().includes(row.cells[4].textContent));
  why.click(); out.push(why.getAttribute("aria-expanded"), count());
  out.push(inside.documentElement.scrollWidth <= inside.documentElement.clientWidth);
  out.push(inside.title);
  say();
"""
"""What a reader presses, and what is then to be seen."""
FOLLOWED = """
  const link = [...inside.querySelectorAll(".bars a")].find(each => each.textContent === "Warehouse");
  by("phones").scrollIntoView = () => out.push("there");
  inside.defaultView.addEventListener("hashchange", () => {
    out.push(count());
    by("clear").click(); out.push(count());
    link.click(); out.push(count(), by("site").value);
    say();
  });
  link.click();
"""
"""A site's link, followed twice: only the first time the address changes."""
MEASURED = r"""
  const broken = cell => [...cell.textContent.matchAll(/[^\s-]+/g)].filter(word => {
    const range = inside.createRange();
    range.setStart(cell.firstChild, word.index);
    range.setEnd(cell.firstChild, word.index + word[0].length);
    return word[0].length <= 32 && range.getClientRects().length > 1;
  }).length;
  const cells = [...by("rows").rows].flatMap(row => [0, 1, 2, 4, 6].map(at => row.cells[at]));
  out.push(cells.filter(cell => cell.firstChild && broken(cell)).map(cell => cell.textContent));
  const names = [...by("rows").rows].map(row => row.cells[0]).filter(cell => cell.textContent.length <= 32);
  out.push(names.every(cell => cell.clientHeight < 2 * parseFloat(getComputedStyle(cell).lineHeight) + 10));
  const why = inside.querySelector(".causes th.why");
  out.push(why.offsetWidth > 0.2 * why.parentNode.offsetWidth);
  out.push(inside.documentElement.scrollWidth <= inside.documentElement.clientWidth);
  say();
"""
"""Words that paper would break, whether names stay on one line, the width of a column and of all."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    example.write(folder)
    words = ["predict", str(folder / "snapshot"), "--runbook", str(folder / "runbook.txt")]
    assert main([*words, "--html", str(folder / "report.html")]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a fleet whose names are long, and markup."""
    folder = tmp_path_factory.mktemp("hostile")
    example.write(folder)
    phones = folder / "snapshot" / "phones.csv"
    text = phones.read_text().replace(",Depot,", f",Depot{'_without_a_blank' * 8},")
    doubled = HOSTILE.replace('"', '""')
    row = f'"{doubled}",x,"{doubled}",Hub,,"Cisco 7960",Cisco 7960 - Standard SCCP Non-Secure Profile,SCCP\n'
    phones.write_text(text + row)
    words = ["predict", str(folder / "snapshot"), "--runbook", str(folder / "runbook.txt")]
    assert main([*words, "--html", str(folder / "report.html")]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the example where the table has room for few of its phones."""
    folder = tmp_path_factory.mktemp("cut")
    example.write(folder)
    words = ["predict", str(folder / "snapshot"), "--runbook", str(folder / "runbook.txt")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webpage, "DEVICES", 24)
        assert main([*words, "--html", str(folder / "report.html")]) == 0
    return folder / "report.html"


def shown(page: Path, asked: str = "", *more: str) -> str:
    """The document after its script ran."""
    profile = page.parent / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    done = run(
        need("chromium"), *QUIET, f"--user-data-dir={profile}", *more, "--dump-dom", f"{page.as_uri()}{asked}"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def rows(document: str) -> list[list[str]]:
    body = re.search(r'<tbody id="rows">(.*?)</tbody>', document, re.DOTALL)
    assert body
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in body[1].split("</tr>")[:-1]]
    return [[re.sub(r"<[^>]*>", "", cell) for cell in row] for row in cells]


def pressed(page: Path, width: int, asked: str = PRESSED) -> list[object]:
    """What the probe saw of a report in a window of this width."""
    probe = page.parent / f"probe-{width}.html"
    frame = f"<iframe width={width} height=800"
    text = PROBE.replace("<iframe", frame).replace("REPORT", page.name).replace("ASKED", asked)
    probe.write_text(text)
    document = shown(probe, "", "--allow-file-access-from-files", "--virtual-time-budget=5000")
    out = re.search(r"<pre id=\"out\">(.*?)</pre>", document, re.DOTALL)
    assert out
    seen: list[object] = json.loads(html.unescape(out[1]))
    return seen


def test_the_table_is_drawn_and_filtered(page: Path) -> None:
    every = rows(shown(page))
    assert len(every) == 84
    assert {row[3] for row in every} == {"out-of-service", "stuck", "cannot-say"}
    some = rows(shown(page, "#outcome=stuck&site=Depot&find=7940"))
    assert some
    assert len(some) < 84
    assert {(row[1], row[2], row[3]) for row in some} == {("7940", "Depot", "stuck")}
    assert rows(shown(page, "#find=no-such-phone")) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "24 of the 84 that need attention are in this page; the rest is in the CSV"),
        ("#site=Warehouse", "8 of the 29 that need attention are in this page; the rest is in the CSV"),
        ("#model=7940", "1 of the 12 that need attention is in this page; the rest is in the CSV"),
        (
            "#site=Depot&outcome=stuck",
            "1 of the 12 that need attention is in this page; the rest is in the CSV",
        ),
        ("#outcome=out-of-service", "4 phones"),
        ("#site=Depot&model=7940", "1 of the 24 phones in this page; every phone is in the CSV"),
        ("#find=7940", "1 of the 24 phones in this page; every phone is in the CSV"),
    ],
)
def test_a_count_of_a_table_that_has_not_all_says_of_how_many(cut: Path, asked: str, said: str) -> None:
    document = shown(cut, asked)
    assert f'id="counted" class="soft small" role="status">{said}</p>' in document
    assert said.startswith(f"{len(rows(document))} ")


@pytest.mark.parametrize("width", [390, 1280])
def test_what_a_reader_presses_does_what_it_says(page: Path, width: int) -> None:
    names = [row[0] for row in rows(shown(page))]
    assert pressed(page, width) == [
        *(84, 12, 84, "find"),
        *("ascending", min(names)),
        *("descending", max(names)),
        *("true", True),
        *("false", 84),
        True,  # nothing is wider than the window
        "cucm-1051-a: what becomes of the phones",
    ]


def test_a_link_of_a_chart_leads_to_its_phones_as_often_as_it_is_followed(page: Path) -> None:
    assert pressed(page, 1280, FOLLOWED) == ["there", 29, 84, "there", 29, "=Warehouse"]


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_and_endless_names_neither_run_nor_break_the_page(hostile: Path, width: int) -> None:
    seen = pressed(hostile, width)
    assert seen[0] == 85
    assert seen[-2:] == [True, "cucm-1051-a: what becomes of the phones"]
    document = shown(hostile)
    assert "<img" not in document
    assert any(row[0] == html.escape(HOSTILE, quote=False) for row in rows(document))


@pytest.mark.parametrize("name", ["page", "hostile"])
@pytest.mark.parametrize("width", [688, 710])
def test_no_name_breaks_on_paper_and_nothing_is_cut(
    name: str, width: int, request: pytest.FixtureRequest
) -> None:
    """A4 and Letter within their margins, by a window that takes the style of paper."""
    report: Path = request.getfixturevalue(name)
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", report.read_text())
    paper = report.parent / "paper.html"
    text = text.replace("@media screen and", "@media not all and")
    paper.write_text(text.replace("@media print", "@media all"))
    assert pressed(paper, width, MEASURED) == [[], True, True, True]


def test_it_reads_on_paper(page: Path, tmp_path: Path) -> None:
    paper = tmp_path / "paper.pdf"
    run(
        need("chromium"),
        *QUIET,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--print-to-pdf={paper}",
        page.as_uri(),
    )
    content = paper.read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") >= 3
