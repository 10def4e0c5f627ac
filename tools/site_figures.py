"""Print the figures of docs/explanation/site-and-city.md: of the embedded rates, and of a rehearsal with them.

    python tools/site_figures.py [REPLICATES]

To measure the embedded rates anew, after a change of kernels, of how people walk, or of the plan:

    sispamkota place rates office-generic -o new.yaml && mv new.yaml src/sispamkota/data/sites/rates/office-generic.yaml
"""

import sys

import numpy as np

from sispamkota.place import City
from sispamkota.place.compound import Compound
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario, rehearse
from sispamkota.rehearsal.site_rates import SiteRates

SHOWN = {  # measure: what a cell is multiplied by, and its unit
    "perimeter_damaged": (100.0, " %"),
    "breached": (100.0, " %"),
    "ballots_lost": (100.0, " %"),
    "harm_people": (1.0, ""),
    "seconds_merah": (1.0 / 60.0, ""),
}


def tell_rates(rates):
    """Print the rates, how they hang together, and how far the law lies from what was seen."""
    print(rates)
    file = rates.file
    for name in ("misfit", "leaving", "leaving_one_shut", "pressing", "flat_s", "lifted"):
        print(name, getattr(file, name))
    print(f"e^misfit: fence {np.exp(file.misfit.fence):.2f}, door {np.exp(file.misfit.door):.2f}")
    rows = np.log(np.array(file.rows) + 1e-9)
    print("correlation of the rows' logarithms", file.columns, np.round(np.corrcoef(rows.T), 2).tolist(), sep="\n")


def tell_rehearsals(rates, replicates):
    """Print means with and without the site, and the difference of pairs with its 95 % interval."""
    city, plan, scenario = City.load("malang"), Plan.load("malang-500"), Scenario.load("kpu-bawaslu")
    for title, each in (("usual", scenario), ("prior", scenario.uncertain())):
        without, with_ = (
            rehearse(one, plan, city, replicates=replicates, seed=1).rows for one in (each, each.at_site(rates))
        )
        for name, (factor, unit) in SHOWN.items():
            a, b = (factor * rows[name].to_numpy(float) for rows in (without, with_))
            half = 1.96 * (b - a).std(ddof=1) / np.sqrt(len(a))
            cells = (
                f"{title}: {name}",
                *(f"{x.mean():.2f}{unit}" for x in (a, b)),
                f"{(b - a).mean():+.3f} ± {half:.3f}",
            )
            print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    found = SiteRates.embedded(Compound.load("office-generic"))
    tell_rates(found)
    tell_rehearsals(found, int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
