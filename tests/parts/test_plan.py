import itertools
from dataclasses import replace

import pytest

from parts.fake_city import FakeCity
from parts.page import bare
from sispamkota import store
from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.plan import POSTURES, Plan, Post

MALANG = (DATA / "plans" / "malang-500.yaml").read_text(encoding="utf-8")
FORCE = """kind: force
version: 1
name: small
title: Small
total: 133
on: 2024-06-12
source: S1
quality: official
units:
  - {id: phh, kind: phh_brimob, home: polresta}
  - {id: awal, kind: dalmas_awal, home: polresta}
  - {id: medis, kind: ambulans}
"""
PLAN = """kind: plan
version: 1
name: small
title: Small
city: malang
force: force.yaml
source: S1
quality: assumed
posts:
  - {unit: medis, at: kpu, task: standby}
  - {unit: phh, at: polresta, task: reserve, posture: phh}
  - {unit: awal, at: kpu, task: guard}
"""


@pytest.fixture
def plan_at(tmp_path):
    def write(plan, *, force=FORCE):
        (tmp_path / "force.yaml").write_text(force, encoding="utf-8")
        (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
        return tmp_path / "plan.yaml"

    return write


def faults_of(path, **kwargs):
    with pytest.raises(InputError) as caught:
        Plan.load(path, **kwargs)
    return [(fault.where.rsplit("/", 1)[1], fault.field, fault.remedy) for fault in caught.value.faults]


# --- malang-500 -------------------------------------------------------------------------------------------------------


def test_malang__every_unit_has_a_post_and_every_place_exists():
    plan = Plan.load("malang-500", city=FakeCity())
    assert [post.unit for post in plan.posts] == [unit.id for unit in plan.force.units]
    assert plan.check(FakeCity()) == ()


def test_malang__stands_as_the_drill_says():
    plan = Plan.load("malang-500")
    units = {unit.id: unit for unit in plan.force.units}
    at = {
        place: [units[post.unit] for post in plan.posts if post.at == place] for place in ("kpu", "bawaslu", "polresta")
    }
    for office in ("kpu", "bawaslu"):
        assert {"negosiator", "dalmas_awal", "satpol_pp", "ambulans"} <= {unit.kind for unit in at[office]}
        assert max(unit.level for unit in at[office]) == 0
    assert "phh_brimob" in {unit.kind for unit in at["polresta"]}
    assert any(post.task == "reserve" for post in plan.posts)


def test_malang__each_edge_of_the_city_has_police_and_dishub():
    plan = Plan.load("malang-500")
    for edge in ("tlogomas", "kebonsari", "balearjosari"):
        agencies = {plan.force.unit(post.unit).agency for post in plan.posts if post.at == edge}
        assert agencies == {"polri", "dishub"}


def test_malang__nobody_shows_more_than_dalmas_awal_from_the_start():
    assert {post.posture for post in Plan.load("malang-500").posts} == {None, "awal"}


def test_malang__says_that_split_and_posts_are_assumed():
    assert [each.key for each in Plan.load("malang-500").assumptions] == ["force.split", "plan.posts"]


def test_malang__finds_all_its_places_in_the_embedded_city():
    city = pytest.importorskip("sispamkota.place.city").City.load("malang")
    assert Plan.load("malang-500").check(city) == ()


# --- faults -----------------------------------------------------------------------------------------------------------


def test_load__a_place_that_does_not_exist(plan_at):
    path = plan_at(PLAN.replace("at: kpu, task: guard", "at: kpuu, task: guard"))
    assert faults_of(path, city=FakeCity()) == [("plan.yaml:12", "at", 'did you mean "kpu"?')]
    (fault,) = Plan.load(path).check(FakeCity())
    assert fault.where.endswith("plan.yaml:12")


def test_load__a_unit_posted_twice_or_never_or_unknown(plan_at):
    text = PLAN.replace("unit: medis", "unit: phh").replace("unit: awal", "unit: awall")
    assert faults_of(plan_at(text)) == [
        ("plan.yaml:11", "posts[1].unit", "Keep one of its posts."),
        ("plan.yaml:12", "posts[2].unit", 'did you mean "awal"?'),
        ("plan.yaml:9", "posts", 'Post it, if only with "task: reserve".'),
        ("plan.yaml:9", "posts", 'Post it, if only with "task: reserve".'),
        ("plan.yaml:9", "posts", "Remove posts until the force is enough."),
    ]


def test_load__more_people_than_the_force_says_how_many(plan_at):
    with pytest.raises(InputError) as caught:
        Plan.load(plan_at(PLAN + "  - {unit: phh, at: dprd, task: guard}\n"))
    assert [(fault.expected, fault.got) for fault in caught.value.faults][1] == (
        "at most the 133 people of small",
        "233 people",
    )


@pytest.mark.parametrize(("unit", "armed"), [("awal", True), ("phh", True), ("medis", False)])
def test_check__no_armed_unit_inside_a_tps(plan_at, unit, armed):
    plan = Plan.load(plan_at(PLAN)).move(unit, to="tps-1")
    faults = plan.check(FakeCity())
    assert [fault.expected for fault in faults] == ["no armed unit inside a TPS"] * armed


def test_check__homes_are_places_too_each_told_once(plan_at):
    path = plan_at(PLAN, force=FORCE.replace("home: polresta", "home: polrest"))
    assert [(where, remedy) for where, _, remedy in faults_of(path, city=FakeCity())] == [
        ("force.yaml:10", 'did you mean "polresta"?')
    ]


def test_load__faults_of_plan_force_and_places_come_together(plan_at):
    text = PLAN.replace("at: kpu, task: guard", "at: kpuu, task: guard").replace("unit: medis", "unit: meds")
    path = plan_at(text, force=FORCE.replace("total: 133", "total: 500"))
    assert [(where, field) for where, field, _ in faults_of(path, city=FakeCity())] == [
        ("force.yaml:5", "total"),
        ("plan.yaml:10", "posts[0].unit"),
        ("plan.yaml:9", "posts"),
        ("plan.yaml:12", "at"),
    ]


def test_load__a_bad_row_hides_no_fault_of_the_others(plan_at):
    """A unit twice, an unknown unit, an unknown place and a bad task: all four, and none invented of the bad row."""
    rows = (
        "  - {unit: medis, at: kpu, task: dance}\n"
        "  - {unit: phh, at: nowhere, task: reserve}\n"
        "  - {unit: awal, at: kpu, task: guard}\n"
        "  - {unit: awal, at: kpu, task: guard}\n"
        "  - {unit: nobody, at: kpu, task: guard}\n"
    )
    text = PLAN[: PLAN.index("posts:\n")] + "posts:\n" + rows
    with pytest.raises(InputError) as caught:
        Plan.load(plan_at(text), city=FakeCity())
    told = [f"{fault.field} {fault.got}" for fault in caught.value.faults if "people of small" not in fault.expected]
    assert len(told) == 4, told
    for word in ("dance", "nowhere", "nobody", "again"):
        assert sum(word in each for each in told) == 1, word


def test_load__units_of_a_force_that_is_not_known_are_not_told(plan_at):
    """One cause, one fault: a unit without a kind does not make its post wrong as well."""
    path = plan_at(PLAN, force=FORCE.replace("phh_brimob", "phh_brimb"))
    assert [(where, field) for where, field, _ in faults_of(path)] == [("force.yaml:10", "units[0].kind")]


def test_load__a_malformed_plan_names_every_line(plan_at):
    text = (
        PLAN.replace("task: guard", "task: gard").replace("posture: phh", "postur: phh").replace("city: malang\n", "")
    )
    assert faults_of(plan_at(text)) == [
        ("plan.yaml:1", "city", 'Add "city: …".'),
        ("plan.yaml:10", "posts[1].postur", 'Did you mean "posture"?'),
        ("plan.yaml:11", "posts[2].task", 'Did you mean "guard"?'),
    ]


@pytest.mark.parametrize(
    ("name", "remedy"), [("malang-50", 'Did you mean "malang-500"?'), ("zzz", "Known: malang-500, malang-pilkada.")]
)
def test_load__unknown_names_of_plan_and_force(plan_at, name, remedy):
    with pytest.raises(InputError) as caught:
        Plan.load(name)
    assert [fault.remedy for fault in caught.value.faults] == [remedy]
    assert faults_of(plan_at(PLAN.replace("force: force.yaml", f"force: {name}"))) == [("plan.yaml:6", "force", remedy)]


def test_load__a_force_file_stands_beside_the_plan(plan_at):
    assert Plan.load(plan_at(PLAN)).force.name == "small"
    faults = faults_of(plan_at(PLAN.replace("force: force.yaml", "force: absent.yaml")))
    assert faults == [("absent.yaml", "file", "Check the path and its permissions.")]


# --- the value --------------------------------------------------------------------------------------------------------


def test_load__posts_stand_in_the_order_of_the_force(plan_at):
    """The same plan written in another order is the same value, so it meets the same luck."""
    rows = PLAN.splitlines()[9:]
    head = PLAN.splitlines()[:9]
    plans = [Plan.load(plan_at("\n".join([*head, *order]) + "\n")) for order in itertools.permutations(rows)]
    assert all(plan == plans[0] for plan in plans)
    assert [post.unit for post in plans[0].posts] == ["phh", "awal", "medis"]


def test_load__a_crowd_unit_shows_the_lowest_posture_by_default(plan_at):
    postures = {post.unit: post.posture for post in Plan.load(plan_at(PLAN)).posts}
    assert postures == {"phh": "phh", "awal": "awal", "medis": None}
    assert POSTURES.index("awal") == 0


def test_move__changes_one_post_and_nothing_else(plan_at):
    plan = Plan.load(plan_at(PLAN))
    moved = plan.move("awal", to="dprd")
    assert [post for post in moved.posts if post not in plan.posts] == [Post("awal", "dprd", "guard", "awal")]
    assert moved.force is plan.force
    assert plan == Plan.load(plan_at(PLAN))
    assert moved.move("awal", to="kpu") == plan
    assert plan.move("awal", to="kpu", task="reserve", posture="phh").posts[1] == Post("awal", "kpu", "reserve", "phh")


def test_move__faults_at_once(plan_at):
    with pytest.raises(InputError) as caught:
        Plan.load(plan_at(PLAN)).move("awl", to="kpu", task="gard", posture="ph")
    assert [fault.remedy for fault in caught.value.faults] == [
        'did you mean "awal"?',
        'did you mean "guard"?',
        'did you mean "phh"?',
    ]


def test_move__a_bad_place_is_told_by_check(plan_at):
    (fault,) = Plan.load(plan_at(PLAN)).move("awal", to="moon").check(FakeCity())
    assert fault.where == "move awal to moon"


def test_plan__save_and_load_give_an_equal_value(tmp_path, plan_at):
    plan = Plan.load(plan_at(PLAN)).move("awal", to="dprd")
    plan.save(tmp_path / "out")
    assert store.load(tmp_path / "out") == plan
    assert Plan.load(tmp_path / "out") == plan


def test_plan__manifest_tells_the_posts_as_they_stand(plan_at):
    plan = Plan.load(plan_at(PLAN))
    assert list(plan.manifest.inputs) == ["force", "plan"]
    assert plan.manifest.digest() != plan.move("awal", to="dprd").manifest.digest()


def test_plan__prints_the_same_rows_twice():
    plan = Plan.load("malang-500")
    line = next(line for line in str(plan).splitlines() if line.startswith("polresta"))
    assert line.split()[1:3] == ["2", "110"]
    assert "<td>polresta</td><td>2</td><td>110</td>" in bare(plan._repr_html_())


def test_plan__table_holds_what_the_engine_reads():
    table = Plan.load("malang-500").to_table()
    wanted = {"unit", "agency", "people", "capabilities", "level", "vehicle", "at", "task", "posture"}
    assert wanted <= set(table.columns)
    assert len(table) == 40
    assert table["people"].sum() == 500


def test_plan__plot_shows_everyone():
    import matplotlib as mpl

    mpl.use("Agg")
    axes = Plan.load("malang-500").plot()
    assert sum(bar.get_width() for bar in axes.patches) == 500
    mpl.pyplot.close(axes.figure)


def test_plan__shift_stations_leader_and_channel_survive_a_round_trip(tmp_path):
    from dataclasses import replace

    from sispamkota.force import Duty
    from sispamkota.plan import Plan

    plan = Plan.load("malang-500")
    more = {"duty": Duty(from_h=6.0, hours=8.0), "tps": ("a", "b"), "under": "komando", "radio": "Rajawali 1"}
    first = replace(plan.posts[0], **more)
    plan = replace(plan, posts=(first, *plan.posts[1:]))
    plan.save(tmp_path / "p")
    assert Plan.load(tmp_path / "p").posts == plan.posts


def test_without__whoever_led_the_leader_leads():
    plan = Plan.load("malang-500")
    over = {"dalmas-awal-1": "patroli-1", "patroli-1": "satlantas-1", "satlantas-1": "komando"}
    posts = tuple(replace(post, under=over.get(post.unit, "")) for post in plan.posts)
    chain = replace(plan, posts=posts)
    said = {post.unit: post.under for post in chain.without("patroli-1", "satlantas-1").posts}
    assert said["dalmas-awal-1"] == "komando"
    bare = {post.unit: post.under for post in chain.without("patroli-1", "satlantas-1", "komando").posts}
    assert not bare["dalmas-awal-1"]
    kept = {post.unit: post.under for post in chain.without("negosiator-1").posts}
    assert kept["dalmas-awal-1"] == "patroli-1"
