"""The page in a real browser: Debian's Chromium, or the one that CHROMIUM names, without a window.

The run is invented (see `conftest.py`), the page is written from its records as any other.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="no Playwright, which drives the browser: it is in the extra `dev`")

from browsing import (
    CHROMIUM,
    CUT_OFF,
    FAINT,
    SCROLLING,
    STICKING_OUT,
    TEXT_SIZES,
    Opened,
    chromium,
    focus,
    in_sight,
    unfold,
)
from playwright.sync_api import Page

from layerhint.report import write_report

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
NET3 = "cifar10/resnet14-resnet8/proposed/net3"
TEXTS = ["p", ".small", ".under", "th", "td", "td a", ".verdict", ".note p", ".proof p", "dt", "dd", ".sum"]
LEAST_TEXT = 7.5
"""Pixels, of the case names under the bars on a phone and of the shapes in the drawn nets."""
ENTRY = "#training-cifar10--resnet14-resnet8--proposed--net3"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install Debian's `chromium`, or name one with CHROMIUM"),
]


@pytest.fixture(scope="module")
def written(invented: Path) -> Path:
    """The page's file, beside the records that it leads to."""
    return write_report(invented, invented.parent / "report")[0]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture
def opened(browser: Any, written: Path) -> Iterator[Opened]:
    opened = Opened(browser.new_page())
    opened.watch()
    opened.page.set_viewport_size(DESKTOP)
    opened.page.goto(written.as_uri())
    yield opened
    opened.page.close()


@pytest.fixture
def page(opened: Opened) -> Page:
    return opened.page


def test_it_opens_without_an_error_and_without_a_network(opened: Opened, written: Path) -> None:
    assert opened.faults == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [written.as_uri()]


def test_faults_would_be_seen(opened: Opened) -> None:
    """An error, a warning and a refused image each leave a line, so that the test above can fail."""
    opened.page.evaluate("setTimeout(() => { throw new Error('broken script') }); console.warn('careful')")
    opened.page.evaluate("document.body.append(Object.assign(new Image(), { src: 'https://example.org/a.png' }))")
    opened.page.wait_for_timeout(200)
    text = "\n".join(opened.faults)
    assert "broken script" in text
    assert "careful" in text
    assert "Content Security Policy" in text


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_tables_are_there_whole(page: Page, viewport: Any) -> None:
    page.set_viewport_size(viewport)
    for name, rows in (("fig7", 7), ("fig9", 1), ("table5", 6)):
        table = page.locator(f"#{name} .scroll[aria-label^='Table:'] table")
        assert table.locator("tbody tr:has(td)").count() == rows
        assert table.is_visible()
    proposed = page.locator("#table5 tr", has_text="Proposed method, Table 1").first
    assert "91.70" in proposed.inner_text(), "the paper's own average"
    assert page.locator("#fig7 .claims .verdict").count() == page.locator("#fig7 .claims tbody tr").count() > 0


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_sticks_out_of_the_page(page: Page, viewport: Any) -> None:
    """With everything unfolded; tables may scroll inside themselves, on a phone."""
    page.set_viewport_size(viewport)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    assert page.evaluate(STICKING_OUT) == []
    assert (page.evaluate(SCROLLING) == []) == (viewport == DESKTOP)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_figures_are_there_and_their_text_can_be_read(page: Page, viewport: Any) -> None:
    page.set_viewport_size(viewport)
    unfold(page)
    drawings = page.locator("main svg")
    for drawing in drawings.all():
        box = drawing.bounding_box()
        assert box is not None
        assert box["width"] > 150
        assert box["height"] > 100
    assert drawings.count() == page.locator(".panel").count() > 10
    sizes = page.evaluate(TEXT_SIZES)
    assert min(sizes) >= LEAST_TEXT
    assert max(sizes) <= 16
    for image in page.locator(".samples img").all():
        assert image.evaluate("(e) => e.complete && e.naturalWidth") > 0


def test_a_figure_s_text_lies_within_it(page: Page) -> None:
    """Nothing is cut off at an edge of a drawing."""
    unfold(page)
    assert page.evaluate(CUT_OFF) == []


def test_a_number_leads_to_where_it_comes_from(page: Page) -> None:
    entry = page.locator(ENTRY)
    assert not entry.evaluate("(e) => e.open")
    cell = page.locator(f"#fig7 td a[title^='{NET3}:']")
    cell.click()
    assert entry.evaluate("(e) => e.open")
    assert in_sight(page, entry.locator("summary"))
    shown = entry.inner_text()
    assert "solver 3, surgery 103" in shown
    assert "generated/cifar10/resnet14-resnet8/proposed/net3_solver.prototxt" in shown
    assert "python tools/run_pipeline.py fig7 --methods proposed --nets 3 --out runs/again" in shown
    entry.get_by_role("link", name="cifar10/resnet14-resnet8/proposed/g3").click()
    assert page.locator("#training-cifar10--resnet14-resnet8--proposed--g3").evaluate("(e) => e.open")
    page.go_back()
    page.go_back()
    assert page.evaluate("location.hash") == ""


