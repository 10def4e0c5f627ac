"""Who may do what over the network: every route and every action by every role; sessions that are not one's own."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("fastapi")

from starlette.websockets import WebSocketDisconnect

from room.rooms import BASE, EXAMPLES, NOTE, PASSWORD, Desk, Hands, client_of, make, service_in
from sispamkota.app.room.server import make_app
from sispamkota.exercise.actions import ACTIONS
from sispamkota.exercise.roles import roles

EVERYBODY = tuple(roles())
LEADER, JUDGES = ("controller",), ("controller", "evaluator")
FORESEE = ("polda", "polresta", "dialogue")
ROUTES = {  # (method, path): (who may, what is sent)
    ("GET", "/api/me"): (EVERYBODY, None),
    ("GET", "/api/ground"): (EVERYBODY, None),
    ("GET", "/api/streets"): (EVERYBODY, None),
    ("GET", "/api/state"): (EVERYBODY, None),
    ("GET", "/api/log"): (EVERYBODY, None),
    ("POST", "/api/invites"): (LEADER, {"seat": "kpu"}),
    ("GET", "/api/invites"): (LEADER, None),
    ("DELETE", "/api/invites/{invite}"): (LEADER, None),
    ("GET", "/api/accounts"): (LEADER, None),
    ("DELETE", "/api/accounts/{account}"): (LEADER, None),
    ("DELETE", "/api/accounts/{account}/sessions"): (LEADER, None),
    ("POST", "/api/forecast"): (FORESEE, {"minutes": 1}),
    ("GET", "/api/at"): (JUDGES, None),
    ("GET", "/api/export"): (JUDGES, None),
    ("GET", "/api/review.html"): (JUDGES, None),
    ("POST", "/api/actions"): (EVERYBODY, {"action": NOTE}),  # by action: below
    ("POST", "/api/logout"): (EVERYBODY, None),
    ("POST", "/api/logout/all"): (EVERYBODY, None),
}
OPEN = (("POST", "/api/join"), ("POST", "/api/login"))  # not a set: each worker of xdist must collect one order
FREE = {("GET", "/api/words")}  # the words of the door: they say nothing of a room


@pytest.fixture(scope="module")
def hands():
    return Hands()


@pytest.fixture(scope="module")
def room(tmp_path_factory, hands):
    """A room, its client and a desk of every role."""
    folder = tmp_path_factory.mktemp("access") / "room"
    make(folder)
    patch = pytest.MonkeyPatch()
    with service_in(folder, patch, hands=hands) as service, client_of(make_app(service)) as client:
        desks = {}
        for role in roles():
            service.tries._left.clear()
            desks[role] = Desk(client, service, role)
        yield service, client, desks
    patch.undo()


@pytest.fixture(autouse=True)
def _unlimited(room):
    service = room[0]
    for buckets in (service.tries, service.guesses, service.asks, service.acts, service.heavy, service.calls):
        buckets._left.clear()


def test_routes__the_table_has_every_route(room):
    described = room[1].get("/api/openapi.json").json()["paths"]
    told = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert told == {*ROUTES, *OPEN, *FREE}


@pytest.mark.parametrize(
    ("method", "path"),
    [route for route in ROUTES if route[1] not in ("/api/actions", "/api/logout", "/api/logout/all")],
)
def test_routes__each_role_may_what_the_table_says(room, method, path):
    service, _, desks = room
    may, body = ROUTES[method, path]
    for role, desk in desks.items():
        service.asks._left.clear()
        answer = desk.ask(method, path.format(invite="none", account="nobody"), json=body)
        if role in may:
            assert answer.status_code in (200, 404, 409), (role, answer.text)
        else:
            assert answer.status_code == 403, (role, answer.status_code, answer.text)
            assert answer.json()["faults"][0]["field"] == "role"


@pytest.mark.parametrize(("method", "path"), [*ROUTES, *OPEN])
def test_routes__nobody_comes_in_without_a_session(room, method, path):
    _, client, _ = room
    client.cookies.clear()
    body = {"token": "x", "account": "meja-1", "password": PASSWORD} if "join" in path else None
    body = {"account": "meja-1", "password": PASSWORD} if "login" in path else body
    answer = client.request(method, path.format(invite="none", account="nobody"), json=body or {"action": NOTE})
    assert answer.status_code == (409 if "join" in path else 401), answer.text


@pytest.mark.parametrize("do", ACTIONS)
def test_actions__each_role_may_what_roles_yaml_says_by_both_ways(room, do):
    service, _, desks = room
    for name, desk in desks.items():
        service.acts._left.clear()
        service.asks._left.clear()
        role, action = roles()[name], {"do": do, **EXAMPLES[do]}
        if role.allows(do) and do in ("clock.end", "clock.jump", "clock.run"):
            continue  # would change the room for the others; done in test_room_server
        answer = desk.act(**action)
        if role.allows(do):
            assert answer.status_code in (200, 409), (name, answer.text)
            continue
        assert answer.status_code == 403, (name, answer.status_code)
        with desk.socket(f"since={service.hub.last}") as socket:
            socket.send_text(json.dumps({"kind": "action", "id": 7, "action": action}))
            while (message := socket.receive_json())["kind"] not in ("ack", "refused"):
                pass
        assert message["kind"] == "refused"
        assert message["id"] == 7


def test_actions__nobody_writes_a_checkpoint_but_the_server(room):
    _, _, desks = room
    before = len(room[0].hub.room.records)
    for desk in (desks["controller"], desks["polresta"]):
        assert desk.act("clock.tick", digest="0" * 64).status_code == 403
    assert len(room[0].hub.room.records) == before


def test_sight__the_public_hears_no_note_and_no_inject(room):
    service, _, desks = room
    desks["controller"].act("inject.message", to=["kpu"], text="hanya untuk KPU")
    desks["polresta"].act("note", text="hanya untuk operasi")
    told = json.dumps(desks["public"].ask("GET", "/api/log").json(), ensure_ascii=False)
    assert "hanya" not in told
    heard = json.dumps(desks["kpu"].ask("GET", "/api/log").json(), ensure_ascii=False)
    assert "hanya untuk KPU" in heard
    assert "hanya untuk KPU" not in json.dumps(desks["damkar"].ask("GET", "/api/log").json())
    with desks["public"].socket() as socket:
        kinds = [socket.receive_json() for _ in range(3)]
    assert "hanya" not in json.dumps(kinds)
    assert service.hub.last > 0


# --- sessions that were stolen ------------------------------------------------------------------------------------


def test_session__a_cookie_is_worth_nothing_after_logout(room):
    _, _, desks = room
    desk = desks["linmas"]
    with desk.socket() as socket:
        assert socket.receive_json()["kind"] == "hello"
        assert desk.ask("POST", "/api/logout").status_code == 200
        assert _end_of(socket) == 4401
    assert desk.ask("GET", "/api/state").status_code == 401
    assert desk.act(**NOTE).status_code == 401
    with pytest.raises(WebSocketDisconnect), desk.socket():
        pass
    _sign_in(desk)


def _end_of(socket):
    """Read a socket to its end; give the code with which it was closed."""
    try:
        while True:
            socket.receive_json()
    except WebSocketDisconnect as end:
        return end.code


def _sign_in(desk):
    desk.client.cookies.clear()
    answer = desk.client.post("/api/login", json={"account": desk.account, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    desk.csrf, desk.cookie = answer.json()["csrf"], answer.cookies["sesi"]


def test_session__an_old_cookie_after_rotation_ends_the_session_of_the_thief_and_the_owner(room, hands):
    service, _, desks = room
    desk = desks["bpbd"]
    stolen = desk.cookie
    hands.steady_off += 3601
    answer = desk.ask("GET", "/api/me")
    assert answer.status_code == 200
    assert answer.cookies["sesi"] != stolen
    assert desk.ask("GET", "/api/me").status_code == 200  # a request that was on its way
    hands.steady_off += 11
    desk.cookie = answer.cookies["sesi"]
    assert desk.ask("GET", "/api/me").status_code == 200
    thief = {"Cookie": f"sesi={stolen}"}
    assert desk.ask("GET", "/api/me", headers=thief).status_code == 401
    assert desk.ask("GET", "/api/me").status_code == 401
    rows = service.base.rows(__import__("sispamkota.app.room.database", fromlist=["audit"]).audit)
    assert any(row["what"] == "stolen" and row["account"] == desk.account for row in rows)
    _sign_in(desk)


def test_session__runs_out_when_idle(room, hands):
    _, _, desks = room
    desk = desks["observer"]
    hands.steady_off += 12 * 3600 + 1
    assert desk.ask("GET", "/api/me").status_code == 401
    for each in desks.values():
        _sign_in(each)


def test_session__of_an_open_page_does_not_idle_out_but_ends_with_its_time(room, hands):
    """Who looks at a screen for a whole vote day is not thrown out in the middle of it."""
    service, _, desks = room
    desk = desks["public"]
    _sign_in(desk)
    ends = desk.ask("GET", "/api/me").json()["ends"]
    with desk.socket() as socket:
        for _ in range(4):
            hands.steady_off += 6 * 3600
            service.hub._beaten = -1e9
            while socket.receive_json()["kind"] != "beat":
                pass
        assert desk.ask("GET", "/api/me").json()["left_s"] <= 2 * 3600
        assert desk.ask("GET", "/api/me").json()["ends"] == ends, "using it does not make it longer"
        hands.steady_off += 2 * 3600
        service.hub._beaten = -1e9
        assert _end_of(socket) == 4401
    assert desk.ask("GET", "/api/me").status_code == 401
    for each in desks.values():
        service.tries._left.clear()
        _sign_in(each)


def test_session__of_a_phone_is_kept_by_its_browser_as_long_as_it_holds(room, hands):
    service, client, desks = room
    client.cookies.clear()
    desk = desks["field"]
    answer = client.post("/api/login", json={"account": desk.account, "password": PASSWORD})
    assert "max-age=93600" in answer.headers["set-cookie"].lower()
    desk.csrf, desk.cookie = answer.json()["csrf"], answer.cookies["sesi"]
    hands.steady_off += 3601
    answer = desk.ask("GET", "/api/me")
    desk.cookie = answer.cookies["sesi"]
    age = int(answer.headers["set-cookie"].lower().partition("max-age=")[2].partition(";")[0])
    assert 93600 - 3700 < age < 93600 - 3600
    for each in desks.values():  # their tokens are due too
        service.tries._left.clear()
        _sign_in(each)


def test_session__is_ended_everywhere_by_its_desk_and_by_the_controller(room):
    service, _, desks = room
    desk, other = desks["bawaslu"], desks["kpu"]
    for end in (
        lambda: desk.ask("POST", "/api/logout/all"),
        lambda: desks["controller"].ask("DELETE", f"/api/accounts/{desk.account}/sessions"),
    ):
        _sign_in(desk)
        first = (desk.csrf, desk.cookie)
        _sign_in(desk)  # another device
        with desk.socket() as socket:
            assert socket.receive_json()["kind"] == "hello"
            assert end().status_code == 200
            assert _end_of(socket) == 4401
        for given in ((desk.csrf, desk.cookie), first):
            desk.csrf, desk.cookie = given
            assert desk.ask("GET", "/api/me").status_code == 401
        assert other.ask("GET", "/api/me").status_code == 200
    _sign_in(desk)
    assert desk.account in service.accounts.seats, "the account stays"


def test_session__of_a_room_of_before_is_made_anew(tmp_path, monkeypatch):
    make(tmp_path / "room")
    with service_in(tmp_path / "room", monkeypatch) as service, service.base.engine.begin() as line:
        line.exec_driver_sql("ALTER TABLE sessions DROP COLUMN began")
    with service_in(tmp_path / "room", monkeypatch) as service, client_of(make_app(service)) as client:
        assert Desk(client, service, "kpu").ask("GET", "/api/me").status_code == 200


def test_session__cookie_is_closed_to_scripts_and_other_sites(room):
    _, client, desks = room
    client.cookies.clear()
    desk = desks["field"]
    answer = client.post("/api/login", json={"account": desk.account, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


# --- other sites --------------------------------------------------------------------------------------------------


def test_cross_site__a_foreign_page_cannot_post(room):
    service, _, desks = room
    desk, before = desks["controller"], service.hub.last
    body = {"action": NOTE}
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8809"},
        {"X-CSRF": "another"},
        {"X-CSRF": desks["kpu"].csrf},
    ):
        assert desk.ask("POST", "/api/actions", json=body, headers=headers).status_code == 403, headers
    desk.client.cookies.clear()
    answer = desk.client.post(
        "/api/actions", json=body, headers={"Cookie": f"sesi={desk.cookie}", "X-CSRF": "", "Origin": BASE}
    )
    assert answer.status_code == 403
    assert desk.ask("DELETE", "/api/accounts/kpu-1", headers={"Origin": "http://evil.example"}).status_code == 403
    assert service.hub.last == before


def test_cross_site__a_foreign_page_opens_no_socket(room):
    _, _, desks = room
    for origin in ("http://evil.example", "null", BASE + ".evil.example"):
        with pytest.raises(WebSocketDisconnect), desks["controller"].socket(Origin=origin):
            pass


def test_cross_site__a_foreign_name_bent_to_this_address_is_refused(room):
    _, client, _ = room
    answer = client.get("/api/me", headers={"Host": "evil.example:8808", "Origin": "http://evil.example:8808"})
    assert answer.status_code == 403


def test_headers__no_inline_script_no_frame_no_sniffing(room):
    _, client, _ = room
    for path in ("/", "/api/me", "/static/room.js", "/nowhere"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["../room/server.py", "..%2froom%2fserver.py", "room", ".", "%2e%2e/__init__.py"])
def test_static__nothing_but_the_page(room, name):
    assert room[1].get(f"/static/{name}").status_code == 404


# --- invitations and passwords ------------------------------------------------------------------------------------


def test_invitation__holds_once_and_not_for_ever(room, hands):
    _, client, desks = room
    made = (
        desks["controller"]
        .ask("POST", "/api/invites", json={"seat": "hospital:rsud-dr-saiful-anwar", "hours": 1})
        .json()
    )
    body = {"token": made["token"], "account": "rs-satu", "password": PASSWORD}
    client.cookies.clear()
    assert client.post("/api/join", json=body | {"password": "pendek"}).status_code == 409
    assert client.post("/api/join", json=body | {"account": "kpu-1"}).status_code == 409  # taken; the link still holds
    answer = client.post("/api/join", json=body)
    assert answer.json()["seat"] == "hospital:rsud-dr-saiful-anwar"
    client.cookies.clear()
    assert client.post("/api/join", json=body | {"account": "rs-dua"}).status_code == 409
    late = desks["controller"].ask("POST", "/api/invites", json={"seat": "kpu", "hours": 1}).json()
    gone = desks["controller"].ask("POST", "/api/invites", json={"seat": "kpu", "hours": 1}).json()
    assert desks["controller"].ask("DELETE", f"/api/invites/{gone['id']}").status_code == 200
    hands.steady_off += 3601
    for token in (late["token"], gone["token"]):
        answer = client.post("/api/join", json={"token": token, "account": "kpu-9", "password": PASSWORD})
        assert answer.status_code == 409


@pytest.mark.parametrize("account", ["Bapak Budi", "x", "1-damkar", "d" * 33])
def test_join__tells_in_words_how_a_desk_is_called(room, account):
    body = {"token": "x" * 40, "account": account, "password": PASSWORD}
    answer = room[1].post("/api/join", json=body)
    (fault,) = answer.json()["faults"]
    assert answer.status_code == 422
    assert fault["expected"] in (
        "2 sampai 32 huruf kecil, angka, dan tanda hubung, diawali huruf",
        "2 to 32 small letters, digits and hyphens, with a letter first",
    )


@pytest.mark.parametrize("seat", ["server", "hospital:rs_tidak_ada", "polisi", "kpu:", "controller\n"])
def test_invitation__only_to_seats_of_this_exercise(room, seat):
    assert room[2]["controller"].ask("POST", "/api/invites", json={"seat": seat}).status_code == 409


def test_login__is_slow_to_guess(room):
    service, client, _ = room
    client.cookies.clear()
    body = {"account": "damkar-1", "password": "salah sama sekali"}
    codes = [client.post("/api/login", json=body).status_code for _ in range(9)]
    assert codes[:6] == [401] * 6
    assert 429 in codes
    assert not any("salah" in json.dumps(row) for row in service.base.rows(_audit()))


def _audit():
    from sispamkota.app.room.database import audit

    return audit


def test_database__keeps_no_password_and_no_token(room):
    service, _, desks = room
    made = desks["controller"].ask("POST", "/api/invites", json={"seat": "kpu"}).json()
    data = b"".join(path.read_bytes() for path in service_folder(service).glob("room.db*"))
    for secret in (PASSWORD, made["token"], *(desk.cookie for desk in desks.values())):
        assert secret.encode() not in data
    assert b"$argon2id$" in data


def service_folder(service):
    from pathlib import Path

    return Path(service.base.url.database).parent


def test_removed_account__is_out_at_once(room):
    service, client, desks = room
    desk = Desk(client, service, "kpu", account="kpu-dua")
    with desk.socket() as socket:
        socket.receive_json()
        assert desks["controller"].ask("DELETE", "/api/accounts/kpu-dua").status_code == 200
        assert _end_of(socket) == 4401
    assert desk.ask("GET", "/api/me").status_code == 401
    assert desks["controller"].ask("DELETE", "/api/accounts/controller-1").status_code == 409


def test_rate__too_many_actions_are_refused_and_others_go_on(room):
    service, _, desks = room
    now = service.acts.clock()
    service.acts.clock = lambda: now  # a busy machine sends fewer in a second than are allowed
    codes = [desks["kpu"].act(**NOTE).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]
    assert desks["bawaslu"].act(**NOTE).status_code == 200


def test_body__longer_than_64_kb_is_refused(room):
    answer = room[2]["kpu"].ask("POST", "/api/actions", content=b"{" + b" " * 70_000 + b"}")
    assert answer.status_code == 413
    assert answer.json()["faults"]
