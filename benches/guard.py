"""Compares the speed of today with the ratios that the repository keeps, and names what lost more than a fifth.

    cargo xtask bench-guard [--keep]

A ratio is a time of ours over a time of somebody else's for the same work in the same run, so that it holds on other
machines: the smaller, the better. They stand in `benches/ratios.toml`; `--keep` writes today's there. What a peer's
package is missing for is left out, with a word: pip install polars duckdb pyarrow numpy scipy.

All programs are built with the profile of the release. It takes some minutes, and wants a quiet machine.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "benches/ratios.toml"
WORK = ROOT / "target/peers/guard"
LOGIS = ROOT / "target/release/logis"
LOST = 1.2

# By name: what is set against what.
WHAT = {
    "plan": "the workload by the plan, one thread, against the loop by hand",
    "record": "one household from a record, against one of the workload by the plan",
    "parquet": "a region of 347,242 requests from Parquet to Parquet, processor, against the better of DuckDB and Polars",
    "parquet_wall": "the same, elapsed",
    "csv": "the same from CSV to CSV, processor, against DuckDB with the types given",
    "start": "two requests from CSV to CSV, processor, against DuckDB reading and writing them",
    "matching": "10,000 requests and 1,000 units, without quotas, against the best of the other solvers",
}


def run(*command, **more):
    print("$", *command, file=sys.stderr, flush=True)
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=True, text=True, **more)


def last_json(text):
    return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])


def workload():
    wanted = "^W/(plan/1|by hand|one record)$"
    run("cargo", "bench", "--quiet", "-p", "logis", "--bench", "workload", "--", wanted, stdout=sys.stderr)

    def nanoseconds(name):
        folder = ROOT / "target/criterion/W" / name / "new"
        return json.loads((folder / "estimates.json").read_text())["median"]["point_estimate"]

    households = json.loads((ROOT / "target/criterion/W/plan/1/new/benchmark.json").read_text())["throughput"]["Elements"]
    plan = nanoseconds("plan/1")
    return {"plan": plan / nanoseconds("by hand"), "record": nanoseconds("one record") / (plan / households)}


def files():
    region = WORK / "region"
    if not region.is_dir():
        run(LOGIS, "generate", "--territory", "auvergne-rhone-alpes", "--output", region)
    peers = [sys.executable, "benches/peers/e2e.py", LOGIS, region, "--rounds", 3, "--ratios"]
    parquet = last_json(run(*peers, stdout=subprocess.PIPE).stdout)
    csv = last_json(run(*peers, "--csv", stdout=subprocess.PIPE).stdout)
    return {"parquet": parquet["processor"], "parquet_wall": parquet["wall"], "csv": csv["processor"]}


def start():
    """The least processor time of ten runs of each."""
    folder = WORK / "two"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demandes.csv").write_text(
        "demande_id,commune,date_demande,rfr_n2,rfr_n1,revenus_12_mois\n"
        "D1,21231,2017-01-05,20124,20124,22000\nD2,75056,2017-02-05,31000,30000,30500\n"
    )
    (folder / "personnes.csv").write_text(
        "personne_id,demande_id,lien,date_naissance,a_charge,handicap\n"
        "P1,D1,demandeur,1990-02-01,false,false\nP2,D2,demandeur,1985-05-01,false,false\n"
    )
    rules = "plafond_plus,eligible_plus"
    ours = [LOGIS, "eval", "--data", folder, "--as-of", "2017-06-30", "--select", rules, "--output", WORK / "two.csv"]
    query = f"COPY (SELECT demande_id, rfr_n2 <= 20123 FROM '{folder}/demandes.csv' JOIN '{folder}/personnes.csv' \
USING (demande_id)) TO '{WORK}/two.duckdb.csv' (HEADER)"
    theirs = [sys.executable, "-c", f"import duckdb; duckdb.execute({query!r})"]

    def processor(command):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(word) for word in command], cwd=ROOT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return {"start": min(processor(ours) for _ in range(10)) / min(processor(theirs) for _ in range(10))}


def matching():
    instance = ["cargo", "run", "--quiet", "--release", "-p", "logis", "--example", "instance", "--"]
    folder = WORK / "matching"
    run(*instance, "write", folder, "d10k", stdout=sys.stderr)
    program = ROOT / "target/release/examples/instance"
    peers = [sys.executable, "benches/peers/matching.py", folder, "d10k", "--only", "scipy", "LEMON", "--ratios"]
    said = run(*peers, "--program", program, stdout=subprocess.PIPE).stdout
    return {"matching": last_json(said)["d10k"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="keep what is measured now")
    asked = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    begun = time.time()
    found = {}
    for needs, measure in [((), workload), (("duckdb", "polars"), files), (("duckdb",), start), (("scipy",), matching)]:
        try:
            [__import__(package) for package in needs]
        except ImportError as error:
            print(f"left out: {measure.__name__} ({error})", file=sys.stderr)
            continue
        found |= measure()
    kept = tomllib.loads(KEPT.read_text()) if KEPT.is_file() else {}
    lost = []
    print(f"{'':14}{'kept':>9}{'now':>9}")
    for name, now in found.items():
        before = kept.get(name, {}).get("ratio")
        worse = before is not None and now > LOST * before
        lost += [name] if worse else []
        print(f"{name:14}{before or float('nan'):9.2f}{now:9.2f}{'  lost more than a fifth' if worse else ''}  {WHAT[name]}")
    print(f"in {time.time() - begun:.0f} s", file=sys.stderr)
    if asked.keep:
        kept |= {name: {"ratio": round(now, 3), "what": WHAT[name]} for name, now in found.items()}
        lines = ["# Our time over another's for the same work, in one run: see guard.py. The smaller, the better."]
        for name in WHAT:
            if name in kept:
                lines += ["", f"[{name}]", f'what  = "{WHAT[name]}"', f"ratio = {kept[name]['ratio']}"]
        KEPT.write_text("\n".join(lines) + "\n")
    elif lost:
        sys.exit(f"lost more than a fifth: {', '.join(lost)}")


main()
