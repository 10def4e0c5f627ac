"""Write docs/img/report-1280.png and report-390.png: the report of a result folder, as a reader first sees it.

Usage: python tests/browser/shoot.py RESULT/report.html [docs/img]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser.look import SIZES, chromium, open_page

# From the top to the end of the map: title, what the result rests on, findings, map.
END = """() => Math.max(...[...document.querySelectorAll('#map svg[role=img]')]
  .map(s => s.getBoundingClientRect().bottom)) + 24"""


COLOURS = (128, 64, 32, 16)
MOST_BYTES = 300_000


def shrink(path: Path) -> None:
    """Give a picture fewer colours until it is small: greys and a few hues look the same."""
    from PIL import Image

    whole = Image.open(path).convert("RGB")
    for colours in COLOURS:
        whole.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return


def shoot(report: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for width in SIZES:
            with open_page(browser, report, width=width) as visit:
                target = folder / f"report-{width}.png"
                clip = {"x": 0, "y": 0, "width": width, "height": visit.page.evaluate(END)}
                visit.page.screenshot(path=str(target), full_page=True, clip=clip)
                shrink(target)
                print(target)


if __name__ == "__main__":
    shoot(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parents[2] / "docs" / "img")
