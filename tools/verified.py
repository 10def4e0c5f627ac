"""Run every case and write the table and the overview of docs/explanation/verification.md.

    python tools/verified.py [ROWS.json]

ROWS.json is what `sispamkota verify --json` has printed; without it all cases are run (some minutes).
"""

import json
import math
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "verification.md"
PICTURE = ROOT / "docs" / "img" / "verification" / "all_rows.svg"
BEGIN, END = "<!-- table: tools/verified.py -->\n", "<!-- end of table -->"


def table(rows):
    """One line a case in both languages: rows, met of all by what they are evidence of, met, what is not met."""
    from sispamkota.verification.kind import KINDS, totals
    from sispamkota.words import words

    def split(some):
        counts = totals(some)
        return " | ".join("{}/{}".format(*counts[name]) if name in counts else "–" for name in KINDS)

    english, indonesian = words("en"), words("id")
    lines = [f"| case | what · apa | rows | {' | '.join(KINDS)} | met | not met |", "|---" * (5 + len(KINDS)) + "|"]
    for name in dict.fromkeys(row.case for row in rows):
        of_case = [row for row in rows if row.case == name]
        met = sum(row.met for row in of_case)
        open_rows = [
            f"{row.quantity}: {row.error or f'{row.got:.4g}, expected {row.expected:.4g} ± {row.tolerance:.2g}'}"
            for row in of_case
            if not row.met
        ]
        what = f"{english(f'verify.{name}')} · *{indonesian(f'verify.{name}')}*"
        counts = f"{len(of_case)} | {split(of_case)} | {met}"
        lines.append(f"| `{name}` | {what} | {counts} | {'; '.join(open_rows) or '–'} |")
    met = sum(row.met for row in rows)
    return "\n".join([*lines, f"| all | | {len(rows)} | {split(rows)} | {met} | {len(rows) - met} |"]) + "\n"


def read(told):
    """Make a row of what `verify --json` prints of it."""
    from sispamkota.verification import Row

    figures = {name: told[name] for name in ("case", "quantity", "source")}
    figures |= {name: float(told[name]) for name in ("expected", "tolerance")}
    try:
        got, error = float(told["got"]), ""
    except ValueError:
        got, error = math.nan, told["got"]
    return Row(**figures, got=got, claimed="not claimed" not in told["verdict"], error=error)


def main(files):
    os.environ.update(LC_ALL="en", MPLBACKEND="Agg")
    from sispamkota.plotting import save_figure
    from sispamkota.verification import verify
    from sispamkota.verification.figures import all_rows

    if files:
        rows = [read(told) for told in json.loads(Path(files[0]).read_text(encoding="utf-8"))["rows"]]
    else:
        rows = list(verify((), begin=lambda name: print(name, file=sys.stderr)))
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(head + BEGIN + table(rows) + END + rest.split(END)[1], encoding="utf-8")
    print(PAGE, save_figure(all_rows(rows, lang="en"), PICTURE))


if __name__ == "__main__":
    main(sys.argv[1:])
