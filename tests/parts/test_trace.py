"""The trace: every name of the model has a kernel, a test and a scenario, and what has not is a gap."""

from typer.testing import CliRunner

from sispamkota.cli import app
from sispamkota.inputs import own_file
from sispamkota.kernels import layout as at
from sispamkota.kernels.heap import FAMILIES
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal.scenario_file import Requirements
from sispamkota.verification import trace as module
from sispamkota.verification.trace_table import STATES, TABLE, Told


def test_table__has_every_name_of_the_model():
    logs = [name for name in dir(at) if name.startswith("LOG_")]
    assert [name.removeprefix("LOG_").lower() for name in sorted(logs, key=lambda n: getattr(at, n))] == [*TABLE["log"]]
    assert set(TABLE["measure"]) == set(MEASURES)
    assert set(TABLE["incident"]) == {*own_file(Requirements, "rehearsal", "requirements").incidents, "unrest"}
    assert len(TABLE["event"]) == FAMILIES
    assert len(TABLE["channel"]) == at.CHANNELS
    assert len(TABLE["inject"]) == at.OPEN_STREETS + 1
    assert set(TABLE["unit"]) == set(STATES)
    assert len(STATES) == at.OUTSIDE + 1


def test_table__every_kernel_and_test_is_there():
    assert [told for names in TABLE.values() for told in names.values() if module._gap(told)] == []


def test_gap__a_kernel_or_a_test_that_is_not_there(monkeypatch):
    good = TABLE["event"]["crowd"]
    assert "no kernel" in module._gap(Told("people.nobody", good.test))
    assert "no kernel" in module._gap(Told("nothing.crowd_step", good.test))
    assert "no test" in module._gap(Told(good.kernel, "laws/test_engine.py::test_nothing"))
    monkeypatch.setattr(module, "TESTS", None)
    assert module._gap(Told(good.kernel, "laws/test_engine.py::test_nothing")) == ""


def test_command__a_gap_is_exit_1(monkeypatch):
    table = {"event": {"crowd": Told("people.nobody", TABLE["event"]["crowd"].test)}}
    rows = [module.Trace("event", "crowd", "people.nobody", "", "quiet", 3, module._gap(table["event"]["crowd"]))]
    monkeypatch.setattr(module, "trace", lambda: rows)
    done = CliRunner().invoke(app, ["verify", "--trace"])
    assert done.exit_code == 1
    assert "no kernel people.nobody" in done.stdout
    monkeypatch.setattr(module, "trace", list)
    assert CliRunner().invoke(app, ["verify", "--trace"]).exit_code == 0
