#!/usr/bin/env python3
"""Chains and exchanges of tenants against a MIP: drawn packages, matched by the command, level after level by HiGHS.

    cargo build --bin logis
    python3 benches/peers/tenants.py [--cases 1000] [--seed 1] [--program target/debug/logis]

Needs highspy and numpy. Of each case the levels of `logis match` must be those of the MIP, which reads the tables itself, and
`logis verify` and `examples/certificate.py` must accept the result. Of a result that is forged (a unit given while its tenant
stays; a tenant left out) both must refuse it. Exit code 1 if anything differs."""
import argparse, contextlib, csv, importlib.util, io, json, random, subprocess, sys, tempfile, time
from pathlib import Path

import highspy
import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent

SCHEMA = """
[demande]
table = "demandes"
key = "demande_id"
fields.besoin = { type = "integer" }
fields.points = { type = "integer" }
fields.lieux = { type = "codes" }
fields.modeste = { type = "boolean" }
fields.logement_occupe = { type = "text", empty = "none" }
[logement]
table = "logements"
key = "logement_id"
fields.taille = { type = "integer" }
fields.lieu = { type = "text" }
[candidature]
pair = ["demande", "logement"]
"""
RULES = """//! entité: candidature

/// Convient.
/// source: art. 1
fn convient(besoin, taille, lieu, lieux) { taille >= besoin && contient(lieux, lieu) }

/// Adéquation.
/// source: art. 2
fn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }
"""
PACK = """name = "mutations"
[matching]
candidature = "candidature"
suitable = "convient"
priority = "points"
fit = "adequation"
held = "logement_occupe"
"""
QUOTA = """
[[matching.quotas]]
name = "modestes"
members = "modeste"
share = "part"
"""
SHARE = """[part]
[[part.values]]
from = 2010-01-01
source = { title = "s" }
value = "%s"
"""


def draw(rng):
    """Tables of a case: requests with what they ask for, units, who holds which."""
    requests, units = rng.randint(2, 40), rng.randint(1, 30)
    places = "ABCDE"[: rng.randint(1, 5)]
    stock = [(f"L{u:03}", rng.randint(1, 4), rng.choice(places)) for u in range(units)]
    # From none to all of the units are held.
    holders = rng.sample(range(requests), min(requests, round(units * rng.choice([0.0, 0.3, 0.7, 1.0]))))
    held = dict(zip(holders, rng.sample(range(units), len(holders))))
    asking = []
    for r in range(requests):
        wishes = " ".join(sorted(rng.sample(places, rng.randint(1, len(places)))))
        asking.append((f"D{r:03}", rng.randint(1, 4), rng.randint(0, 20), wishes, rng.random() < 0.4, held.get(r)))
    return asking, stock, rng.choice([None, None, (1, 4), (1, 2), (3, 4)])


def mip(asking, stock, share):
    """The levels, each fixed before the next: a binary for each pair and for each tenant that stays."""
    pairs = []
    for r, (_, need, points, wishes, modest, held) in enumerate(asking):
        for u, (_, size, place) in enumerate(stock):
            if size >= need and place in wishes.split() and held != u:
                pairs.append((r, u, points, 900 - 100 * (size - need), modest))
    tenants = [(r, own[5]) for r, own in enumerate(asking) if own[5] is not None]
    n, m = len(pairs), len(tenants)
    columns = n + m + 1  # and the members that lack
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    for column in range(columns):
        highs.addVar(0.0, 1.0 if column < n + m else float(len(stock)))
        highs.changeColIntegrality(column, highspy.HighsVarType.kInteger)

    def row(low, high, terms):
        index = np.array([column for column, _ in terms], np.int32)
        highs.addRow(low, high, len(terms), index, np.array([weight for _, weight in terms], float))

    at = {r: n + k for k, (r, _) in enumerate(tenants)}
    stays = {u: n + k for k, (_, u) in enumerate(tenants)}
    for r in range(len(asking)):
        terms = [(k, 1) for k, pair in enumerate(pairs) if pair[0] == r] + ([(at[r], 1)] if r in at else [])
        if terms:
            row(1.0 if r in at else 0.0, 1.0, terms)
    for u in range(len(stock)):
        terms = [(k, 1) for k, pair in enumerate(pairs) if pair[1] == u] + ([(stays[u], 1)] if u in stays else [])
        if terms:
            row(0.0, 1.0, terms)
    levels = [("attributions", 1, [(k, 1) for k in range(n)])]
    if share:
        a, b = share
        row(0.0, highspy.kHighsInf, [(k, b * pair[4] - a) for k, pair in enumerate(pairs)] + [(n + m, b)])
        levels.append(("shortfall:modestes", -1, [(n + m, 1)]))
    levels.append(("priority", 1, [(k, pair[2]) for k, pair in enumerate(pairs)]))
    levels.append(("fit", 1, [(k, pair[3]) for k, pair in enumerate(pairs)]))
    values = []
    for name, sign, terms in levels:
        costs = np.zeros(columns)
        for column, weight in terms:
            costs[column] = -sign * weight
        highs.changeColsCost(columns, np.arange(columns, dtype=np.int32), costs)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"{name}: {highs.modelStatusToString(highs.getModelStatus())}")
        value = round(-sign * highs.getInfo().objective_function_value)
        values.append((name, value))
        row(float(value) - 0.5, float(value) + 0.5, terms or [(0, 0)])
    return values


