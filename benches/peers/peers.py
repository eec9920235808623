"""Puts Polars and DuckDB beside the plan on the workload W, on one thread, and prints the ratios.

    LOGIS_PEERS=FOLDER cargo bench -p logis --bench workload
    pip install polars duckdb pyarrow
    python benches/peers/peers.py FOLDER [--check]

FOLDER then holds the population and the outcomes of the plan. Each peer reads the population into
memory first; what is timed is deciding, the best of five. Every outcome is compared with the
plan's: a difference ends the run. Times of the plan, of the loop by hand and of the interpreter
are those that criterion has left in target/criterion. `--check` compares outcomes only: for a population that
`cargo test -p logis --bench workload` has written, which is tiny and not timed.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"

import duckdb  # noqa: E402
import polars as pl  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(sys.argv[1])
OUTCOMES = [
    "categorie_menage", "personnes_supplementaires", "ressources",
    "plafond_plai", "plafond_plus", "plafond_pls",
    "eligible_plai", "eligible_plus", "eligible_pls",
    "visale", "mobili_jeune", "public_ani",
]
# The figures of 30 June 2019, from the pack's tables.
SMIC = 152122
ZONES = ["paris_communes_limitrophes", "ile_de_france", "autres_regions"]


def parameters(product):
    """Ceilings by zone and category, then per further person, read from the pack's own table."""
    import tomllib
    from datetime import date

    table = tomllib.loads((ROOT / f"rules/national/plafonds/{product}.toml").read_text())[product]

    def at(values):
        return max((v for v in values if v["from"] <= date(2019, 6, 30)), key=lambda v: v["from"])

    ceiling, further = at(table["plafond"]["values"]), at(table["par_personne_supplementaire"]["values"])
    return {zone: (ceiling[zone], further[zone]) for zone in ZONES}


PLAI, PLUS = parameters("plai"), parameters("plus")


def typed(table):
    """Texts that are dates or booleans as such."""
    texts = [n for n, t in table.schema.items() if t == pl.String]
    dates = [pl.col(n).str.to_date() for n in texts if n.startswith("date_")]
    bools = [pl.col(n) == "true" for n in texts if table[n].head(100).is_in(["true", "false"]).all()]
    return table.with_columns(*dates, *bools)


def population():
    """The tables as both peers are given them: amounts in cents, zones and sectors as texts."""
    cents = lambda name: (pl.col(name).cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)  # noqa: E731
    demandes = typed(pl.read_parquet(FOLDER / "demandes.parquet")).select(
        "demande_id", "commune", cents("rfr_n2"), cents("rfr_n1"), cents("revenus_12_mois")
    )
    personnes = typed(pl.read_parquet(FOLDER / "personnes.parquet")).select(
        "demande_id", "lien", "date_naissance", "a_charge", "handicap", "type_contrat", "periode_essai", "date_embauche",
        "mobilite_professionnelle", "date_mutation", "difficulte_logement", "date_bail", "bail_mobilite",
        "intermediation_locative", "employeur_id", cents("salaire_mensuel"),
    )
    # Keys become numbers, as the columns of the plan have them.
    ids = demandes.select("demande_id").with_row_index("demande")
    demandes = demandes.with_row_index("demande").drop("demande_id")
    personnes = personnes.join(ids, on="demande_id", how="left", maintain_order="left").drop("demande_id")
    employeurs = pl.read_csv(FOLDER / "employeurs.csv").select("employeur_id", "secteur", "effectif")
    communes = pl.read_csv(ROOT / "rules/referentiels/communes.csv", infer_schema=False).select(
        "commune", "zone_plafond"
    )
    for name, table, key in [("employeur", employeurs, "employeur_id"), ("commune_nr", communes, "commune")]:
        numbers = table.select(key).with_row_index(name)
        if key == "commune":
            demandes = demandes.join(numbers, on=key, how="left", maintain_order="left").drop(key)
            communes = table.with_row_index(name).drop(key)
        else:
            personnes = personnes.join(numbers, on=key, how="left", maintain_order="left").drop(key)
            employeurs = table.with_row_index(name).drop(key)
    # Few texts, numbered once: as the plan has them.
    personnes = personnes.with_columns(pl.col("lien", "type_contrat").cast(pl.Categorical))
    employeurs = employeurs.with_columns(pl.col("secteur").cast(pl.Categorical))
    return demandes, personnes, employeurs, communes


