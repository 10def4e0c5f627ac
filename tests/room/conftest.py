"""On which database a test of the room runs: SQLite always, PostgreSQL where one is given."""

import os

import pytest

POSTGRES = "SISPAMKOTA_TEST_POSTGRES"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The URL of an empty database; None for the folder's own."""
    if request.param == "sqlite":
        yield None
        return
    given = os.environ.get(POSTGRES)
    if not given:
        pytest.skip(f"no PostgreSQL: set {POSTGRES} to the URL of an empty database")
    import sqlalchemy as sa

    from sispamkota.app.room.database import _META, _url

    engine = sa.create_engine(_url(given))
    _META.drop_all(engine)
    engine.dispose()
    yield given
