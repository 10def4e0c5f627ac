"""The server keeps to what it says of itself: whatever is sent, no 5xx and no answer off its own description."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")
schemathesis = pytest.importorskip("schemathesis")

from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from schemathesis.specs.openapi import checks  # noqa: E402

from room.rooms import in_thread, join, make, service_in  # noqa: E402
from sispamkota.app.room.server import make_app  # noqa: E402

KEPT_OUT = "^/api/logout(/all)?$"  # it would end the session of all that follows


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A server without limits of rate, and its controller."""
    folder, patch = tmp_path_factory.mktemp("schema") / "room", pytest.MonkeyPatch()
    make(folder)
    with service_in(folder, patch) as service:
        for buckets in (service.calls, service.asks, service.acts, service.tries, service.guesses, service.heavy):
            buckets.rate = buckets.burst = 1e9
        _, token = service.accounts.invite("controller")
        with in_thread(make_app(service)) as base:
            yield base, join(base, token, "kendali")
    patch.undo()


CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


WITHIN = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_schema__every_answer_is_as_described(live):
    base, leader = live
    described = schemathesis.openapi.from_url(base + "/api/openapi.json").exclude(path_regex=KEPT_OUT)
    statuses = set()
    for operation in (found.ok() for found in described.get_all_operations()):

        @WITHIN
        @given(case=operation.as_strategy())
        def within(case):
            answer = case.call(headers=leader.headers)
            statuses.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        within()
    assert {200, 409, 422} <= statuses
    assert max(statuses) < 500
