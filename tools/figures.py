"""Make the pictures of docs/reference/figures.md again, from the lines on that page.

    python tools/figures.py [NAME...]

The page's Python blocks are run in one namespace, in order; the picture under a block is of the `ax` that it made.
"""

import os
import re
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "figures.md"
PART = re.compile(
    r"```python\n(?P<code>.*?)```(?:\s*!\[[^\]]*\]\((?P<path>\.\./img/figures/(?P<name>\w+)\.\w+)\))?", re.DOTALL
)


def drawn(names=()):
    """Run the page; yield the name, the axes and the path of each picture, or of the named ones."""
    space = {}
    for part in PART.finditer(PAGE.read_text(encoding="utf-8")):
        if not names or part["name"] in (None, *names):
            exec(part["code"], space)
            if part["name"]:
                yield part["name"], space["ax"], (PAGE.parent / part["path"]).resolve()


def main(names):
    os.environ.update(LC_ALL="en", MPLBACKEND="Agg")
    from sispamkota.plotting import save_figure

    for _, ax, path in drawn(names):
        print(save_figure(ax, path))


if __name__ == "__main__":
    main(sys.argv[1:])
