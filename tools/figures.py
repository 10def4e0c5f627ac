"""Make the pictures of docs/reference/figures.md and docs/explanation/verification.md again, from the lines there.

The diagram of docs/explanation/motion.md (`fundamental`) is made as well.

    python tools/figures.py [NAME...]

A page's Python blocks are run in one namespace, in order; the picture under a block is of the `ax` that it made.
"""

import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGE, CASES = DOCS / "reference" / "figures.md", DOCS / "explanation" / "verification.md"
DIAGRAM = DOCS / "img" / "motion" / "fundamental.svg"
PART = re.compile(
    r"```python\n(?P<code>.*?)```(?:\s*!\[[^\]]*\]\((?P<path>\.\./img/\w+/(?P<name>\w+)\.\w+)\))?", re.DOTALL
)


def drawn(names=(), page=PAGE):
    """Run a page; yield the name, the axes and the path of each picture, or of the named ones."""
    space = {}
    for part in PART.finditer(page.read_text(encoding="utf-8")):
        if not names or part["name"] in (None, *names):
            exec(part["code"], space)
            if part["name"]:
                yield part["name"], space["ax"], (page.parent / part["path"]).resolve()


def main(names):
    os.environ.update(LC_ALL="en", MPLBACKEND="Agg")
    from sispamkota.plotting import save_figure

    for page in (PAGE, CASES):
        text = page.read_text(encoding="utf-8")
        if not names or any(f"/{name}." in text for name in names):
            for _, ax, path in drawn(names, page):
                print(save_figure(ax, path))
    if not names or DIAGRAM.stem in names:
        from sispamkota.verification.motion_figure import draw_diagram

        print(save_figure(draw_diagram(lang="en"), DIAGRAM))


if __name__ == "__main__":
    main(sys.argv[1:])
