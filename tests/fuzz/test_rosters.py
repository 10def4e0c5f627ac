"""200 rosters with injected faults: every one is found where it is, and none is invented."""

import subprocess
import sys

import pytest

from fuzz.rosters import FAULTS, SECRETS, case_of, write
from sispamkota.errors import InputError
from sispamkota.force.roster import read_roster

SEED = 20241127
CASES = 200


def found(case, tmp_path, name="r"):
    """Read a case: its faults as (line, column), and all that was said."""
    path = tmp_path / f"{name}{case.suffix}"
    write(case, path)
    try:
        roster = read_roster(path, on="2024-11-27")
    except InputError as error:
        said = [(int(fault.where.replace("!", ":").rpartition(":")[2]), fault.field) for fault in error.faults]
        return said, str(error)
    return [], str(roster.force) + roster.force.to_yaml() + str(roster.personal)


@pytest.mark.parametrize("part", range(10))
def test_rosters__every_fault_is_found_and_none_is_invented(part, tmp_path):
    for index in range(part * CASES // 10, (part + 1) * CASES // 10):
        case = case_of(index, seed=SEED)
        said, text = found(case, tmp_path, str(index))
        expected = [(line, column) for line, column, _ in case.faults]
        assert sorted(said) == sorted(expected), (index, case.faults, text)
        assert not [secret for secret in SECRETS if secret in text], index


def test_rosters__every_kind_of_fault_occurs_and_many_rosters_are_sound():
    cases = [case_of(index, seed=SEED) for index in range(CASES)]
    named = [name for case in cases for _, _, name in case.faults]
    assert set(named) == set(FAULTS)
    assert len(named) > 200
    assert sum(not case.faults for case in cases) > 40


def test_rosters__a_bad_one_exits_2_and_writes_nothing(tmp_path):
    case = next(case for case in (case_of(i, seed=SEED) for i in range(CASES)) if len(case.faults) > 1)
    path = tmp_path / f"r{case.suffix}"
    write(case, path)
    code = "from sispamkota.cli import main; main()"
    words = [sys.executable, "-c", code, "force", "import", str(path), "-o", str(tmp_path / "f.yaml")]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert len(run.stderr.strip().splitlines()) == len(case.faults)
    assert not (tmp_path / "f.yaml").exists()
