"""Puts DuckDB and Polars beside `logis eval` from file to file: whole processes, nine outcomes, every outcome compared.

    logis generate --territory auvergne-rhone-alpes --output FOLDER
    pip install polars duckdb pyarrow
    python benches/peers/e2e.py LOGIS FOLDER [--csv] [--rounds N] [--check] [--ratios]

LOGIS is the command; FOLDER holds a package that `logis generate --territory` wrote, as Parquet, as of 31 December 2024.
Read are requests, persons and the pack's communes; written is one file of outcomes. `--csv` writes the package as CSV
first (not timed) and reads and writes CSV: DuckDB is given the types of all columns. Printed are, of the best of N
rounds, wall seconds, processor seconds of all threads, and peak memory. A difference of an outcome ends the run with an
error. `--check` compares only, one round, and prints no times. `--ratios` prints a last line of JSON: wall and processor
time of Logis over those of the better peer.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUTCOMES = [
    "categorie_menage", "personnes_supplementaires", "ressources",
    "plafond_plai", "plafond_plus", "plafond_pls",
    "eligible_plai", "eligible_plus", "eligible_pls",
]
DAY = date(2024, 12, 31)
ZONES = ["paris_communes_limitrophes", "ile_de_france", "autres_regions"]

arguments = argparse.ArgumentParser()
arguments.add_argument("logis")
arguments.add_argument("folder", type=Path)
arguments.add_argument("--csv", action="store_true")
arguments.add_argument("--rounds", type=int, default=2)
arguments.add_argument("--check", action="store_true")
arguments.add_argument("--ratios", action="store_true")
asked = arguments.parse_args()
KIND = "csv" if asked.csv else "parquet"


def ceilings():
    """Ceilings by zone and category, and per further person, read from the pack's own tables."""

    def table(product):
        path = ROOT / f"rules/national/plafonds/{product}.toml"
        own = tomllib.loads(path.read_text())[product]

        def at(values):
            return max((v for v in values if v["from"] <= DAY), key=lambda v: v["from"])

        first, further = at(own["plafond"]["values"]), at(own["par_personne_supplementaire"]["values"])
        return {zone: (first[zone], further[zone]) for zone in ZONES}

    plai, plus = table("plai"), table("plus")
    return [
        (zone, k + 1, plai[zone][0][k], plus[zone][0][k], plai[zone][1], plus[zone][1])
        for zone in ZONES for k in range(6)
    ]


ROWS = ceilings()
COMMUNES = ROOT / "rules/referentiels/communes.csv"


def source(folder, table):
    """A table as DuckDB reads it; of CSV with the types of all columns."""
    if not asked.csv:
        return f"'{folder}/{table}.parquet'"
    import duckdb

    columns = duckdb.execute(f"DESCRIBE SELECT * FROM '{asked.folder}/{table}.parquet'").fetchall()
    types = ", ".join(f"'{name}': '{kind}'" for name, kind, *_ in columns)
    return f"read_csv('{folder}/{table}.csv', header = true, delim = ',', auto_detect = false, columns = {{{types}}})"


