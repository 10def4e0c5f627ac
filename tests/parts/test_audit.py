"""The audit of our dependencies: a known vulnerability fails, and silence is never taken for a clean bill."""

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(monkeypatch):
    """An advisory source of the test's own: what it knows, and what it was asked."""

    class Osv(BaseHTTPRequestHandler):
        broken = b""

        def log_message(self, *_):
            pass

        def _tell(self, value):
            data = self.broken or json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self):
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            rows = [(q["package"]["ecosystem"], q["package"]["name"], q["version"]) for q in queries]
            self.asked.extend(rows)
            self._tell({"results": [{"vulns": [{"id": self.known[row]}]} if row in self.known else {} for row in rows]})

        def do_GET(self):
            name = self.path.rpartition("/")[2]
            self._tell({"id": name, "summary": "a hole"} | ({"withdrawn": "2026-01-01"} if name == "OLD-1" else {}))

    Osv.known, Osv.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SISPAMKOTA_OSV", f"http://127.0.0.1:{server.server_address[1]}/")
    yield Osv
    server.shutdown()
    server.server_close()


def test_pinned__names_what_the_lock_files_name(audit):
    found = set(audit.pinned(ROOT))
    lines = [
        line.partition("==")[0]
        for path in ROOT.glob("requirements*.lock")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    ]
    assert {name for e, name, _ in found if e == "PyPI"} == {line.partition("[")[0].lower() for line in lines}
    assert any((e, name) == ("npm", "maplibre-gl") for e, name, _ in found)
    assert all(version and " " not in version for _, _, version in found)


def test_audit__asks_about_everything_and_is_content_where_nothing_is_known(audit, source, capsys):
    assert audit.main() == 0
    assert sorted(source.asked) == audit.pinned(ROOT)
    assert "0 with a known vulnerability" in capsys.readouterr().out


@pytest.mark.parametrize("ecosystem", ["PyPI", "npm"])
def test_audit__fails_on_a_known_vulnerability_and_names_it(audit, source, capsys, ecosystem):
    package = next(each for each in audit.pinned(ROOT) if each[0] == ecosystem)
    source.known[package] = "GHSA-1"
    assert audit.main() == 1
    said = capsys.readouterr().out
    assert " ".join(package) in said
    assert "GHSA-1: a hole" in said


def test_audit__passes_over_what_was_withdrawn(audit, source):
    source.known[audit.pinned(ROOT)[0]] = "OLD-1"
    assert audit.main() == 0


@pytest.mark.parametrize("answer", [b"<html>a proxy</html>", b"[]", b"{}", b'{"results": []}'])
def test_audit__takes_no_odd_answer_for_a_clean_bill(audit, source, capsys, answer):
    source.broken = answer
    assert audit.main() == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("audit: NOT AUDITED: no advisory source answered")


def test_audit__says_plainly_that_nobody_answered(audit, monkeypatch, capsys):
    monkeypatch.setenv("SISPAMKOTA_OSV", "http://127.0.0.1:9")
    assert audit.main() == 0
    assert "NOT AUDITED" in capsys.readouterr().err


def test_ci__audits_last():
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("\nmake audit")
