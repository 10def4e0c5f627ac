"""One exercise, set in its city and played once; on which database a room runs: SQLite, and PostgreSQL where it is."""

import os

import pytest

from room.drill import Drill, play
from room.postgres import Postgres, binaries
from sispamkota.exercise import ExerciseLog, Setup, load_exercise, make_setup

POSTGRES = "SISPAMKOTA_TEST_POSTGRES"


@pytest.fixture(scope="session")
def postgres():
    """A server of the tests' own."""
    found = binaries()
    if found is None:
        reason = f"no PostgreSQL: install it (make test-room does), or set {POSTGRES} to the URL of an empty database"
        if "postgres" in os.environ.get("SISPAMKOTA_REQUIRE", "").split(","):
            pytest.fail(reason)
        pytest.skip(reason)
    server = Postgres(found)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.room)])
def url(request):
    """The URL of an empty database; None for the folder's own."""
    if request.param == "sqlite":
        yield None
        return
    given = os.environ.get(POSTGRES) or request.getfixturevalue("postgres").url
    empty(given)
    yield given


@pytest.fixture
def emptied(postgres):
    """The tests' own server with nothing in its database."""
    empty(postgres.url)
    return postgres


def empty(given):
    """Take every table of the room out of a database."""
    import sqlalchemy as sa

    from sispamkota.app.room.database import _META, _url

    engine = sa.create_engine(_url(given))
    _META.drop_all(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def kpu() -> Setup:
    """The embedded exercise."""
    return make_setup(load_exercise("kpu-bawaslu"))


@pytest.fixture(scope="session")
def drill(kpu: Setup) -> Drill:
    """The drill that a script plays."""
    return play(kpu)


@pytest.fixture(scope="session")
def log(drill: Drill) -> ExerciseLog:
    """Its log."""
    return drill.room.log()
