"""A page in Chromium, without a window: what it asks for, what goes wrong in it, what of it a person could not read."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
"""Debian's, or the one that the variable names."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium(profile: Path) -> Iterator[BrowserContext]:
    """The browser, with a profile folder of its own."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        yield context
        context.close()


@dataclass
class Opened:
    """A page, what it asked for, and what went wrong in it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("console", lambda message: self.faults.append(f"{message.type}: {message.text}"))


def focus(chart: Locator) -> None:
    """With the scrolling that this takes over: what a chart tells goes as soon as the page scrolls."""
    chart.focus()
    chart.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((e) => { e.open = true; })")


def in_sight(page: Page, element: Locator) -> bool:
    box = element.bounding_box()
    height = page.viewport_size["height"] if page.viewport_size else 0
    return box is not None and -1 <= box["y"] < height


STICKING_OUT = """() => [...document.querySelectorAll("main *")]
  .filter((e) => !e.closest(".scroll, svg, .command code") && e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 60)}`)"""
"""What reaches over the right edge of the page, but for what scrolls in itself, and for drawings (see CUT_OFF)."""

SCROLLING = """() => [...document.querySelectorAll(".scroll")]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.ariaLabel)"""
"""The tables that are wider than their place."""

CUT_OFF = """() => [...document.querySelectorAll("main svg")].flatMap((svg) => {
  const box = svg.getBoundingClientRect();
  const inside = (own) => own.left > box.left - 2 && own.right < box.right + 2
    && own.top > box.top - 2 && own.bottom < box.bottom + 2;
  return [...svg.querySelectorAll("text")].filter((text) => !inside(text.getBoundingClientRect()))
    .map((text) => `${svg.ariaLabel}: ${text.textContent.trim()}`);
})"""
"""The lines of text in drawings that reach over an edge of theirs."""

TEXT_SIZES = """() => [...document.querySelectorAll("main svg text")].map((text) => {
  const svg = text.closest("svg");
  return parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
})"""
"""The sizes of the text in drawings, in pixels of the page."""

FAINT = """(selectors) => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = (colour) => {
    const [r, g, b] = parts(colour).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return selectors.flatMap((selector) => [...document.querySelectorAll(`main ${selector}`)].map((element) => {
    const [low, high] = [getComputedStyle(element).color, paper(element)].map(luminance).sort((a, b) => a - b);
    return [selector, (high + 0.05) / (low + 0.05)];
  })).filter(([, contrast]) => contrast < 4.5).map((found) => found.join(": "));
}"""
"""Selectors and contrasts of elements whose text stands out less than 4.5 to 1 (relative luminances, WCAG 2)."""