def duckdb_query(folder, out):
    values = ", ".join(f"('{z}', {k}, {a}, {b}, {c}, {d})" for z, k, a, b, c, d in ROWS)
    form = "FORMAT csv, HEADER" if asked.csv else "FORMAT parquet, COMPRESSION snappy"
    return f"""
COPY (
WITH c AS (
  SELECT demande_id, lien, date_naissance, handicap, lien = 'enfant' AS enfant, lien = 'colocataire' AS colocataire,
    lien <> 'colocataire' AND (lien = 'enfant' AND date_naissance > DATE '2024-12-31'
      OR a_charge AND (lien <> 'enfant' OR date_naissance > DATE '1997-01-01' OR handicap)) AS charge
  FROM {source(folder, "personnes")}),
q AS (
  SELECT *, lien IN ('demandeur', 'conjoint') OR NOT colocataire AND (charge OR NOT enfant OR handicap
    OR date_naissance > DATE '2006-12-31') AS au_foyer
  FROM c),
p AS (
  SELECT demande_id, greatest(sum(au_foyer::INT), 1) AS n, sum(charge::INT) AS charge,
    bool_or(au_foyer AND handicap) AS handicap,
    bool_or(lien = 'demandeur') AS demandeur, bool_or(lien = 'conjoint') AS conjoint,
    sum(CASE WHEN lien IN ('demandeur', 'conjoint') THEN greatest(0, 2024 - year(date_naissance)) ELSE 0 END) AS age
  FROM q GROUP BY demande_id),
m AS (
  SELECT *, n + (CASE WHEN (n >= 2 AND NOT conjoint AND n - charge = 1) OR handicap
      OR (n = 2 AND demandeur AND conjoint AND charge = 0 AND age <= 55) THEN 1 ELSE 0 END) AS rang
  FROM p),
d AS (
  SELECT demande_id, least(rang, 6)::BIGINT AS categorie_menage, greatest(rang - 6, 0)::BIGINT AS personnes_supplementaires,
    least(CASE WHEN 10 * rfr_n1 <= 9 * rfr_n2 THEN least(rfr_n1, rfr_n2) ELSE rfr_n2 END,
      CASE WHEN 10 * revenus_12_mois <= 9 * rfr_n2 THEN least(revenus_12_mois, rfr_n2) ELSE rfr_n2 END) AS ressources,
    zone_plafond
  FROM {source(folder, "demandes")} JOIN m USING (demande_id)
  LEFT JOIN (SELECT commune, zone_plafond FROM read_csv('{COMMUNES}', all_varchar = true)) USING (commune)),
e AS (
  SELECT d.*, plai + personnes_supplementaires * plai_en_plus AS plafond_plai,
    plus + personnes_supplementaires * plus_en_plus AS plafond_plus
  FROM d LEFT JOIN (VALUES {values}) AS t(zone, categorie, plai, plus, plai_en_plus, plus_en_plus)
    ON d.zone_plafond = t.zone AND d.categorie_menage = t.categorie),
f AS (SELECT *, (13 * plafond_plus + 5) // 10 AS plafond_pls FROM e)
SELECT demande_id, {", ".join(OUTCOMES[:6])}, ressources <= plafond_plai AS eligible_plai,
  ressources <= plafond_plus AS eligible_plus, ressources <= plafond_pls AS eligible_pls
FROM f) TO '{out}' ({form})"""


POLARS = '''
import datetime, json, sys
import polars as pl
folder, communes, out, rows, outcomes = json.loads(sys.argv[1])
c = pl.col
child, flatmate, born = c("lien") == "enfant", c("lien") == "colocataire", c("date_naissance")
dependant = ~flatmate & ((child & (born > datetime.date(2024, 12, 31)))
    | (c("a_charge") & (~child | (born > datetime.date(1997, 1, 1)) | c("handicap"))))
couple = c("lien").is_in(["demandeur", "conjoint"])
lives_here = couple | (~flatmate & (dependant | (child & (born > datetime.date(2006, 12, 31))) | ~child | c("handicap")))
age = pl.max_horizontal(2024 - born.dt.year(), pl.lit(0))
persons = (pl.scan_parquet(folder + "/personnes.parquet")
    .select("demande_id", lives_here.alias("n"), dependant.alias("charge"), (lives_here & c("handicap")).alias("handicap"),
        (c("lien") == "demandeur").alias("demandeur"), (c("lien") == "conjoint").alias("conjoint"),
        pl.when(couple).then(age).otherwise(0).alias("age"))
    .group_by("demande_id")
    .agg(pl.max_horizontal(c("n").sum().cast(pl.Int64), pl.lit(1)), c("charge").sum().cast(pl.Int64),
        c("handicap", "demandeur", "conjoint").any(), c("age").sum()))
alone = (c("n") >= 2) & ~c("conjoint") & (c("n") - c("charge") == 1)
young = (c("n") == 2) & c("demandeur") & c("conjoint") & (c("charge") == 0) & (c("age") <= 55)
rank = c("n") + (alone | c("handicap") | young).cast(pl.Int64)
def kept(name):
    return pl.when(10 * c(name) <= 9 * c("rfr_n2")).then(pl.min_horizontal(name, "rfr_n2")).otherwise(c("rfr_n2"))
names = ["zone_plafond", "categorie_menage", "plai", "plus", "plai_en_plus", "plus_en_plus"]
ceilings = pl.LazyFrame([dict(zip(names, row)) for row in rows])
zones = pl.scan_csv(communes, infer_schema=False).select("commune", "zone_plafond")
(pl.scan_parquet(folder + "/demandes.parquet").select("demande_id", "commune", "rfr_n2", "rfr_n1", "revenus_12_mois")
    .join(persons, on="demande_id").join(zones, on="commune", how="left")
    .with_columns(pl.min_horizontal(rank, pl.lit(6)).alias("categorie_menage"),
        pl.max_horizontal(rank - 6, pl.lit(0)).alias("personnes_supplementaires"),
        pl.min_horizontal(kept("rfr_n1"), kept("revenus_12_mois")).alias("ressources"))
    .join(ceilings, on=["zone_plafond", "categorie_menage"], how="left")
    .with_columns((c("plai") + c("personnes_supplementaires") * c("plai_en_plus")).alias("plafond_plai"),
        (c("plus") + c("personnes_supplementaires") * c("plus_en_plus")).alias("plafond_plus"))
    .with_columns(((13 * c("plafond_plus") + 5) // 10).alias("plafond_pls"))
    .with_columns((c("ressources") <= c("plafond_" + p)).alias("eligible_" + p) for p in ["plai", "plus", "pls"])
    .select("demande_id", *outcomes).sink_parquet(out, compression="snappy"))
'''