def test_every_link_leads_somewhere(page: Page, written: Path) -> None:
    links = page.eval_on_selector_all("a", "(all) => all.map((a) => a.getAttribute('href'))")
    inside = {link for link in links if link.startswith("#")}
    files = {link for link in links if not link.startswith("#")}
    assert [link for link in inside if not page.evaluate("(id) => !!document.getElementById(id)", link[1:])] == []
    assert [link for link in files if not (written.parent / link).is_file()] == []
    assert len(inside) > 50
    assert len(files) > 50


def test_a_record_opens(page: Page, invented: Path) -> None:
    page.locator(f"#fig7 td a[title^='{NET3}:']").click()
    page.locator(ENTRY).get_by_role("link", name="Its record").click()
    assert json.loads(page.inner_text("body")) == json.loads((invented / f"{NET3}.json").read_text())


def test_the_contents_lead_to_each_part(page: Page) -> None:
    for name in page.eval_on_selector_all("nav a", "(all) => all.map((a) => a.getAttribute('href'))"):
        page.locator(f"nav a[href='{name}']").click()
        assert in_sight(page, page.locator(f"{name} h2").first), name


def test_the_contents_are_folded_on_a_phone(page: Page) -> None:
    contents = page.locator("nav details")
    assert contents.evaluate("(e) => e.open")
    page.set_viewport_size(PHONE)
    page.wait_for_function("!document.querySelector('nav details').open")
    contents.locator("summary").click()
    page.locator("nav a[href='#table5']").click()
    page.wait_for_function("!document.querySelector('nav details').open")
    assert in_sight(page, page.locator("#table5 h2"))


def test_curves_tell_their_values_under_the_pointer(page: Page, invented: Path) -> None:
    chart, tip = page.locator("#table5-stage2 .chart").first, page.locator("#tip")
    unfold(page)
    chart.scroll_into_view_if_needed()
    assert tip.is_hidden()
    box = chart.locator("svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.999 * box["width"], box["y"] + 0.5 * box["height"])
    assert tip.is_visible()
    shown = tip.inner_text()
    assert "iteration 64,000" in shown
    nets = [
        json.loads((invented / f"cifar10/resnet26w32-resnet14/proposed/net{k}.json").read_text())["curves"]["test"][-1]
        for k in (1, 2, 3)
    ]
    accuracies = [100 * net["outputs"]["accuracy"] for net in nets]
    single = ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)
    assert f"Proposed method: {sum(accuracies) / 3:.2f} % ({single})" in shown
    assert chart.locator(".cursor circle").count() == 2, "a dot on each method's curve"
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    assert "iteration 64,000" not in tip.inner_text()
    page.mouse.move(1, 1)
    assert tip.is_hidden()
    assert chart.locator(".cursor circle").count() == 0


def test_curves_tell_their_values_to_the_keyboard(page: Page) -> None:
    chart, tip = page.locator("#fig7-bars .chart").first, page.locator("#tip")
    focus(chart)
    names = []
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        names.append(tip.inner_text().splitlines()[0].partition(":")[0])
    assert names[0] == "Plain student, ResNet-8"
    assert names[-1] == "Proposed method"
    page.keyboard.press("ArrowLeft")
    assert "SL-ResNet with KD" in tip.inner_text()
    page.keyboard.press("Escape")
    assert tip.is_hidden()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_the_pointer_tells_stays_in_sight(page: Page, viewport: Any) -> None:
    page.set_viewport_size(viewport)
    unfold(page)
    for chart in page.locator(".chart").all():
        focus(chart)
        page.keyboard.press("ArrowLeft")  # the last value, at the right edge
        box = page.locator("#tip").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= viewport["width"]
        page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_paper(page: Page, scheme: Any) -> None:
    """As the web's accessibility guidelines (WCAG 2, 1.4.3) ask of small text."""
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate(FAINT, TEXTS) == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, dark[4:-1].split(","))) < 200) == (scheme == "dark")


def test_printed_nothing_is_folded(page: Page) -> None:
    assert page.locator("details.fold:not([open])").count() > 0
    assert len(page.pdf()) > 10_000
    assert page.locator("details.fold:not([open])").count() == 0
