"""The laws once more at a site: with SISPAMKOTA_LAWS_AT_SITE=1 every crowd of every law stands at its office.

Its perimeter and its leaving then go by the rates measured at office-generic. Nothing else changes. A module that says
`AT_SITE = True` stands there always, one that says False, because it compares the two, never.
"""

import os

import pytest

from laws.at_site import everyone_at_site


@pytest.fixture(scope="module", autouse=True)
def _at_site(request):
    """Put every crowd at the office of the embedded site, where that is asked for."""
    asked = os.environ.get("SISPAMKOTA_LAWS_AT_SITE", "0") not in ("", "0")
    if not getattr(request.module, "AT_SITE", asked):
        yield
        return
    with everyone_at_site():
        yield