def measured(command):
    """Wall and processor seconds and peak memory of the best of the rounds, by processor."""
    best = None
    for _ in range(1 if asked.check else asked.rounds):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        _, said = process.communicate()
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode:
            sys.exit(f"{command[:2]}: {said[-800:]}")
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if best is None or processor < best[1]:
            best = (wall, processor)
    # The peak of one more run under `time`, if it is there.
    memory = None
    if not asked.check and Path("/usr/bin/time").exists():
        timed = subprocess.run(["/usr/bin/time", "-f", "%M", *command], capture_output=True, text=True)
        memory = int(timed.stderr.split()[-1]) / 1e6
    return (*best, memory)


def main():
    import duckdb

    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder
        if asked.csv:
            folder = Path(temporary) / "package"
            folder.mkdir()
            (folder / "paquet.toml").write_bytes((asked.folder / "paquet.toml").read_bytes())
            for table in asked.folder.glob("*.parquet"):
                to = folder / f"{table.stem}.csv"
                duckdb.execute(f"COPY (SELECT * FROM '{table}') TO '{to}' (HEADER, DELIMITER ',')")
        out = {name: f"{temporary}/{name}.{KIND}" for name in ["logis", "duckdb", "polars"]}
        query = duckdb_query(folder, out["duckdb"])
        commands = {
            "logis": [asked.logis, "eval", "--data", str(folder), "--as-of", str(DAY), "--select", ",".join(OUTCOMES),
                      "--output", out["logis"]],
            "duckdb": [sys.executable, "-c", f"import duckdb; duckdb.execute('SET enable_progress_bar = false'); duckdb.execute({query!r})"],
        }
        if not asked.csv:
            given = json.dumps([str(folder), str(COMMUNES), out["polars"], ROWS, OUTCOMES])
            commands["polars"] = [sys.executable, "-c", POLARS, given]
        found = {name: measured(command) for name, command in commands.items()}
        for peer in [name for name in commands if name != "logis"]:
            same = " AND ".join(
                f"a.{c}::BOOLEAN IS NOT DISTINCT FROM b.{c}::BOOLEAN" if c.startswith("eligible")
                else f"a.{c}::DECIMAL(18, 2) IS NOT DISTINCT FROM b.{c}::DECIMAL(18, 2)" for c in OUTCOMES
            )
            rows, both, equal = duckdb.execute(
                f"SELECT (SELECT count(*) FROM '{out['logis']}'), count(*), count(*) FILTER ({same}) "
                f"FROM '{out['logis']}' a JOIN '{out[peer]}' b USING (demande_id)"
            ).fetchone()
            print(f"{peer}: {rows} rows, {both} in both, every outcome equal in {equal}")
            if not rows == both == equal:
                sys.exit(1)
        if asked.check:
            return
        best = [min(found[name][at] for name in found if name != "logis") for at in (0, 1)]
        for name, (wall, processor, memory) in found.items():
            ratio = "" if name != "logis" else f"  against the better peer: wall {wall / best[0]:.2f}, processor {processor / best[1]:.2f}"
            peak = "" if memory is None else f"  {memory:5.2f} GB"
            print(f"{name:7} wall {wall:6.2f} s  processor {processor:6.2f} s{peak}{ratio}")
        if asked.ratios:
            wall, processor, _ = found["logis"]
            print(json.dumps({"wall": wall / best[0], "processor": processor / best[1]}))


os.environ.setdefault("PYTHONWARNINGS", "ignore")
main()
