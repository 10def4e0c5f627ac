"""Open a page in Debian's Chromium with the network off, and measure what a reader would see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["AXE", "CHROMIUM", "SIZES", "Visit", "chromium", "open_page", "serious"]

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
SIZES = {1280: 900, 390: 844}


@dataclass
class Visit:
    """An open page, and what it said and asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start one browser; pages of it share nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(
    browser: Any, path: Path, *, width: int, scheme: str = "light", script: str = "", **options: Any
) -> Iterator[Visit]:
    """Open a file at a width, offline; everything that the page logs, throws or requests is kept.

    `script` runs in the page before its own; `options` are those of a context of playwright.
    """
    size = {"width": width, "height": SIZES.get(width, 900)}
    context = browser.new_context(viewport=size, color_scheme=scheme, offline=True, **options)
    try:
        if script:
            context.add_init_script(script)
        visit = Visit(context.new_page())
        visit.page.on("console", lambda message: visit.errors.append(message.text))
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.on("request", lambda request: visit.requests.append(request.url))
        visit.page.goto(path.resolve().as_uri())
        yield visit
    finally:
        context.close()


def serious(page: Any) -> tuple[list[tuple[str, list[str]]], int]:
    """Let axe-core look at a page as it stands: its serious and critical faults, and how many rules it passed."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run('main')")
    faults = [
        (each["id"], [node["html"][:120] for node in each["nodes"][:3]])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    return faults, len(found["passes"])


# Every visible text of every drawing: its box on the screen, its font size on the screen, its drawing's box.
TEXTS = """() => [...document.querySelectorAll('main svg')].filter(s => s.getBoundingClientRect().width).map(svg => {
  const frame = svg.getBoundingClientRect(), scale = frame.width / svg.viewBox.baseVal.width;
  return {
    id: svg.getAttribute('aria-labelledby') || '', frame: [frame.left, frame.top, frame.right, frame.bottom],
    texts: [...svg.querySelectorAll('text')].map(t => {
      const b = t.getBoundingClientRect();
      const size = parseFloat(getComputedStyle(t).fontSize) * scale;
      return {words: t.textContent, box: [b.left, b.top, b.right, b.bottom], size};
    }),
  };
})"""

WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"

# Elements that stick out to the right of the page and do not stand in a box that scrolls.
CUT = """() => [...document.querySelectorAll('main *')].filter(e => {
  const b = e.getBoundingClientRect(), free = !e.closest('.scroll') && !e.closest('svg');
  return b.width > 0 && b.right > document.documentElement.clientWidth + 0.5 && free;
}).map(e => e.tagName + '.' + e.className)"""

# Words whose contrast with the page is below 4.5, by the formula of WCAG 2 (text on the plain page only).
CONTRAST = """() => {
  const linear = x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(x => linear(x / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const words = 'p, li, th, td, summary, h1, h2, h3, figcaption'.split(', ').map(tag => 'main ' + tag).join(', ');
  return [...document.querySelectorAll(words)].filter(e => e.getBoundingClientRect().width > 0).map(e => {
    const ink = light(getComputedStyle(e).color);
    return [(Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05), e.tagName + '.' + e.className];
  }).filter(([ratio]) => ratio < 4.5);
}"""
