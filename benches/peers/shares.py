#!/usr/bin/env python3
"""Many shares: 8, 12 and 20 of them on 400 x 200 and 10,000 x 1,000, matched by the command and by HiGHS in the same run.

    cargo build --release --bin logis
    python3 benches/peers/shares.py [--program target/release/logis] [--seed 1] [--limit 60] [SHARES:REQUESTSxUNITS ...]

Needs highspy and numpy. Each request is of some groups (of 20 to 60 % each, some of which come together), each share asks of the
units of half of the places for 0.9 to 1.4 times its group's part of the requests, so that shares contradict each other. The
levels are those of `logis match`: attributions, what lacks of each share in order, points, fit; HiGHS fixes one after the other,
and is stopped after `--limit` seconds in all. Printed are the seconds of both, what the proof of ours leaves open, how many levels
HiGHS proved, and levels that differ. Exit code 1 if a level that both have proved differs, or if `logis verify` refuses the result."""
import argparse, csv, json, random, re, resource, subprocess, sys, tempfile, time
from fractions import Fraction
from pathlib import Path

import highspy
import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
SIZES = ["8:400x200", "12:400x200", "20:400x200", "8:10000x1000", "12:10000x1000", "20:10000x1000"]
PLACES = 24

SCHEMA = """
[demande]
table = "demandes"
key = "demande_id"
fields.besoin = { type = "integer" }
fields.points = { type = "integer" }
fields.lieux = { type = "codes" }
fields.groupes = { type = "codes" }
[logement]
table = "logements"
key = "logement_id"
fields.taille = { type = "integer" }
fields.lieu = { type = "text" }
fields.parts = { type = "codes" }
[candidature]
pair = ["demande", "logement"]
"""
RULES = """//! entité: candidature

/// Convient.
/// source: art. 1
fn convient(besoin, taille, lieu, lieux) { taille >= besoin && taille <= besoin + 1 && contient(lieux, lieu) }

/// Adéquation.
/// source: art. 2
fn adequation(besoin, taille) { 900 - 100 * (taille - besoin) + 3 * besoin }
"""
MEMBER = """
/// Membre de la part.
/// source: art. 3
fn membre_%s(groupes) { contient(groupes, "g%s") }

/// Compte dans la part.
/// source: art. 3
fn base_%s(parts) { contient(parts, "g%s") }
"""
PACK = """name = "parts"
[matching]
candidature = "candidature"
suitable = "convient"
priority = "points"
fit = "adequation"
"""
QUOTA = """
[[matching.quotas]]
name = "q%s"
members = "membre_%s"
base = "base_%s"
share = "part.q%s"
"""
SHARE = """[part.q%s]
[[part.q%s.values]]
from = 2010-01-01
source = { title = "s" }
value = "%s"
"""


def draw(rng, shares, requests, units):
    """Requests, units, and by share what it asks for."""
    often = [rng.uniform(0.2, 0.6) for _ in range(shares)]
    stock = []
    of_place = [[q for q in range(shares) if rng.random() < 0.5] for _ in range(PLACES)]
    for u in range(units):
        place = rng.randrange(PLACES)
        stock.append((f"L{u:05}", rng.randint(1, 5), place, of_place[place]))
    asking = []
    for r in range(requests):
        # Who is of one group is more often of its neighbours.
        lean = rng.uniform(-0.15, 0.15)
        groups = [q for q in range(shares) if rng.random() < often[q] + (lean if q % 2 else -lean)]
        wishes = sorted(rng.sample(range(PLACES), rng.randint(1, 6)))
        asking.append((f"D{r:05}", rng.randint(1, 5), rng.randint(0, 1000), wishes, groups))
    asked = [Fraction(min(round(often[q] * rng.uniform(0.9, 1.4) * 20), 19), 20) for q in range(shares)]
    return asking, stock, asked


def pairs_of(asking, stock):
    by_place = [[] for _ in range(PLACES)]
    for u, (_, size, place, _) in enumerate(stock):
        by_place[place].append((u, size))
    for r, (_, need, points, wishes, _) in enumerate(asking):
        for place in wishes:
            for u, size in by_place[place]:
                if need <= size <= need + 1:
                    yield r, u, 900 - 100 * (size - need) + 3 * need


