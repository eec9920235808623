"""Spark gives units to requests as the command does; what no candidate joins is solved by executors of their own."""

import csv
import json
import warnings

import pytest
from conftest import command

from logis_regles import LogisError, LogisWarning, Pack, join

pytest.importorskip("pyspark")
pa = pytest.importorskip("pyarrow")

from logis_regles.spark import match  # noqa: E402

DATE = "2015-12-31"
# Of départements whose ceilings differ.
COMMUNES = {"21": "21231", "13": "13055", "69": "69123"}

pytestmark = pytest.mark.filterwarnings("ignore::logis_regles.LogisWarning", "ignore::FutureWarning")


def rows(folder, name):
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(folder, tables):
    for name, all_rows in tables.items():
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(all_rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(all_rows)
    (folder / "paquet.toml").write_text(f"as_of = {DATE}\nsynthetic = true\n", encoding="utf-8")
    return folder


TABLES = ("demandes", "personnes", "projets", "employeurs", "logements")


@pytest.fixture(scope="module")
def by_commune(dijon, tmp_path_factory):
    """The requests of Dijon, each for one commune: parts that no candidate joins."""
    tables = {name: rows(dijon, name) for name in TABLES}
    for request in tables["demandes"]:
        request["communes_souhaitees"] = (request["communes_souhaitees"].split() or [request["commune"]])[0]
    return written(tmp_path_factory.mktemp("by_commune"), tables)


@pytest.fixture(scope="module")
def by_departement(dijon, tmp_path_factory):
    """The requests of Dijon in each of three départements, whose units no request of another accepts."""
    tables = {name: [] for name in TABLES}
    for departement, commune in COMMUNES.items():
        for name in TABLES:
            for row in rows(dijon, name):
                own = {key: f"{departement}-{cell}" if key.endswith("_id") and cell else cell for key, cell in row.items()}
                if name in ("demandes", "logements"):
                    own["commune"] = commune
                if name == "demandes":
                    own |= {"communes_souhaitees": commune, "departement": departement}
                tables[name].append(own)
    return written(tmp_path_factory.mktemp("by_departement"), tables)


def by_command(folder, *options):
    """What the command writes: the pairs, and what each level reaches."""
    document = json.loads(command("match", "--data", folder, "--as-of", DATE, "--format", "json", *options))
    pairs = {(one["demande_id"], one["logement_id"]) for one in document["attributions"]}
    assert pairs
    return pairs, {level["name"]: level for level in document["levels"]}


def frames(spark, folder):
    def read(name):
        return spark.read.option("header", True).csv(str(folder / f"{name}.csv"))

    return {name: read(name) for name in ("demandes", "logements", "personnes", "employeurs")}


def by_spark(spark, folder, **options):
    return match(**frames(spark, folder), date=DATE, **options)


def pairs(matched):
    return {tuple(pair.values()) for pair in matched.attributions.to_pylist()}


@pytest.mark.parametrize("together", [None, "departement"])
def test_departements_are_matched_as_by_the_command(spark, by_departement, together):
    expected, levels = by_command(by_departement, "--no-quotas")
    matched = by_spark(spark, by_departement, no_quotas=True, parts=7, together=together)
    assert len(matched.groups) == 3
    assert pairs(matched) == expected
    assert reached(matched) == {name: level["value"] for name, level in levels.items()}
    assert matched.proved and matched.gaps == {"attributions": 0, "priority": 0, "fit": 0, "quotas": {}}


def test_parts_by_commune_are_matched_as_by_the_command(spark, by_commune):
    expected, levels = by_command(by_commune, "--no-quotas")
    matched = by_spark(spark, by_commune, no_quotas=True, parts=5)
    assert len(matched.groups) == 5
    assert pairs(matched) == expected
    assert matched.proved and reached(matched) == {name: level["value"] for name, level in levels.items()}
    # What was found is said of the whole, once.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = Pack().pose(DATE, str(by_commune), no_quotas=True)
    assert whole.doubts and all(line in matched.warnings for line in whole.warnings if line.startswith(str(whole.doubts["open_pairs"])))


def reached(matched):
    return {level: matched.reached[level] for level in ("attributions", "priority", "fit")}


def test_quotas_that_reach_over_parts_are_bounded_and_said(spark, by_commune):
    whole = Pack().match(DATE, str(by_commune))
    with pytest.warns(LogisWarning, match="tout n'est pas prouvé") as told:
        matched = by_spark(spark, by_commune, parts=5)
    assert not matched.proved
    assert any(str(one.message) == matched.warnings[-1] for one in told)
    assert matched.reached["attributions"] == whole.reached["attributions"] and matched.gaps["attributions"] == 0
    assert whole.reached["priority"] <= matched.reached["priority"] + matched.gaps["priority"]
    # Whatever the whole lacks, it lacks no less than is said.
    quota = {one["name"]: one for one in whole.document()["quotas"]}["quart_reserve"]
    of_parts = matched.reached["quotas"]["quart_reserve"]
    assert of_parts["shortfall"] - matched.gaps["quotas"]["quart_reserve"] <= quota["shortfall"] <= of_parts["shortfall"]


def test_a_package_of_one_part_is_proved_with_its_quotas(spark, by_departement, tmp_path):
    tables = {name: [row for row in rows(by_departement, name) if first(row).startswith("21-")] for name in TABLES}
    folder = written(tmp_path, tables)
    expected, _ = by_command(folder)
    matched = by_spark(spark, folder, parts=3)
    assert len(matched.groups) == 1 and matched.proved
    assert pairs(matched) == expected


def first(row):
    return next(iter(row.values()))


def test_persons_may_stand_in_requests(spark, by_commune, tmp_path):
    tables = frames(spark, by_commune)
    own = {}
    for person in rows(by_commune, "personnes"):
        request = person.pop("demande_id")
        person.pop("employeur_id")
        own.setdefault(request, []).append({key: cell for key, cell in person.items() if cell})
    file = tmp_path / "demandes.ndjson"
    records = [{**row, "personnes": own[row["demande_id"]]} for row in rows(by_commune, "demandes")]
    records = [{key: cell for key, cell in record.items() if cell != ""} for record in records]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    nested = match(spark.read.json(str(file)), rows_of(tables["logements"]), DATE, no_quotas=True, parts=4)
    assert pairs(nested) == pairs(by_spark(spark, by_commune, no_quotas=True, parts=4))


def rows_of(frame):
    """Units as they may be given, too: a table of pyarrow."""
    return frame.toArrow()


def test_no_request_and_no_candidate(spark, by_commune):
    tables = frames(spark, by_commune)
    none = {**tables, "logements": tables["logements"].where("commune = '21355'").limit(0)}
    matched = match(**none, date=DATE)
    assert len(matched) == 0 and matched.groups == [] and matched.proved
    assert matched.reached["attributions"] == 0


def test_what_is_wrong_stops_the_job_with_its_words(spark, by_commune):
    tables = frames(spark, by_commune)
    fewer = tables["demandes"].where("demande_id <> 'D0003'")
    with pytest.raises(LogisError, match="« D0003 »"):
        match(**{**tables, "demandes": fewer}, date=DATE)
    with pytest.raises(LogisError, match="« D0003 » est l'identifiant de 2 lignes"):
        match(**{**tables, "demandes": tables["demandes"].unionAll(tables["demandes"].where("demande_id = 'D0003'"))}, date=DATE)
    with pytest.raises(LogisError, match="commune"):
        match(**{**tables, "logements": tables["logements"].withColumnRenamed("commune", "comune")}, date=DATE)
    wrong = tables["demandes"].selectExpr("*", "1 as beside").drop("rfr_n2").selectExpr("*", "'21 3O0' as rfr_n2")
    with pytest.raises(Exception, match="21 3O0"):
        match(**{**tables, "demandes": wrong}, date=DATE)
    # Persons of an employer belong to many requests: a part of these would count some of them.
    with pytest.raises(LogisError, match="colonne"):
        match(**{**tables, "demandes": tables["demandes"].drop("commune")}, date=DATE, strict=True)


def test_parts_are_joined_by_hand(by_commune):
    """What Spark does, in one process: groups posed on their own rows, solved apart and joined."""
    pack = Pack()
    whole = pack.pose(DATE, str(by_commune), no_quotas=True)
    groups = whole.groups(4)
    assert whole.by_parts and len(groups) == 4 and sum(group["candidates"] for group in groups) == whole.candidates
    answers = []
    for group in groups:
        own = {name: rows(by_commune, name) for name in ("demandes", "personnes", "employeurs", "logements")}
        own["demandes"] = [row for row in own["demandes"] if row["demande_id"] in group["requests"]]
        own["personnes"] = [row for row in own["personnes"] if row["demande_id"] in group["requests"]]
        own["logements"] = [row for row in own["logements"] if row["logement_id"] in group["units"]]
        posed = pack.pose(DATE, {name: pa.Table.from_pylist(table) for name, table in own.items()}, no_quotas=True)
        assert posed.candidates == group["candidates"]
        answers.append(posed.apart())
    joined = join(answers)
    at_once = pack.match(DATE, str(by_commune), no_quotas=True)
    assert joined["proved"] and {key: joined["reached"][key] for key in at_once.reached} == at_once.reached
    with pytest.raises(LogisError, match="deux fois"):
        join([*answers, answers[0]])
    with pytest.raises(LogisError, match="quotas de la première"):
        join([answers[0], pack.pose(DATE, str(by_commune)).apart()])
    with pytest.raises(LogisError, match="ne se lit pas"):
        join(["{}"])
