"""The command and the module are one engine by two ways: files and flags, or frames and calls. They must agree."""

import csv
import io
import json
import os
from decimal import Decimal

import pytest
from conftest import command, households

from logis_regles import LogisError, Pack

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

pytestmark = pytest.mark.filterwarnings("ignore::logis_regles.LogisWarning")

DATE = "2015-12-31"
RULES = [
    "ressources", "plafond_plus", "eligible_plai", "eligible_plus", "eligible_pls", "categorie_menage", "zone_plafond",
    "premier_quartile",
]


def frames(folder):
    names = ["demandes", "personnes", "employeurs", "projets"]
    if (folder / "demandes.parquet").is_file():
        return {name: pl.read_parquet(folder / f"{name}.parquet") for name in names}
    return {name: pl.read_csv(folder / f"{name}.csv", infer_schema_length=0) for name in names}


def text(value):
    """A cell as the command writes it to CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def by_command(folder, rules):
    told = command("eval", "--data", folder, "--as-of", DATE, "--select", ",".join(rules), "--format", "csv")
    return list(csv.DictReader(io.StringIO(told)))


def as_texts(decided):
    return [{key: text(cell) for key, cell in row.items()} for row in pa.table(decided).to_pylist()]


def test_tables_are_decided_as_files(pack, dijon):
    expected = by_command(dijon, [*RULES, "publics"])
    plan = pack.plan(DATE, [*RULES, "publics"])
    assert as_texts(plan.evaluate(frames(dijon))) == expected
    # The folder itself is read as the command reads it.
    assert as_texts(plan.evaluate(dijon)) == expected
    assert {row["eligible_plus"] for row in expected} == {"true", "false"}


@pytest.mark.skipif("LOGIS_PYTHON_LARGE" not in os.environ, reason="200 000 requests: LOGIS_PYTHON_LARGE=1")
def test_two_hundred_thousand_requests(pack, tmp_path):
    command("generate", "--demandes", 200_000, "--logements", 100, "--format", "parquet", "--output", tmp_path / "data")
    expected = by_command(tmp_path / "data", RULES)
    assert len(expected) == 200_000
    plan = pack.plan(DATE, RULES)
    assert as_texts(plan.evaluate(frames(tmp_path / "data"))) == expected


def test_a_hundred_records_are_decided_as_files(pack, dijon):
    plan = pack.plan(DATE, RULES)
    expected = by_command(dijon, RULES)[:100]
    records = households(100)
    assert len(expected) == 100
    one_by_one = []
    for record in records:
        decision = plan.decide(record)
        one_by_one.append({rule: text(decision[rule].value) for rule in RULES} | {"demande_id": record["demande_id"]})
    assert one_by_one == expected
    assert as_texts(plan.evaluate(records)) == expected


def test_an_explanation_is_the_document_of_the_command(pack, dijon):
    plan = pack.plan(DATE, ["eligible_plus"])
    id = next(row["demande_id"] for row in by_command(dijon, ["eligible_plus"]) if row["eligible_plus"] == "false")
    told = command(
        "explain", "--data", dijon, "--as-of", DATE, "--id", id, "--rule", "eligible_plus", "--format", "json"
    )
    why = plan.explain(dijon, id=id)
    assert why.document == json.loads(told, parse_float=Decimal)
    assert why["eligible_plus"].changes
    # A record has other names for its rows, and the same reasons.
    record = next(one for one in households() if one["demande_id"] == id)
    own = plan.explain(record)["eligible_plus"]
    assert [(change.field, change.to) for change in own.changes] == [
        (change.field, change.to) for change in why["eligible_plus"].changes
    ]


def test_an_allocation_is_the_document_of_the_command(pack, dijon):
    expected = command("match", "--data", dijon, "--as-of", DATE, "--format", "json")
    tables = {**frames(dijon), "logements": pl.read_csv(dijon / "logements.csv", infer_schema_length=0)}
    allocation = pack.match(DATE, tables)
    own, theirs = json.loads(allocation.json()), json.loads(expected)
    # The hash of the data is that of the files, where they are files.
    assert own["attributions"] == theirs["attributions"] and own["levels"] == theirs["levels"]
    assert pack.match(DATE, dijon).json() == expected
    # Each holds the other's result.
    assert len(pack.verify(expected, DATE, tables)) == allocation.reached["attributions"] > 20


def test_options_of_a_matching_are_those_of_the_command(pack, dijon, tmp_path):
    before = command("match", "--data", dijon, "--as-of", DATE, "--format", "json")
    (tmp_path / "before.json").write_text(before)
    first, second = json.loads(before)["attributions"][:2]
    pair = lambda own: (own["demande_id"], own["logement_id"])  # noqa: E731
    for name, own in [("fix", first), ("forbid", second)]:
        (tmp_path / f"{name}.csv").write_text("demande_id,logement_id\n" + ",".join(pair(own)) + "\n")
    expected = command(
        "match", "--data", dijon, "--as-of", DATE, "--format", "json", "--near", tmp_path / "before.json", "--keep", 13,
        "--fix", tmp_path / "fix.csv", "--forbid", tmp_path / "forbid.csv", "--seed", 7, "--prices",
    )
    decided = {"fixed": [pair(first)], "forbidden": [pair(second)], "keep": 13, "seed": 7}
    allocation = pack.match(DATE, dijon, near=before, prices=True, time_limit=600, **decided)
    assert allocation.json() == expected
    assert pack.verify(expected, DATE, dijon, **decided).reached == allocation.reached
    with pytest.raises(LogisError):
        pack.verify(expected, DATE, dijon)
    with pytest.raises(LogisError, match="near"):
        pack.match(DATE, dijon, keep=13)



def test_a_scenario_is_the_document_of_the_command(pack, dijon, tmp_path):
    file = tmp_path / "essai.toml"
    file.write_text(
        f'title = "Essai"\ntext = "Un essai."\n[base]\ndata = "{dijon}"\nas_of = {DATE}\n'
        '[[variant]]\nname = "sans"\ntitle = "Sans aucune part"\nquotas = []\n',
        encoding="utf-8",
    )
    command("simulate", file, "--output", tmp_path / "resultats")
    expected = json.loads((tmp_path / "resultats/rapport.json").read_text(encoding="utf-8"), parse_float=Decimal)
    told = []
    report = pack.simulate(file, progress=lambda done, of: told.append((done, of)))
    assert report.document() == expected
    assert told[0] == (0, 2) and (2, 2) in told
    sheet = report[report.sheets[0]].to_polars()
    assert sheet.height > 0


SCHEMA = '[menage]\ntable = "menages"\nkey = "menage_id"\nfields.revenu = { type = "amount", unit = "EUR/an" }\n'
RULE = '//! entité: menage\n/// source: art. 1\nfn eligible(revenu) { revenu <= param("plafond") }\n'


def small(folder, ceiling):
    folder.mkdir()
    (folder / "pack.toml").write_text('name = "essai"\n', encoding="utf-8")
    (folder / "schema.toml").write_text(SCHEMA, encoding="utf-8")
    (folder / "a.rhai").write_text(RULE, encoding="utf-8")
    (folder / "a.toml").write_text(
        '[plafond]\nunit = "EUR/an"\n[[plafond.values]]\nfrom = 2017-01-01\nsource = { title = "art. 1" }\n'
        f"value = {ceiling}\n",
        encoding="utf-8",
    )
    return Pack(folder)


def test_a_change_of_rules_is_the_document_of_the_command(tmp_path):
    before, after = small(tmp_path / "avant", 20_000), small(tmp_path / "apres", 21_000)
    data = tmp_path / "donnees"
    data.mkdir()
    (data / "menages.csv").write_text("menage_id,revenu\nM1,20000\nM2,20500\nM3,22000\n", encoding="utf-8")
    written = tmp_path / "diff.json"
    # It differs, which the command says by its exit code.
    with pytest.raises(AssertionError):
        command("diff", tmp_path / "avant", tmp_path / "apres", "--corpus", data, "--as-of", "2018-06-30", "-o", written)
    expected = json.loads(written.read_text(encoding="utf-8"), parse_float=Decimal)
    found = before.diff(after, data, dates=["2018-06-30"])
    # What the figures of a report rest on (hashes, doubts) is told by the command alone.
    assert expected.pop("basis")["dates"] == ["2018-06-30"]
    assert found.document() == expected
    assert bool(found) and len(found) == 1 and found.differences[0]["rule"] == "eligible"
    in_memory = before.diff(after, menages=pa.table({"menage_id": ["M1", "M2"], "revenu": [20_000, 20_500]}),
                            dates=["2018-06-30"])
    assert len(in_memory) == 1
    assert before.diff(before).is_fine


def test_candidates_are_those_of_the_command(pack, dijon):
    told = command("candidates", "--data", dijon, "--as-of", DATE, "--format", "csv")
    expected = {(row["demande_id"], row["logement_id"]) for row in csv.DictReader(io.StringIO(told))}
    rows = pack.candidates(DATE, dijon).to_pyarrow().to_pylist()
    assert {(row["demande_id"], row["logement_id"]) for row in rows} == expected and len(rows) == len(expected)


