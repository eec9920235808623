"""Spark decides as the command does, on executors that are processes of their own; what it finds reaches the driver."""

import csv
import io
import json
import os
import re
import shutil
import time
import warnings
from decimal import Decimal

import pytest
from conftest import DIJON, ROOT, command, households
from conftest import table as rows

from logis_regles import LogisError, LogisWarning, Pack

pytest.importorskip("pyspark")
pa = pytest.importorskip("pyarrow")

from logis_regles import spark as module  # noqa: E402
from logis_regles.spark import Report, decide, decide_tables  # noqa: E402

PAGE = ROOT / "docs/src/fr/spark.md"
DATE = "2015-12-31"
RULES = [
    "ressources", "plafond_plus", "eligible_plai", "eligible_plus", "eligible_pls", "categorie_menage", "zone_plafond",
    "premier_quartile",
]

pytestmark = pytest.mark.filterwarnings("ignore::logis_regles.LogisWarning", "ignore::FutureWarning")


def by_command(folder, rules):
    told = command("eval", "--data", folder, "--as-of", DATE, "--select", ",".join(rules), "--format", "csv")
    return {row["demande_id"]: row for row in csv.DictReader(io.StringIO(told))}


def text(value):
    """A cell as the command writes it to CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def as_texts(decided):
    rows = decided.to_pylist()
    by_id = {row["demande_id"]: {key: text(cell) for key, cell in row.items()} for row in rows}
    assert len(by_id) == len(rows)
    return by_id


def table(spark, name):
    return spark.read.option("header", True).csv(str(DIJON / f"{name}.csv"))


@pytest.fixture(scope="module")
def nested(spark, tmp_path_factory):
    """The requests of Dijon with what belongs to them, as a frame of Spark."""
    file = tmp_path_factory.mktemp("nested") / "demandes.ndjson"
    file.write_text("".join(json.dumps(record) + "\n" for record in households()), encoding="utf-8")
    return spark.read.json(str(file)).repartition(4).cache()


def test_requests_with_their_persons_are_decided_as_files(spark, nested):
    rules = [*RULES, "publics"]
    decided = decide(nested, DATE, rules).toArrow()
    assert as_texts(decided) == by_command(DIJON, rules)
    # The columns are those of the plan, each once.
    pack = Pack()
    once = pack.plan(DATE, list(dict.fromkeys(pack.plan(DATE, rules).rules)))
    expected = pa.table(once.schema()).schema
    assert (decided.schema.names, decided.schema.types) == (expected.names, expected.types)


def test_two_tables_are_decided_as_files(spark):
    rules = [*RULES, "publics"]
    expected = by_command(DIJON, rules)
    demandes, personnes, employeurs = (table(spark, name) for name in ("demandes", "personnes", "employeurs"))
    report = Report()
    decided = decide_tables(demandes, personnes, DATE, rules, employeurs=employeurs, parts=7, report=report)
    assert as_texts(decided.toArrow()) == expected
    assert report.rows == len(expected) and report.dropped == {}
    assert {row["eligible_plus"] for row in expected.values()} == {"true", "false"}


def test_the_lines_of_the_page(spark, capsys, monkeypatch):
    block = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL).group(1)
    assert len(block.splitlines()) == 5
    monkeypatch.chdir(ROOT)
    exec(compile(block, str(PAGE), "exec"), {})
    shown = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    header, *lines = [[cell.strip() for cell in line] for line in shown]
    expected = by_command(DIJON, header[1:])
    assert len(lines) == 20
    for line in lines:
        row = dict(zip(header, line))
        assert row == {key: cell or "NULL" for key, cell in expected[row["demande_id"]].items()}


PERSON = {"lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": False, "handicap": False}
TYPE = (
    "demande_id string, commune string, rfr_n2 string, rfr_n1 string, revenus_12_mois string, "
    "personnes array<struct<lien string, date_naissance string, a_charge boolean, handicap boolean>>"
)


def requests(spark, *changed):
    """Requests of one person in Dijon, each with what is changed in it."""
    base = {"commune": "21231", "rfr_n2": "20123", "rfr_n1": "20123", "revenus_12_mois": "22000", "personnes": [PERSON]}
    records = [{"demande_id": f"D{number}", **base, **one} for number, one in enumerate(changed, start=1)]
    return spark.createDataFrame(records, TYPE).coalesce(1)


WRONG = [{}, {"rfr_n2": "20124"}, {"rfr_n2": "21 3O0"}, {"personnes": [PERSON, {**PERSON, "lien": "voisin"}]}, {}]


def test_what_is_wrong_stops_the_job_with_its_words(spark):
    decided = decide(requests(spark, *WRONG), "2017-06-30", ["eligible_plus"])
    with pytest.raises(Exception) as raised:
        decided.collect()
    told = str(raised.value)
    assert "demandes:3: colonne `rfr_n2`: « 21 3O0 » n'est pas un montant" in told
    assert "personnes:5: colonne `lien`: « voisin »" in told
    assert "lot 1 (de « D1 » à « D5 »)" in told


def test_what_is_wrong_comes_as_a_column(spark):
    report = Report()
    decided = decide(
        requests(spark, *WRONG), "2017-06-30", ["eligible_plus"], states=True, errors="column", report=report
    )
    found = [tuple(row) for row in decided.collect()]
    assert [row[:3] for row in found] == [
        ("D1", True, "known"), ("D2", False, "known"), ("D3", None, "error"), ("D4", None, "error"), ("D5", True, "known"),
    ]
    assert [row[3] is None for row in found] == [True, True, False, False, True]
    # Each row's words are of it alone: the second person of the fourth request.
    assert found[2][3].startswith("demandes:1: colonne `rfr_n2`: « 21 3O0 »")
    assert found[3][3].startswith("personnes:2: colonne `lien`: « voisin »")
    assert (report.rows, report.dropped["demandes"]) == (3, 2)


def test_what_is_left_out_is_counted(spark):
    with pytest.raises(ValueError, match="report="):
        decide(requests(spark, *WRONG), "2017-06-30", ["eligible_plus"], errors="drop", check_ids=False)
    report = Report()
    # A batch whose rows are all wrong is left out whole.
    wrong = [*WRONG, *[{"rfr_n2": "x"}] * 100]
    decided = decide(requests(spark, *wrong).repartition(2, "rfr_n2"), "2017-06-30", ["eligible_plus"], errors="drop",
                     report=report)
    assert sorted(row.demande_id for row in decided.collect()) == ["D1", "D2", "D5"]
    assert (report.rows, report.dropped["demandes"]) == (3, 102)
    assert any(line.startswith("erreur: 101 fois") and "`rfr_n2`" in line for line in report.warnings), str(report)
    # Computed again, it is counted once.
    decided.collect()
    assert (report.rows, report.dropped["demandes"]) == (3, 102)


def test_columns_that_are_not_there_are_told_before_the_job(spark):
    df = requests(spark, {}).drop("rfr_n1")
    with pytest.warns(LogisWarning, match="colonnes absentes, donc inconnues: demandes: `rfr_n1`"):
        decided = decide(df, "2017-06-30", ["eligible_plus"], states=True)
    assert decided.columns == ["demande_id", "eligible_plus", "eligible_plus.state"]
    with pytest.raises(LogisError, match="rfr_n1"):
        decide(df, "2017-06-30", ["eligible_plus"], strict=True)
    with pytest.raises(LogisError, match="la colonne `commune` manque ; est-ce la colonne « comune »"):
        decide(df.withColumnRenamed("commune", "comune"), "2017-06-30", ["eligible_plus"])


def test_doubts_in_the_data_are_warned_of_once(spark):
    # Someone born in the years of a typing error.
    doubtful = {"personnes": [{**PERSON, "date_naissance": "1880-02-01"}]}
    plan = Pack().plan("2017-06-30", ["plafond_plus"])
    with pytest.warns(LogisWarning) as told:
        decided = plan.evaluate(requests(spark, doubtful).toArrow())
    assert [issue.level for issue in decided.issues] == ["warning"], [str(one.message) for one in told]
    words = decided.issues[0].text
    job = decide(requests(spark, *[doubtful] * 300), "2017-06-30", ["plafond_plus"])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert job.count() == 300
        until = time.monotonic() + 10
        while not told and time.monotonic() < until:
            time.sleep(0.05)
    assert [words in str(one.message) for one in told if one.category is LogisWarning] == [True]


def test_identifiers_that_stand_twice_are_refused_wherever_they_are(spark):
    twice = requests(spark, *[{}] * 3, {"demande_id": " D1"}).repartition(4)
    with pytest.raises(LogisError, match="demandes: « D1 » est l'identifiant de 2 lignes"):
        decide(twice, "2017-06-30", ["plafond_plus"])
    demandes, personnes = table(spark, "demandes").limit(5), table(spark, "personnes").limit(5)
    with pytest.raises(LogisError, match="personnes: « P"):
        decide_tables(demandes, personnes.unionAll(personnes), DATE, ["plafond_plus"])


def test_persons_without_a_request_are_an_error(spark):
    demandes, personnes = table(spark, "demandes"), table(spark, "personnes")
    last = max(row["demande_id"] for row in rows("demandes"))
    fewer = demandes.where(demandes.demande_id != last)
    with pytest.raises(Exception, match=f"« {last} » n'est l'identifiant d'aucune ligne de `demande`"):
        decide_tables(fewer, personnes, DATE, ["plafond_plus"], check_ids=False).collect()
    beside = decide_tables(fewer, personnes, DATE, ["plafond_plus"], check_ids=False, errors="column")
    (row,) = beside.where("erreurs is not null").collect()
    assert row.demande_id == last and "aucune ligne de `demande`" in row.erreurs
    assert beside.count() == len(rows("demandes"))


SCHEMA = '[menage]\ntable = "menages"\nkey = "menage_id"\nfields.revenu = { type = "amount", unit = "EUR/an" }\n'
RULE = '//! entité: menage\n/// source: art. 1\nfn eligible(revenu) { revenu <= 20000 }\n'


def test_a_rule_book_of_a_folder_goes_to_the_executors(spark, tmp_path):
    folder = tmp_path / "regles"
    folder.mkdir()
    for name, words in (("pack.toml", 'name = "essai"\n'), ("schema.toml", SCHEMA), ("a.rhai", RULE)):
        (folder / name).write_text(words, encoding="utf-8")
    df = spark.createDataFrame([("M1", 20_000), ("M2", 20_001)], "menage_id string, revenu long").repartition(2)
    decided = decide(df, "2018-06-30", ["eligible"], folder)
    # Nothing of it is on the driver's disk any more.
    shutil.rmtree(folder)
    assert sorted(map(tuple, decided.collect())) == [("M1", True), ("M2", False)]
    by_name = decide(requests(spark, {}), "2017-06-30", ["plafond_plus"], pack="action_logement")
    assert by_name.collect()[0].plafond_plus == 20_123
    with pytest.raises(LogisError, match="« action_logment » n'est ni un dossier"):
        decide(df, "2018-06-30", ["eligible"], pack="action_logment")


def test_what_is_counted_across_batches_is_refused(spark):
    schema = (
        '[demande]\ntable = "demandes"\nkey = "demande_id"\nfields.rang = { type = "integer" }\n'
        '[personne]\ntable = "personnes"\nkey = "personne_id"\nfields.present = { type = "boolean" }\n'
        'belongs_to.demande = { column = "demande_id", required = true }\n'
        'belongs_to.employeur = { column = "employeur_id" }\n'
        '[employeur]\ntable = "employeurs"\nkey = "employeur_id"\nfields.siege = { type = "text" }\n'
    )
    rules = {
        "a.rhai": ("employeur", "effectif(present) { nombre(present) }"),
        "b.rhai": ("personne", "chez_un_grand(effectif) { effectif >= 3 }"),
        "c.rhai": ("demande", "un_chez_un_grand(chez_un_grand) { un(chez_un_grand) }"),
        "d.rhai": ("demande", "un_present(present) { un(present) }"),
    }
    files = [(name, f"//! entité: {of}\n/// source: art. 1\nfn {rule}".encode()) for name, (of, rule) in rules.items()]
    pack = Pack.from_files([("schema.toml", schema.encode()), *files])
    demandes = spark.createDataFrame([("D1",), ("D2",)], "demande_id string")
    persons = [("P1", "D1", "E1", True), ("P2", "D2", "E1", False)]
    personnes = spark.createDataFrame(
        persons, "personne_id string, demande_id string, employeur_id string, present boolean"
    )
    with pytest.raises(LogisError, match="un employeur"):
        decide_tables(demandes, personnes, "2017-06-30", ["un_chez_un_grand"], pack)
    decided = decide_tables(demandes, personnes, "2017-06-30", ["un_present"], pack)
    assert sorted(map(tuple, decided.collect())) == [("D1", True), ("D2", False)]


def test_each_process_makes_the_plan_once(spark):
    df = requests(spark, *[{}] * 64).repartition(16)
    job = decide(df, "2017-06-30", ["plafond_pls"])
    before = set(processes(spark))
    assert job.count() == 64 and job.count() == 64
    after = processes(spark)
    # One plan more in each process that was there, after 32 tasks.
    made = {pid: plans for pid, _, plans in after}
    assert {made[pid] - plans for pid, _, plans in before if pid in made} <= {0, 1}
    # The executors are processes of their own: their Pythons have different parents, and none is this one.
    parents = {parent for _, parent, _ in after}
    if spark.sparkContext.master.startswith("local-cluster"):
        assert len(parents) == 2 and os.getpid() not in {pid for pid, _, _ in after}


def processes(spark):
    """The Pythons of the executors: process, its parent, how many plans it holds."""

    def asked(batches):
        for _ in batches:
            time.sleep(0.3)
            from logis_regles._spark_work import MADE

            row = {"pid": [os.getpid()], "parent": [os.getppid()], "plans": [len(MADE)]}
            yield pa.RecordBatch.from_pydict(row)

    found = spark.range(8, numPartitions=8).mapInArrow(asked, "pid long, parent long, plans long").collect()
    return sorted({tuple(row) for row in found})


def test_what_is_no_frame_of_spark_is_refused():
    with pytest.raises(TypeError, match="Table.*pyspark.sql.DataFrame"):
        decide(pa.table({"demande_id": ["D1"]}), DATE)
    with pytest.raises(ValueError, match="`stop`, `column` ou `drop`"):
        module._output(Pack().plan(DATE, ["plafond_plus"]), {}, False, False, "ignore", False)


@pytest.mark.skipif("LOGIS_PYTHON_LARGE" not in os.environ, reason="200 000 requests: LOGIS_PYTHON_LARGE=1")
def test_two_hundred_thousand_requests(spark, tmp_path):
    from pyspark.sql import functions

    folder = tmp_path / "data"
    command("generate", "--demandes", 200_000, "--logements", 100, "--format", "parquet", "--output", folder)
    expected = by_command(folder, RULES)
    assert len(expected) == 200_000
    demandes, personnes = (spark.read.parquet(str(folder / f"{name}.parquet")) for name in ("demandes", "personnes"))
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "10000")
    assert as_texts(decide_tables(demandes, personnes, DATE, RULES).toArrow()) == expected
    columns = [functions.col(name) for name in personnes.columns if name != "demande_id"]
    lists = personnes.groupBy("demande_id").agg(functions.collect_list(functions.struct(*columns)).alias("personnes"))
    assert as_texts(decide(demandes.join(lists, "demande_id"), DATE, RULES).toArrow()) == expected