def years_before(years):
    from datetime import date

    return date(2019 - years, 6, 30)


def by_polars(demandes, personnes, employeurs, communes):
    from datetime import date

    c = pl.col
    today, recent, promised = date(2019, 6, 30), date(2018, 12, 30), date(2019, 9, 30)
    born, hired = c("date_naissance"), c("date_embauche")
    child, flatmate = c("lien") == "enfant", c("lien") == "colocataire"
    minor = child & (born > years_before(18))
    of_age_to_depend = ~child | (born > date(1992, 1, 1)) | c("handicap")
    dependant = ~flatmate & ((child & (born > today)) | (c("a_charge") & of_age_to_depend))
    couple = c("lien").is_in(["demandeur", "conjoint"])
    lives_here = couple | (~flatmate & (dependant | minor | ~child | c("handicap")))
    employee = ~c("type_contrat").is_in(["sans", "stage"])
    work_study = c("type_contrat").is_in(["apprentissage", "professionnalisation"])
    under_30 = born > years_before(30)
    insecure = (c("type_contrat") != "cdi") | c("periode_essai") | (hired > today)
    moved = c("mobilite_professionnelle") & (c("date_mutation") >= recent)
    # A year of training began in the six months before, or is promised for the next three.
    day = 100 * hired.dt.month().cast(pl.Int32) + hired.dt.day()
    in_time = pl.when(hired > today).then(hired <= promised).otherwise((day >= 1230) | (day <= 630))
    later = (born.dt.month() > 6) | ((born.dt.month() == 6) & (born.dt.day() == 31))
    age = pl.max_horizontal(2019 - born.dt.year() - later.cast(pl.Int32), pl.lit(0))
    persons = (
        personnes.lazy()
        .join(employeurs.lazy(), on="employeur", how="left")
        .select(
            "demande",
            lives_here.alias("au_foyer"),
            dependant.alias("charge"),
            (lives_here & c("handicap")).alias("handicap"),
            (c("lien") == "demandeur").alias("demandeur"),
            (c("lien") == "conjoint").alias("conjoint"),
            pl.when(couple).then(age).otherwise(0).alias("age"),
            (
                (c("date_bail") > today)
                & (
                    ((born > years_before(31)) & (born <= years_before(18))) | c("bail_mobilite") | c("intermediation_locative")
                    | (employee & (c("secteur") != "public").fill_null(False)
                       & ((insecure & (hired >= recent) & (hired <= promised)) | moved))
                )
            ).alias("visale"),
            (
                work_study & (c("secteur") == "prive_non_agricole").fill_null(False) & (c("effectif") >= 20).fill_null(False)
                & under_30 & ((c("salaire_mensuel") <= SMIC) | (hired <= years_before(1))) & in_time
            ).alias("mobili_jeune"),
            (employee & (under_30 | c("mobilite_professionnelle") | c("difficulte_logement"))).alias("public_ani"),
        )
        .group_by("demande")
        .agg(
            pl.max_horizontal(c("au_foyer").sum().cast(pl.Int64), pl.lit(1)).alias("n"),
            c("charge").sum().cast(pl.Int64),
            c("handicap", "demandeur", "conjoint", "visale", "mobili_jeune", "public_ani").any(),
            c("age").sum(),
        )
    )
    alone = (c("n") >= 2) & ~c("conjoint") & (c("n") - c("charge") == 1)
    young = (c("n") == 2) & c("demandeur") & c("conjoint") & (c("charge") == 0) & (c("age") <= 55)
    rank = c("n") + (alone | c("handicap") | young).cast(pl.Int64)

    def retained(name):
        return pl.when(10 * c(name) <= 9 * c("rfr_n2")).then(pl.min_horizontal(name, "rfr_n2")).otherwise(c("rfr_n2"))

    ceilings = pl.LazyFrame(
        [
            {"zone_plafond": zone, "categorie_menage": category + 1, "plai": PLAI[zone][0][category],
             "plus": PLUS[zone][0][category], "plai_en_plus": PLAI[zone][1], "plus_en_plus": PLUS[zone][1]}
            for zone in ZONES for category in range(6)
        ]
    )
    return (
        demandes.lazy()
        .join(persons, on="demande", how="left")
        .join(communes.lazy(), on="commune_nr", how="left")
        .with_columns(
            pl.min_horizontal(rank, pl.lit(6)).alias("categorie_menage"),
            pl.max_horizontal(rank - 6, pl.lit(0)).alias("personnes_supplementaires"),
            pl.min_horizontal(retained("rfr_n1"), retained("revenus_12_mois")).alias("ressources"),
        )
        .join(ceilings, on=["zone_plafond", "categorie_menage"], how="left")
        .with_columns(
            (c("plai") + c("personnes_supplementaires") * c("plai_en_plus")).alias("plafond_plai"),
            (c("plus") + c("personnes_supplementaires") * c("plus_en_plus")).alias("plafond_plus"),
        )
        .with_columns(((13 * c("plafond_plus") + 5) // 10).alias("plafond_pls"))
        .with_columns(
            (c("ressources") <= 100 * c(f"plafond_{p}")).alias(f"eligible_{p}") for p in ["plai", "plus", "pls"]
        )
        .select("demande", *OUTCOMES)
        .collect()
    )


def ceilings_sql():
    rows = ", ".join(
        f"('{z}', {k + 1}, {PLAI[z][0][k]}, {PLUS[z][0][k]}, {PLAI[z][1]}, {PLUS[z][1]})" for z in ZONES for k in range(6)
    )
    return f"(VALUES {rows}) AS t(zone_plafond, categorie, plai, plus, plai_en_plus, plus_en_plus)"


QUERY = f"""
WITH c AS (
  SELECT *, lien = 'enfant' AS enfant, lien = 'colocataire' AS colocataire,
    lien <> 'colocataire' AND (lien = 'enfant' AND date_naissance > DATE '2019-06-30'
      OR a_charge AND (lien <> 'enfant' OR date_naissance > DATE '1992-01-01' OR handicap)) AS charge,
    type_contrat NOT IN ('sans', 'stage') AS salarie
  FROM personnes),
q AS (
  SELECT *, lien IN ('demandeur', 'conjoint') OR NOT colocataire AND (charge OR NOT enfant OR handicap
    OR date_naissance > DATE '2001-06-30') AS au_foyer
  FROM c),
p AS (
  SELECT demande, greatest(sum(au_foyer::INT), 1) AS n, sum(charge::INT) AS charge,
    bool_or(au_foyer AND handicap) AS handicap,
    bool_or(lien = 'demandeur') AS demandeur, bool_or(lien = 'conjoint') AS conjoint,
    sum(CASE WHEN lien IN ('demandeur', 'conjoint') THEN greatest(0,
      2019 - year(date_naissance) - (month(date_naissance) > 6)::INT) ELSE 0 END) AS age,
    bool_or(date_bail > DATE '2019-06-30' AND (bail_mobilite OR intermediation_locative
      OR date_naissance > DATE '1988-06-30' AND date_naissance <= DATE '2001-06-30'
      OR salarie AND coalesce(secteur <> 'public', false)
        AND ((type_contrat <> 'cdi' OR periode_essai OR date_embauche > DATE '2019-06-30')
            AND date_embauche BETWEEN DATE '2018-12-30' AND DATE '2019-09-30'
          OR mobilite_professionnelle AND date_mutation >= DATE '2018-12-30'))) AS visale,
    bool_or(type_contrat IN ('apprentissage', 'professionnalisation')
      AND coalesce(secteur = 'prive_non_agricole' AND effectif >= 20, false)
      AND date_naissance > DATE '1989-06-30'
      AND (salaire_mensuel <= {SMIC} OR date_embauche <= DATE '2018-06-30')
      AND CASE WHEN date_embauche > DATE '2019-06-30' THEN date_embauche <= DATE '2019-09-30'
        ELSE 100 * month(date_embauche) + day(date_embauche) NOT BETWEEN 631 AND 1229 END) AS mobili_jeune,
    bool_or(salarie AND (date_naissance > DATE '1989-06-30' OR mobilite_professionnelle OR difficulte_logement))
      AS public_ani
  FROM q LEFT JOIN employeurs USING (employeur) GROUP BY demande),
m AS (
  SELECT *, n + (CASE WHEN (n >= 2 AND NOT conjoint AND n - charge = 1) OR handicap
      OR (n = 2 AND demandeur AND conjoint AND charge = 0 AND age <= 55) THEN 1 ELSE 0 END) AS rang
  FROM p),
d AS (
  SELECT demande, least(rang, 6) AS categorie_menage, greatest(rang - 6, 0) AS personnes_supplementaires,
    least(CASE WHEN 10 * rfr_n1 <= 9 * rfr_n2 THEN least(rfr_n1, rfr_n2) ELSE rfr_n2 END,
      CASE WHEN 10 * revenus_12_mois <= 9 * rfr_n2 THEN least(revenus_12_mois, rfr_n2) ELSE rfr_n2 END) AS ressources,
    zone_plafond, visale, mobili_jeune, public_ani
  FROM demandes JOIN m USING (demande) JOIN communes USING (commune_nr)),
e AS (
  SELECT d.*, plai + personnes_supplementaires * plai_en_plus AS plafond_plai,
    plus + personnes_supplementaires * plus_en_plus AS plafond_plus
  FROM d JOIN {ceilings_sql()} ON d.zone_plafond = t.zone_plafond AND d.categorie_menage = t.categorie),
f AS (SELECT *, (13 * plafond_plus + 5) // 10 AS plafond_pls FROM e)
SELECT demande, categorie_menage, personnes_supplementaires, ressources, plafond_plai, plafond_plus, plafond_pls,
  ressources <= 100 * plafond_plai AS eligible_plai, ressources <= 100 * plafond_plus AS eligible_plus,
  ressources <= 100 * plafond_pls AS eligible_pls, visale, mobili_jeune, public_ani
FROM f"""


def best_of(times, f):
    best = None
    for _ in range(times):
        start = time.perf_counter()
        result = f()
        took = time.perf_counter() - start
        best = took if best is None or took < best else best
    return best, result


def check(name, found):
    expected = pl.read_parquet(FOLDER / "outcomes.parquet").drop("demande_id")
    expected = expected.with_columns((pl.col("ressources") * 100).cast(pl.Int64))
    found = found.sort("demande").drop("demande")
    for outcome in OUTCOMES:
        kind = pl.Boolean if expected[outcome].dtype == pl.Boolean else pl.Int64
        if not expected[outcome].cast(kind).equals(found[outcome].cast(kind)):
            sys.exit(f"{name}: {outcome} differs from the plan's")


def criterion(name):
    file = ROOT / "target/criterion/W" / name / "new/estimates.json"
    return json.loads(file.read_text())["median"]["point_estimate"] / 1e9


def main():
    tables = population()
    households = tables[0].height
    polars, found = best_of(5, lambda: by_polars(*tables))
    check("Polars", found)
    db = duckdb.connect(config={"threads": 1})
    for name, table in zip(["demandes", "personnes", "employeurs", "communes"], tables):
        db.register("given", table.to_arrow())
        db.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    duck, _ = best_of(5, lambda: db.execute(f"CREATE OR REPLACE TABLE issue AS {QUERY}"))
    check("DuckDB", pl.from_arrow(db.sql("SELECT * FROM issue").to_arrow_table()))
    if "--check" in sys.argv:
        print(f"{households} households: every outcome of Polars and of DuckDB equal")
        return
    one, two = criterion("plan/1") / households, criterion("plan/2") / households
    rows = [
        ("the plan, one thread", one), ("the plan, two threads", two),
        ("by hand, one loop", criterion("by hand") / households),
        ("Polars, one thread", polars / households), ("DuckDB, one thread", duck / households),
        ("the plan's rows one by one", criterion("row by row") / 2000),
        ("Rhai's interpreter", criterion("interpreter") / 2000),
    ]
    print(f"{households} households, {tables[1].height} persons; every outcome equal\n")
    print("| | ns a household | against the plan |\n|---|---:|---:|")
    for name, seconds in rows:
        print(f"| {name} | {seconds * 1e9:.0f} | {seconds / one:.2f} |")


main()