def write(folder, asking, stock, share):
    (folder / "regles").mkdir(exist_ok=True)
    (folder / "donnees").mkdir(exist_ok=True)
    for name, text in (("schema.toml", SCHEMA), ("r.rhai", RULES), ("pack.toml", PACK + (QUOTA if share else ""))):
        (folder / "regles" / name).write_text(text)
    part = folder / "regles/part.toml"
    part.write_text(SHARE % f"{share[0]}/{share[1]}") if share else part.unlink(missing_ok=True)
    with open(folder / "donnees/demandes.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["demande_id", "besoin", "points", "lieux", "modeste", "logement_occupe"])
        for r, need, points, wishes, modest, held in asking:
            out.writerow([r, need, points, wishes, str(modest).lower(), "" if held is None else stock[held][0]])
    with open(folder / "donnees/logements.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerows([["logement_id", "taille", "lieu"], *stock])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", type=Path, default=ROOT / "target/debug/logis")
    given = parser.parse_args()
    spec = importlib.util.spec_from_file_location("certificate", ROOT / "examples/certificate.py")
    certificate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(certificate)
    rng = random.Random(given.seed)
    wrong, tally = [], {"moves": 0, "chains": 0, "exchanges": 0, "forged": 0, "tenants": 0, "attributions": 0}
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        def logis(*words):
            base = ["--rules", folder / "regles", "--data", folder / "donnees", "--as-of", "2018-01-01"]
            return subprocess.run([given.program, words[0], *base, *words[1:]], capture_output=True, text=True)

        def checked():
            """Do both checkers accept the result?"""
            with contextlib.redirect_stdout(io.StringIO()) as said:
                files = [str(folder / "r.json"), str(folder / "c.csv"), "points", "adequation"]
                outside = certificate.main(*files, str(folder / "donnees/demandes.csv"))
            return logis("verify", "--match", folder / "r.json").returncode, outside, said.getvalue()

        for case in range(given.cases):
            asking, stock, share = draw(rng)
            write(folder, asking, stock, share)
            done = logis("match", "--format", "json")
            if done.returncode != 0:
                wrong.append(f"{case}: {done.stderr}")
                continue
            (folder / "r.json").write_text(done.stdout)
            result = json.loads(done.stdout)
            ours = [(level["name"], level["value"]) for level in result["levels"]]
            theirs = mip(asking, stock, share)
            if ours != theirs:
                wrong.append(f"{case}: {ours}, by the MIP {theirs}")
            logis("candidates", "--select", "points,adequation" + (",modeste" if share else ""), "--output", folder / "c.csv")
            if (held := checked())[:2] != (0, 0):
                wrong.append(f"{case}: not accepted: {held}")
            moves = result.get("moves", [])
            tally["tenants"] += sum(own[5] is not None for own in asking)
            tally["attributions"] += ours[0][1]
            tally["chains"] += sum(own["kind"] == "chain" for own in moves)
            tally["exchanges"] += sum(own["kind"] == "exchange" for own in moves)
            tally["moves"] += sum("leaves" in step for own in moves for step in own["steps"])
            # A tenant whose unit goes to another is left out: its unit is given while it stays.
            left = {step["unit"] for own in moves for step in own["steps"]}
            tenant = next((step["request"] for own in moves for step in own["steps"] if step.get("leaves") in left), None)
            if tenant and rng.random() < 0.3:
                result["attributions"] = [row for row in result["attributions"] if row["demande_id"] != tenant]
                (folder / "r.json").write_text(json.dumps(result))
                tally["forged"] += 1
                inside, outside, said = checked()
                if inside == 0 or outside != 2 or "whose tenant stays" not in said:
                    wrong.append(f"{case}: a forged result is accepted: {inside}, {outside}, {said}")
    print(f"{given.cases} cases in {time.monotonic() - begin:.0f} s: {len(wrong)} differ; {tally}")
    for line in wrong[:20]:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
