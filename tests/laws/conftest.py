"""The laws once more at a site: with SISPAMKOTA_LAWS_AT_SITE=1 every crowd of every law stands at its office.

Its perimeter and its leaving then go by the rates measured at office-generic. Nothing else changes.
"""

import os
from dataclasses import replace

import pytest


@pytest.fixture(scope="session", autouse=True)
def _at_site():
    """Put every crowd at the office of the embedded site, where that is asked for."""
    if os.environ.get("SISPAMKOTA_LAWS_AT_SITE", "0") in ("", "0"):
        yield
        return
    from sispamkota import schema
    from sispamkota.inputs import DATA
    from sispamkota.rehearsal import tables
    from sispamkota.rehearsal.site_rates import SiteRates

    measured = SiteRates.load(DATA / "sites" / "rates" / "office-generic.yaml").usual
    registry, row = schema._registry(), tables._crowd_row
    kept = {name: registry[name] for name in measured}
    for name, value in measured.items():
        registry[name] = replace(kept[name], default=value)
    tables._crowd_row = lambda *of: row(*of) | {"site": 1}
    yield
    tables._crowd_row = row
    registry.update(kept)