def mip(asking, stock, asked, limit):
    """The levels in order, each fixed before the next, and seconds of processor; `None` for those after the limit."""
    begin, clock = time.process_time(), time.monotonic()
    pairs = list(pairs_of(asking, stock))
    n, shares = len(pairs), len(asked)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("log_to_console", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.5)
    inf = highspy.kHighsInf
    kind = highspy.HighsVarType.kInteger
    columns = n + shares
    every = np.arange(columns, dtype=np.int32)
    highs.addVars(columns, np.zeros(columns), np.array([1.0] * n + [float(len(stock))] * shares))
    highs.changeColsIntegrality(columns, every, np.array([kind] * columns))

    def row(low, high, terms):
        index = np.array([column for column, _ in terms], np.int32)
        highs.addRow(low, high, len(terms), index, np.array([weight for _, weight in terms], float))

    of = {}
    for k, (r, u, _) in enumerate(pairs):
        of.setdefault(("r", r), []).append((k, 1))
        of.setdefault(("u", u), []).append((k, 1))
    for terms in of.values():
        row(-inf, 1.0, terms)
    levels = [("attributions", 1, [(k, 1) for k in range(n)])]
    for q, share in enumerate(asked):
        a, b = share.numerator, share.denominator
        terms = []
        for k, (r, u, _) in enumerate(pairs):
            if q in stock[u][3]:
                terms.append((k, (b if q in asking[r][4] else 0) - a))
        row(0.0, inf, terms + [(n + q, b)])
        levels.append((f"shortfall:q{q}", -1, [(n + q, 1)]))
    levels.append(("priority", 1, [(k, asking[pair[0]][2]) for k, pair in enumerate(pairs)]))
    levels.append(("fit", 1, [(k, pair[2]) for k, pair in enumerate(pairs)]))
    values = []
    for name, sign, terms in levels:
        left = limit - (time.monotonic() - clock)
        if left <= 0:
            values.append((name, None))
            continue
        costs = np.zeros(columns)
        for column, weight in terms:
            costs[column] = -sign * weight
        highs.changeColsCost(columns, every, costs)
        highs.setOptionValue("time_limit", highs.getRunTime() + left)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            values.append((name, None))
            limit = 0
            continue
        value = round(-sign * highs.getInfo().objective_function_value)
        values.append((name, value))
        row(value - 0.5, value + 0.5, terms)
    return values, time.process_time() - begin


def write(folder, asking, stock, asked):
    (folder / "regles").mkdir(exist_ok=True)
    (folder / "donnees").mkdir(exist_ok=True)
    every = range(len(asked))
    rules = RULES + "".join(MEMBER % (q, q, q, q) for q in every)
    pack = PACK + "".join(QUOTA % (q, q, q, q) for q in every)
    part = "".join(SHARE % (q, q, f"{share.numerator}/{share.denominator}") for q, share in enumerate(asked))
    for name, text in (("schema.toml", SCHEMA), ("r.rhai", rules), ("pack.toml", pack), ("part.toml", part)):
        (folder / "regles" / name).write_text(text)
    with open(folder / "donnees/demandes.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["demande_id", "besoin", "points", "lieux", "groupes"])
        for r, need, points, wishes, groups in asking:
            out.writerow([r, need, points, " ".join(f"p{p}" for p in wishes), " ".join(f"g{q}" for q in groups)])
    with open(folder / "donnees/logements.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["logement_id", "taille", "lieu", "parts"])
        for u, size, place, of in stock:
            out.writerow([u, size, f"p{place}", " ".join(f"g{q}" for q in of)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=SIZES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/logis")
    given = parser.parse_args()
    wrong = False
    print("| shares | requests x units (pairs) | ours: processor s | open | HiGHS: processor s | levels proved |")
    print("| ---: | --- | ---: | --- | ---: | ---: |")
    for name in given.sizes:
        shares, size = name.split(":")
        requests, units = (int(n) for n in size.split("x"))
        rng = random.Random(given.seed)
        asking, stock, asked = draw(rng, int(shares), requests, units)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            write(folder, asking, stock, asked)
            base = ["--rules", folder / "regles", "--data", folder / "donnees", "--as-of", "2018-01-01"]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([given.program, "match", *base, "--format", "json"], capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if done.returncode != 0:
                sys.exit(done.stderr)
            (folder / "r.json").write_text(done.stdout)
            result = json.loads(done.stdout)
            wrong |= subprocess.run([given.program, "verify", *base, "--match", folder / "r.json"], capture_output=True).returncode != 0
        # What the proof leaves open is said in words.
        said = re.search(r"laisse encore ouvert: (.*)", done.stderr)
        left = dict(own.split(": ") for own in said[1].split(", ")) if said else {}
        names = {"priority": "priorité", "fit": "adéquation"}
        gap_of = lambda name: int(left.get(names.get(name, name.removeprefix("shortfall:")), 0))  # noqa: E731
        ours = [(level["name"], level["value"], gap_of(level["name"])) for level in result["levels"]]
        theirs, cost = mip(asking, stock, asked, given.limit)
        count = sum(1 for _ in pairs_of(asking, stock))
        gaps = ", ".join(f"{own} {gap}" for own, _, gap in ours if gap) or "nothing"
        proved = sum(value is not None for _, value in theirs)
        print(f"| {shares} | {requests:,} x {units:,} ({count:,}) | {spent:.2f} | {gaps} | {cost:.0f} | {proved} of {len(theirs)} |", flush=True)
        for (level, value, gap), (other, best) in zip(ours, theirs):
            if level != other or best is not None and gap == 0 and value != best:
                wrong = True
                print(f"  {level}: {value}, HiGHS {other}: {best}")
            if gap:
                break
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
