"""Rivalry from published results: by hand, as published, at the level published, and never by whom."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parts.small_city import small_city
from sispamkota import store
from sispamkota.errors import InputError
from sispamkota.place import City
from sispamkota.risk.indicators import COLUMNS
from sispamkota.risk.ranking import RANK_COLUMNS
from sispamkota.risk.results import FLAWS, RESULT_COLUMNS, Contest, city_results, read_results
from sispamkota.risk.riskmap import COLUMNS as MAP_COLUMNS
from sispamkota.risk.rivalry import (
    RIVALRY_COLUMNS,
    SHIFT_COLUMNS,
    closeness,
    effective_choices,
    mixing,
    pockets,
    rivalry,
    rivalry_rows,
    shift_rows,
    total_variation,
)
from sispamkota.risk.tps import DISAGREEMENTS, OBSERVATIONS, TPS_CLASS_COLUMNS

CITY = small_city()
VOTE = Contest("pilwali", date(2024, 11, 27), date(2024, 12, 4), "KPU")
LATER = date(2025, 1, 1)
VOTES = st.lists(st.integers(0, 500), min_size=2, max_size=5).filter(sum).map(lambda each: np.array(each, float))


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


@pytest.fixture
def written(tmp_path):
    def write(text, name="hasil.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def stations(*rows, head="kode,tps,a,b,sah,tidak sah,pengguna,dpt"):
    return head + "\n" + "\n".join(",".join(str(cell) for cell in row) for row in rows) + "\n"


ALL_TPS = stations(
    ("11.01.1001", 1, 60, 40, 100, 5, 105, 150), ("11.01.1001", 2, 40, 60, 100, 5, 105, 150),
    ("11.01.1002", 1, 90, 10, 100, 0, 100, 125), ("11.02.1001", 1, 50, 50, 100, 0, 100, 200),
    ("11.02.1002", 1, 20, 80, 100, 0, 100, 200),
)  # fmt: skip


# --- the measures -----------------------------------------------------------------------------------------------------


def test_measures__by_hand():
    votes = np.array([50.0, 30.0, 20.0])
    assert closeness(votes) == pytest.approx(0.8)
    assert effective_choices(votes) == pytest.approx(1 / 0.38)
    assert mixing(votes) == pytest.approx(0.62 / (2 / 3))
    assert total_variation(votes, np.array([40.0, 30.0, 30.0])) == pytest.approx(0.1)
    assert closeness(np.array([7.0, 7.0])) == 1.0
    assert mixing(np.array([7.0, 7.0])) == pytest.approx(1.0)
    assert closeness(np.array([7.0, 0.0])) == 0.0
    assert mixing(np.array([7.0, 0.0])) == pytest.approx(0.0)


def test_measures__of_one_choice_or_of_no_votes_are_not_available():
    for votes in (np.array([9.0]), np.zeros(3), np.array([np.nan, 1.0])):
        assert np.isnan([closeness(votes), mixing(votes), total_variation(votes, votes * 0)]).all()


@given(VOTES)
def test_measures__stay_in_their_ranges(votes):
    assert 0.0 <= closeness(votes) <= 1.0
    assert -1e-12 <= mixing(votes) <= 1.0 + 1e-12
    assert 1.0 - 1e-12 <= effective_choices(votes) <= votes.size + 1e-12


def test_pockets__of_alike_stations_are_none_and_of_pure_ones_all():
    assert pockets(np.array([[60.0, 40.0], [30.0, 20.0]]))[0] == pytest.approx(0.0, abs=1e-12)
    assert pockets(np.array([[60.0, 0.0], [0.0, 20.0]]))[0] == pytest.approx(1.0)


def test_pockets__by_chance_are_as_many_as_is_said():
    """Stations of one city, each voter at random: the mean index over many is the one that chance is said to give."""
    rng = np.random.default_rng(11)
    found = [pockets(rng.multinomial(220, [0.5, 0.3, 0.2], 40).astype(float)) for _ in range(300)]
    index, chance = np.array(found).T
    assert index.mean() == pytest.approx(chance.mean(), rel=0.03)


# --- neutrality -------------------------------------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 300)] * 3).filter(sum), min_size=5, max_size=5), st.permutations([0, 1, 2]))
def test_swapping__the_candidates_changes_nothing(tmp_path_factory, votes, order):
    places = [("11.01.1001", 1), ("11.01.1001", 2), ("11.01.1002", 1), ("11.02.1001", 1), ("11.02.1002", 1)]
    tables = []
    for turn in ([0, 1, 2], order):
        rows = [(*place, *(each[i] for i in turn)) for place, each in zip(places, votes, strict=True)]
        again = [(*place, *(each[i] + 1 for i in turn)) for place, each in zip(places, votes, strict=True)]
        folder = tmp_path_factory.mktemp("hasil")
        both = []
        for name, lines in (("satu", rows), ("dua", again)):
            path = folder / f"{name}.csv"
            path.write_text(stations(*lines, head="kode,tps,a,b,c"), encoding="utf-8")
            contest = Contest(name, date(2024, 11, 27), date(2024, 12, 4), "KPU", "surat suara")
            both.append(read_results(path, CITY, contest=contest, choices=("a", "b", "c")))
        tables.append(rivalry(both[0].join(both[1]), as_of=LATER))
    for name in ("table", "shifts"):
        pd.testing.assert_frame_equal(getattr(tables[0], name), getattr(tables[1], name), rtol=1e-9, atol=1e-12)


def test_schema__no_table_has_a_column_of_a_camp(malang, tmp_path):
    """Of all columns of all public tables, and of every file that is written, none is of a choice or of its votes."""
    found = rivalry(city_results(malang), as_of=LATER)
    found.save(tmp_path / "out")
    written = [
        path.read_text(encoding="utf-8").partition("\n")[0].split(",") for path in (tmp_path / "out").glob("*.csv")
    ]
    tables = [found.to_table(), found.shifts, found.flaws, city_results(malang).to_table(), found.levels]
    tables.append(found.to_indicators("pilwali-2024").to_table())
    columns = {name for table in tables for name in table.columns} | {name for each in written for name in each}
    columns |= {*RIVALRY_COLUMNS, *SHIFT_COLUMNS, *FLAWS, *RESULT_COLUMNS, *COLUMNS, *RANK_COLUMNS, *MAP_COLUMNS}
    columns |= {*OBSERVATIONS, *TPS_CLASS_COLUMNS, *DISAGREEMENTS}
    camp = re.compile(
        r"vote(s|d)?$|^votes|choice$|camp|calon|paslon|kandidat|candidate|partai|party|winner|first_name|^[abc]$|_[0-9]"
    )
    assert {name for name in columns if camp.search(name)} == set()
    assert len(written) == 3
    for table in (found.to_table(), found.shifts, found.flaws):
        figures = set(
            table.select_dtypes("number")
            .to_numpy()
            .ravel()[~np.isnan(table.select_dtypes("number").to_numpy().ravel())]
        )
        assert figures & {203257.0, 74147.0, 132258.0, 42932.0, 165194.0, 345695.0} == set()


def test_repr__of_results_shows_no_votes(written):
    results = read_results(written(ALL_TPS), CITY, contest=VOTE, choices=("a", "b"))
    assert "60" not in repr(results)


# --- levels -----------------------------------------------------------------------------------------------------------


def test_levels__stations_are_summed_upward_where_all_parts_are_there(written):
    found = rivalry(read_results(written(ALL_TPS), CITY, contest=VOTE, choices=("a", "b")), as_of=LATER)
    assert found.levels.loc["pilwali"].to_list() == [1, 2, 4, 5]
    table = found.to_table().set_index("place")
    assert table.loc["11.01.1001", ["closeness", "mixing", "derived"]].to_list() == [1.0, 1.0, "sum of tps"]
    assert table.loc["11.01.1001", "turnout"] == pytest.approx(210 / 300)
    assert table.loc["11.01.1001", "invalid_share"] == pytest.approx(10 / 210)
    assert table.loc["11.01", "closeness"] == pytest.approx(1 - 80 / 300)
    assert table.loc["kecil", "closeness"] == pytest.approx(1 - 20 / 500)
    assert table.loc["11.01", "stations"] == 3
    assert table.loc["kecil", "pockets"] > table.loc["11.01.1001", "pockets"] > 0


def test_levels__a_coarse_figure_is_never_spread_downward(written):
    path = written("kecamatan,a,b\nUtara,60,40\nSelatan,50,50\n")
    found = rivalry(read_results(path, CITY, contest=VOTE, choices=("a", "b")), as_of=LATER)
    assert found.levels.loc["pilwali"].to_list() == [1, 2, 0, 0]
    below = found.at("kelurahan", ["11.01.1001", "11.02.1001"], contest="pilwali")
    assert below.isna().all(axis=None)
    assert found.to_indicators("pilwali").at("kelurahan").empty
    title, header, rows = rivalry_rows(found, lang="id", level="kecamatan")
    assert "tidak tersedia" in rows[0]
    assert len(header) == len(rows[0])
    assert "kecamatan" in title


def test_levels__without_all_parts_there_is_no_sum(written):
    path = written("kode,a,b\n11.01.1001,60,40\n11.01.1002,50,50\n11.02.1001,1,2\n")
    found = rivalry(read_results(path, CITY, contest=VOTE, choices=("a", "b")), as_of=LATER)
    assert found.levels.loc["pilwali"].to_list() == [0, 1, 3, 0]


def test_levels__what_is_counted_in_part_is_shown_and_not_summed(written):
    path = written("kode,a,b,tps masuk,tps total\n11.01.1001,60,40,3,4\n11.01.1002,50,50,4,4\n")
    found = rivalry(read_results(path, CITY, contest=VOTE, choices=("a", "b")), as_of=LATER)
    assert found.to_table()["coverage"].to_list() == [0.75, 1.0]
    assert found.levels.loc["pilwali"].to_list() == [0, 0, 2, 0]


def test_levels__a_tps_of_another_election_is_not_one_of_the_register(written):
    results = read_results(
        written(stations(("11.01.1001", 77, 6, 4, 10, 0, 10, 15))), CITY, contest=VOTE, choices=("a", "b")
    )
    assert results.to_table()["place"].to_list() == ["11.01.1001/077@2024"]


def test_levels__a_special_tps_without_a_list_does_not_lift_the_turnout(written):
    text = stations(("11.01.1001", 1, 60, 40, 100, 0, 100, 200), ("11.01.1001", 2, 60, 40, 100, 0, 100, ""))
    table = rivalry(read_results(written(text), CITY, contest=VOTE, choices=("a", "b")), as_of=LATER).to_table()
    assert table.set_index("place").loc["11.01.1001", "turnout"] == 0.5


# --- time -------------------------------------------------------------------------------------------------------------


def test_as_of__nothing_published_later_enters(malang):
    """The vote of 27 Nov 2024 is known from 4 Dec; of 2018 from 6 July."""
    results = city_results(malang)
    assert set(rivalry(results, as_of=date(2024, 12, 3)).to_table()["contest"]) == {
        "pilwali-2018",
        "pilgub-2018",
        "pilpres-2019",
    }
    assert "pilwali-2024" in set(rivalry(results, as_of=date(2024, 12, 4)).to_table()["contest"])
    assert rivalry(results, as_of=date(2018, 7, 5)).to_table().empty
    early = rivalry(results, as_of=date(2024, 11, 27))
    for table in (early.to_table(), early.shifts, early.flaws):
        assert "pilwali-2024" not in table.to_csv()


def test_as_of__a_sum_waits_for_the_last_of_its_parts(written):
    text = "kode,tps,pilihan,suara,pemilihan,tanggal,terbit,sumber\n"
    for tps, day in ((1, "2024-12-01"), (2, "2024-12-09")):
        text += "".join(f"11.01.1001,{tps},{c},{n},pilwali,2024-11-27,{day},KPU\n" for c, n in (("1", 60), ("2", 40)))
    results = read_results(written(text), CITY)
    assert rivalry(results, as_of=date(2024, 12, 8)).levels.loc["pilwali"].to_list() == [0, 0, 0, 1]
    assert rivalry(results, as_of=date(2024, 12, 9)).levels.loc["pilwali"].to_list() == [0, 0, 1, 2]


# --- shifts -----------------------------------------------------------------------------------------------------------


def test_shifts__votes_are_compared_only_on_one_ballot_and_at_the_finest_level_of_both(written):
    one = read_results(
        written(ALL_TPS),
        CITY,
        contest=Contest("satu", date(2019, 4, 17), date(2019, 5, 21), "KPU", "dpr"),
        choices=("a", "b"),
    )
    path = written("kode,a,b\n11.01.1001,80,120\n11.01.1002,50,50\n11.02.1001,10,30\n11.02.1002,1,1\n", "dua.csv")
    two = read_results(
        path, CITY, contest=Contest("dua", date(2024, 2, 14), date(2024, 3, 20), "KPU", "dpr"), choices=("a", "b")
    )
    other = read_results(
        path, CITY, contest=Contest("lain", date(2024, 2, 14), date(2024, 3, 20), "KPU"), choices=("a", "b")
    )
    shifts = rivalry(one.join(two, other), as_of=LATER).shifts.set_index(["contest", "later", "place"])
    same = shifts.loc[("satu", "dua", "11.01.1001")]
    assert (same["level"], same["reason"]) == ("kelurahan", "")
    assert same["total_variation"] == pytest.approx(0.1)
    assert same["closeness_change"] == pytest.approx(-0.2)
    apart = shifts.loc[("satu", "lain", "11.01.1001")]
    assert np.isnan(apart["total_variation"])
    assert (apart["reason"], apart["closeness_change"]) == ("other_ballot", pytest.approx(-0.2))


def test_shifts__without_a_common_level_say_so(written):
    one = read_results(
        written("kode,a,b\n11.01.1001,80,120\n"),
        CITY,
        contest=Contest("satu", date(2024, 2, 14), date(2024, 3, 20), "K"),
        choices=("a", "b"),
    )
    two = read_results(written("kode,a,b\nkecil,80,120\n", "dua.csv"), CITY, contest=VOTE, choices=("a", "b"))
    found = rivalry(one.join(two), as_of=LATER)
    assert found.shifts[["contest", "later", "level", "reason"]].to_numpy().tolist() == [
        ["satu", "pilwali", "", "no_common_level"]
    ]
    _, header, rows = shift_rows(found, lang="id")
    assert rows[0][2:6] == ("tidak tersedia",) * 4
    assert len(header) == len(rows[0])


def test_malang__local_elections_beside_each_other(malang):
    """2018 and 2024 had other pairs: closeness and turnout are compared, votes are not."""
    found = rivalry(city_results(malang), as_of=LATER)
    row = found.shifts.set_index(["contest", "later"]).loc[("pilwali-2018", "pilwali-2024")]
    assert np.isnan(row["total_variation"])
    assert row["closeness_change"] == pytest.approx((1 - (203257 - 132258) / 409662) - (1 - (165194 - 135710) / 370877))
    assert row["turnout_change"] == pytest.approx(428323 / 660744 - 397822 / 600646)
    assert found.levels.loc["pilwali-2024"].to_list() == [1, 5, 0, 0]
    assert found.levels.loc["pilwali-2018"].to_list() == [1, 0, 0, 0]


def test_malang__the_vote_too_many_is_told(malang):
    """The kecamatan sum to one vote more than the city."""
    (flaw,) = rivalry(city_results(malang), as_of=LATER).flaws.to_dict("records")
    assert (flaw["what"], flaw["said"], flaw["computed"]) == ("published ≠ sum of kecamatan", 409662.0, 409663.0)


# --- flaws and faults -------------------------------------------------------------------------------------------------


def test_flaws__totals_that_do_not_agree_are_told_and_not_mended(written):
    text = stations(("11.01.1001", 1, 60, 40, 101, 5, 105, 150), ("11.01.1001", 2, 60, 40, 100, 5, 105, 150))
    results = read_results(written(text), CITY, contest=VOTE, choices=("a", "b"))
    assert results.flaws[["what", "said", "computed"]].to_numpy().tolist() == [
        ["valid ≠ sum of votes", 101.0, 100.0], ["used ≠ valid + invalid", 105.0, 106.0],
    ]  # fmt: skip
    found = rivalry(results, as_of=LATER)
    assert found.to_table().set_index("place")["flawed"].to_dict() == {
        "11.01.1001": 1, "11.01.1001/001@2024": 1, "11.01.1001/002@2024": 0,
    }  # fmt: skip
    assert "1 with totals" in rivalry_rows(found, lang="en", level="kelurahan")[2][0][-1]


def test_flaws__blank_votes_make_all_that_rests_on_them_unknown(written):
    text = stations(("11.01.1001", 1, 60, "", 100, 5, 105, 150), ("11.01.1001", 2, 60, 40, 100, 5, 105, 150))
    found = rivalry(read_results(written(text), CITY, contest=VOTE, choices=("a", "b")), as_of=LATER)
    table = found.to_table().set_index("place")
    assert table.loc["11.01.1001", ["closeness", "mixing", "pockets"]].isna().all()
    assert table.loc["11.01.1001/002@2024", "closeness"] == pytest.approx(0.8)
    assert "votes are blank" in set(found.flaws["what"])


def test_faults__all_at_once(written):
    path = written(
        "kode,pilihan,suara,pemilihan,tanggal,terbit,sumber\n11.01,1,5,x,2024-11-27,2024-11-26,s\n"
        "11.99,1,5,x,2024-11-27,2024-12-01,s\n11.02,,5,x,2024-11-27,2024-12-01,s\n11.02,2,5,,2024-11-27,,\n"
        "11.01,1,6,x,2024-11-27,2024-12-01,s\n11.01,2,lima,x,2024-11-27,2024-12-01,s\n"
    )
    with pytest.raises(InputError) as caught:
        read_results(path, CITY)
    got = [(fault.where.rsplit(":", 1)[-1], fault.field) for fault in caught.value.faults]
    assert set(got) == {
        ("5", "contest"), ("5", "source"), ("5", "published"), ("2", "published"), ("3", "kode"), ("7", "votes"),
        ("4", "choice"), ("7", "choice"), ("6", "choice"),
    }  # fmt: skip


def test_faults__a_file_without_votes(written):
    with pytest.raises(InputError, match="choice and votes"):
        read_results(written("kode,sah\n11.01,5\n"), CITY, contest=VOTE)
    with pytest.raises(InputError, match="votes 1"):
        read_results(written("kode,a\n11.01,5\n"), CITY, contest=VOTE, choices=("a", "b"))


def test_persons__of_a_file_of_results_are_not_kept(written):
    path = written("kode,tps,nama saksi,a,b\n11.01.1001,1,Rahasiawati,5,6\n")
    results = read_results(path, CITY, contest=VOTE, choices=("a", "b"))
    assert results.personal == {"nama saksi": 1}
    assert "Rahasiawati" not in results.to_table().to_csv()


def test_join__of_the_same_contest_at_a_place_is_refused(written):
    one = read_results(written("kode,a,b\n11.01,5,6\n"), CITY, contest=VOTE, choices=("a", "b"))
    with pytest.raises(ValueError, match="the same contest"):
        one.join(one)


def test_store__comes_back_as_it_was(malang, tmp_path):
    found = rivalry(city_results(malang), as_of=LATER)
    found.save(tmp_path / "out")
    again = store.load(tmp_path / "out")
    for name in ("table", "shifts", "flaws"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name), check_dtype=False)
    assert again.as_of == LATER


def test_indicators__of_a_contest_rank_the_kecamatan(malang):
    found = rivalry(city_results(malang), as_of=LATER)
    ranking = found.to_indicators("pilwali-2024").rank("kecamatan", draws=50)
    assert ranking.table["place"].iloc[0] == "35.73.05"  # Lowokwaru: closest, and as mixed as any
    assert ranking.table.set_index("place").loc["35.73.05", "best"] == 1


# --- the real results of 2019 -----------------------------------------------------------------------------------------


def test_2019__the_known_flaws_are_told(malang, shared):
    """124 TPS whose totals differ and 42 whose valid votes are not their sum (data/malang/README.md)."""
    renamed = {"kpu_sah": "valid", "kpu_tidak_sah": "invalid", "kpu_pengguna": "used"}
    contest = Contest("pilpres-2019", date(2019, 4, 17), date(2019, 5, 21), "kawalpemilu2019-extract b373cfc")
    path = shared / "data" / "malang" / "pemilu2019_tps.csv"
    results = read_results(path, malang, contest=contest, choices=("kpu_pas1", "kpu_pas2"), renamed=renamed)
    assert results.flaws["what"].value_counts().to_dict() == {"used ≠ valid + invalid": 124, "valid ≠ sum of votes": 42}
    embedded = city_results(malang)
    found = rivalry(results.join(embedded), as_of=date(2019, 6, 1))
    assert found.levels.loc["pilpres-2019"].to_list() == [1, 5, 57, 2365]
    city = found.to_table().query("level == 'city' and contest == 'pilpres-2019'").iloc[0]
    assert city["derived"] == "published"
    assert city["closeness"] == pytest.approx(1 - (345695 - 168001) / 513696)
    told = found.flaws.query("what == 'published ≠ sum of kecamatan' and contest == 'pilpres-2019'").iloc[0]
    assert (told["said"], told["computed"]) == (513696.0, 512961.0)
    kecamatan = found.to_table().query("level == 'kecamatan'").set_index("place")
    assert (kecamatan["pockets"] > 3 * kecamatan["pockets_by_chance"]).all()
    assert kecamatan["turnout"].between(0.8, 0.9).all()
    assert kecamatan["stations"].sum() == 2365


def test_2024__february_is_known_of_few_kelurahan_and_not_compared_above(malang, shared):
    path = shared / "data" / "malang" / "pilpres2024_partial_kelurahan.csv"
    contest = Contest("pilpres-2024", date(2024, 2, 14), date(2024, 3, 20), "KawalPemilu2024 d16e146")
    results = read_results(
        path, malang, contest=contest, choices=("paslon1_anies", "paslon2_prabowo", "paslon3_ganjar")
    )
    found = rivalry(results.join(city_results(malang)), as_of=LATER)
    assert found.levels.loc["pilpres-2024"].to_list() == [0, 0, 10, 0]
    assert (found.to_table().query("contest == 'pilpres-2024'")["coverage"] < 1).sum() == 7
    assert set(found.shifts.query("contest == 'pilpres-2024'")["reason"]) == {"no_common_level"}
