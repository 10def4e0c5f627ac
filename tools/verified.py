"""Run every case and write the table and the overview of docs/explanation/verification.md.

    python tools/verified.py [ROWS.json]

ROWS.json is what `sispamkota verify --json` has printed; without it all cases are run (some minutes).
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "verification.md"
PICTURE = ROOT / "docs" / "img" / "verification" / "all_rows.svg"
BEGIN, END = "<!-- table: tools/verified.py -->\n", "<!-- end of table -->"


def table(rows):
    """One line a case in both languages: rows, met, the largest part of a tolerance, what is not met."""
    from sispamkota.words import words

    english, indonesian = words("en"), words("id")
    lines = ["| case | what · apa | rows | met | not met |", "|---|---|---|---|---|"]
    for name in dict.fromkeys(row.case for row in rows):
        of_case = [row for row in rows if row.case == name]
        met = sum(row.met for row in of_case)
        open_rows = [f"{row.quantity}: {row.got:.3g}, expected {row.expected:.3g}" for row in of_case if not row.met]
        what = f"{english(f'verify.{name}')} · *{indonesian(f'verify.{name}')}*"
        lines.append(f"| `{name}` | {what} | {len(of_case)} | {met} | {'; '.join(open_rows) or '–'} |")
    met = sum(row.met for row in rows)
    return "\n".join([*lines, f"| all | | {len(rows)} | {met} | {len(rows) - met} |"]) + "\n"


def main(files):
    os.environ.update(LC_ALL="en", MPLBACKEND="Agg")
    from sispamkota.plotting import save_figure
    from sispamkota.verification import Row, verify
    from sispamkota.verification.figures import all_rows

    if files:
        told = json.loads(Path(files[0]).read_text(encoding="utf-8"))["rows"]
        rows = [
            Row(**{k: v for k, v in r.items() if k != "verdict"}, claimed="not claimed" not in r["verdict"])
            for r in told
        ]
    else:
        rows = list(verify((), begin=lambda name: print(name, file=sys.stderr)))
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(head + BEGIN + table(rows) + END + rest.split(END)[1], encoding="utf-8")
    print(PAGE, save_figure(all_rows(rows, lang="en"), PICTURE))


if __name__ == "__main__":
    main(sys.argv[1:])
