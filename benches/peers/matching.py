"""Puts general solvers beside the matching, on the same pairs, one thread each, and prints the ratios.

    cargo run --release -p logis --example instance -- write FOLDER dijon d10k d100k
    pip install numpy scipy ortools highspy
    python benches/peers/matching.py FOLDER [--rounds 3] [--quotas] [NAME ...]

Each solver runs in a process of its own: it reads the pairs, then builds its model and solves it so
many rounds; the median counts. Seconds are those of the processor, not of the clock, so that a busy
machine does not count; memory is the peak over what the pairs themselves take. Ours runs as they do
(`instance solve`, the same pairs from the same seed), from cells and from the pairs one by one.

Levels 1, 3 and 4 are one weight for the peers: (points + 1) * (1000 * N + 1) + fit, N being the most
that can be housed; as housing one request more is always worth something and the sets that can be
housed together are a matroid, level 1 needs no weight of its own. A status that speaks of overflow is
printed. What each solver chose is checked and summed here: every pair is one of the instance, no
request and no unit twice; then attributions, points and fit must be the same for all.

`--quotas` puts the mixed-integer programme of HiGHS beside ours instead, level after level, with the
three quotas (attributions, three shortfalls, points, fit), within --limit seconds of the clock in all;
d10k needs a quarter of an hour or more. The shortfalls must then be the same too.

LEMON's network simplex runs where a C++ compiler and the headers are (Debian: liblemon-dev).
"""

import argparse
import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

for threads in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[threads] = "1"

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 2**32 - 1


class Instance:
    """The arrays of a folder; `row` has the request of each pair."""

    def __init__(self, folder):
        read = lambda name, kind: np.fromfile(folder / name, kind)  # noqa: E731
        self.folder = folder
        self.about = json.loads((folder / "instance.json").read_text())
        self.n, self.m = self.about["requests"], self.about["units"]
        self.points = read("points", "<u2").astype(np.int64)
        self.starts = read("starts", "<u8").astype(np.int64)
        self.unit = read("units", "<u4").astype(np.int32)
        self.fit = read("fits", "<u2").astype(np.int64)

    def row(self):
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.starts))

    def weights(self):
        point = 1000 * min(self.n, self.m) + 1
        return np.repeat(self.points + 1, np.diff(self.starts)) * point + self.fit

    def pairs_of(self, unit_of):
        """The pair of each request that has a unit."""
        chosen = []
        for request in np.flatnonzero(unit_of != NOBODY):
            start, end = self.starts[request], self.starts[request + 1]
            at = start + np.searchsorted(self.unit[start:end], unit_of[request])
            if at == end or self.unit[at] != unit_of[request]:
                sys.exit(f"{self.folder}: request {request} has unit {unit_of[request]}: no such pair")
            chosen.append(at)
        return np.array(chosen, np.int64)

    def values(self, chosen):
        """Attributions, points and fit of the chosen pairs, which must be a matching."""
        rows = np.searchsorted(self.starts, chosen, "right") - 1
        units = self.unit[chosen]
        if len(np.unique(rows)) < len(rows) or len(np.unique(units)) < len(units):
            sys.exit(f"{self.folder}: a request or a unit stands twice")
        return [len(chosen), int(self.points[rows].sum()), int(self.fit[chosen].sum())]

    def quotas(self):
        """For each quota: does a pair count in its base, does it among its members, the share."""
        read = lambda name: np.fromfile(self.folder / name, np.uint8).astype(bool)  # noqa: E731
        cells = np.fromfile(self.folder / "cells", "<u4").reshape(-1, 6)
        inside = np.repeat(cells[:, 3] == 1, cells[:, 5])[self.unit]
        first, public, row = read("first_quartile"), read("priority_public"), self.row()
        marks = {"first_quartile": first, "other_quartiles": ~first, "priority_publics": public}
        for quota in self.about["quotas"]:
            base = np.ones(len(row), bool) if quota["inside"] is None else inside == quota["inside"]
            yield quota["name"], base, base & marks[quota["members"]][row], quota["share"]


def status(name):
    """A line of /proc/self/status in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


# One function a peer. It builds its model and gives back what solves it; that gives back the numbers
# of the chosen pairs, or a text that says why there are none.


def ortools_flow(i):
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    # Each unit sends itself to a request or, empty, to the sink.
    pairs = flow.add_arcs_with_capacity_and_unit_cost(
        i.unit + i.n, i.row(), np.ones(len(i.unit), np.int64), -i.weights()
    )
    ends = np.arange(i.n + i.m, dtype=np.int32)
    ones = np.ones(i.n + i.m, np.int64)
    flow.add_arcs_with_capacity_and_unit_cost(ends, np.full_like(ends, i.n + i.m), ones, 0 * ones)
    flow.set_nodes_supplies(ends[i.n :], np.ones(i.m, np.int64))
    flow.set_node_supply(i.n + i.m, -i.m)

    def solve():
        found = flow.solve()
        return np.flatnonzero(flow.flows(pairs)) if found == flow.OPTIMAL else str(found)

    return solve


def ortools_assignment(i):
    from ortools.graph.python import linear_sum_assignment

    # It needs a perfect matching: the graph and its mirror, with each node facing its own image.
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    row = i.row()
    zeros = np.zeros(len(row), np.int64)
    requests, units = np.arange(i.n, dtype=np.int32), np.arange(i.m, dtype=np.int32)
    solver.add_arcs_with_cost(row, i.unit, -i.weights())
    solver.add_arcs_with_cost(i.unit + i.n, row + i.m, zeros)
    solver.add_arcs_with_cost(requests, requests + i.m, zeros[: i.n])
    solver.add_arcs_with_cost(units + i.n, units, np.zeros(i.m, np.int64))

    def solve():
        found = solver.solve()
        if found != solver.OPTIMAL:
            return str(found)
        mates = np.array([solver.right_mate(request) for request in range(i.n)], np.int64)
        return i.pairs_of(np.where(mates < i.m, mates, NOBODY))

    return solve


def scipy_assignment(i):
    from scipy import sparse
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # Every unit must get a column: one of its own if it stays empty. Zeros would be no entries.
    pairs = sparse.csr_matrix((i.weights() + 1.0, i.unit, i.starts), shape=(i.n, i.m))
    matrix = sparse.hstack([pairs.T, sparse.identity(i.m)]).tocsr()

    def solve():
        units, columns = min_weight_full_bipartite_matching(matrix, maximize=True)
        unit_of = np.full(i.n, NOBODY, np.int64)
        unit_of[columns[columns < i.n]] = units[columns < i.n]
        return i.pairs_of(unit_of)

    return solve


def hopcroft_karp(i):
    from scipy import sparse
    from scipy.sparse.csgraph import maximum_bipartite_matching

    graph = sparse.csr_matrix((np.ones(len(i.unit), np.int8), i.unit, i.starts), shape=(i.n, i.m))

    def solve():
        unit_of = maximum_bipartite_matching(graph, perm_type="column").astype(np.int64)
        return i.pairs_of(np.where(unit_of < 0, NOBODY, unit_of))

    return solve


def highs_model(i, integer, quotas):
    """Pairs as columns, requests and units as rows; quotas with the members that are lacking."""
    import highspy
    from scipy import sparse

    count = len(i.unit)
    ones, pairs = np.ones(count), np.arange(count)
    parts = [(i.row().astype(np.int64), pairs, ones), (i.unit.astype(np.int64) + i.n, pairs, ones)]
    rows = i.n + i.m
    for number, (_, base, members, (up, down)) in enumerate(quotas):
        weight = down * members.astype(np.int64) - up * base
        at = np.flatnonzero(weight)
        parts.append((np.full(len(at), rows + number), at, weight[at].astype(float)))
        parts.append(([rows + number], [count + number], [float(down)]))
    row, column, value = (np.concatenate(part) for part in zip(*parts))
    columns, rows = count + len(quotas), rows + len(quotas)
    matrix = sparse.csc_matrix((value, (row, column)), shape=(rows, columns))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows
    lp.col_cost_ = np.zeros(columns)
    lp.col_lower_ = np.zeros(columns)
    lp.col_upper_ = np.concatenate([ones, np.full(len(quotas), float(min(i.n, i.m)))])
    lp.row_lower_ = np.concatenate([np.full(i.n + i.m, -highspy.kHighsInf), np.zeros(len(quotas))])
    lp.row_upper_ = np.concatenate([np.ones(i.n + i.m), np.full(len(quotas), highspy.kHighsInf)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    lp.sense_ = highspy.ObjSense.kMaximize
    if integer:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * columns
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    return highs, lp


def highs_lp(i):
    import highspy

    highs, lp = highs_model(i, False, [])
    # Around one for the simplex; the fits are then near its tolerances.
    lp.col_cost_ = i.weights() / (1000 * min(i.n, i.m) + 1)
    highs.setOptionValue("solver", "simplex")
    highs.setOptionValue("time_limit", LIMIT)
    highs.passModel(lp)

    def solve():
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return highs.modelStatusToString(highs.getModelStatus())
        return np.flatnonzero(np.array(highs.getSolution().col_value) > 0.5)

    return solve


def highs_mip(i):
    """Level after level: each is fixed as a row before the next is the objective."""
    import highspy

    quotas = list(i.quotas())
    highs, lp = highs_model(i, True, quotas)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.passModel(lp)
    count = len(i.unit)
    points = np.repeat(i.points, np.diff(i.starts)).astype(float)
    levels = [("attributions", 1, np.arange(count), np.ones(count))]
    levels += [(q[0], -1, np.array([count + k]), np.ones(1)) for k, q in enumerate(quotas)]
    levels += [("points", 1, np.arange(count), points), ("fit", 1, np.arange(count), i.fit.astype(float))]

    def solve():
        start, steps = time.monotonic(), []
        for name, sign, columns, weights in levels:
            costs = np.zeros(count + len(quotas))
            costs[columns] = sign * weights
            highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
            left = LIMIT - (time.monotonic() - start)
            # HiGHS compares the limit with the clock of all its runs.
            highs.setOptionValue("time_limit", highs.getRunTime() + max(left, 0.0))
            before = time.process_time()
            highs.run()
            seconds = round(time.process_time() - before, 2)
            info = highs.getInfo()
            proved = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
            step = {"level": name, "seconds": seconds, "proved": proved}
            steps.append(step)
            if info.primal_solution_status == 2:
                step["value"] = round(sign * info.objective_function_value)
            if not proved:
                step["bound"] = sign * info.mip_dual_bound
                return json.dumps(steps)
            value = round(info.objective_function_value)
            highs.addRow(float(value), highspy.kHighsInf, len(columns), columns.astype(np.int32), sign * weights)
        print(json.dumps(steps), file=sys.stderr, flush=True)
        return np.flatnonzero(np.array(highs.getSolution().col_value)[:count] > 0.5)

    return solve


# By name: what builds it, the most pairs that it is tried on, the module that it needs.
PEERS = {
    "OR-Tools SimpleMinCostFlow": (ortools_flow, 10**9, "ortools.graph.python.min_cost_flow"),
    "scipy full bipartite matching": (scipy_assignment, 10**9, "scipy.sparse.csgraph"),
    "OR-Tools LinearSumAssignment": (ortools_assignment, 10**7, "ortools.graph.python.linear_sum_assignment"),
    "HiGHS LP (simplex)": (highs_lp, 10**6, "highspy"),
    "scipy Hopcroft-Karp (level 1)": (hopcroft_karp, 10**9, "scipy.sparse.csgraph"),
}
QUOTAS = {"HiGHS MIP, level by level": (highs_mip, 10**6, "highspy")}
LIMIT = 300.0
# The example program, built by Cargo.
PROGRAM = ROOT / "target/release/examples/instance"
RATIOS = False


def one(folder, peer, rounds):
    """In a process of its own: one peer on one instance."""
    builder, _, module = (PEERS | QUOTAS)[peer]
    importlib.import_module(module)
    importlib.import_module("scipy.sparse")
    i = Instance(Path(folder))
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    result = {"build": [], "solve": []}
    for _ in range(rounds):
        t0 = time.process_time()
        solve = builder(i)
        t1 = time.process_time()
        chosen = solve()
        t2 = time.process_time()
        result["build"].append(t1 - t0)
        result["solve"].append(t2 - t1)
        del solve
        if isinstance(chosen, str):
            levels = chosen.startswith("[")
            result["failed"] = "not proved within the limit" if levels else chosen
            result["steps"] = json.loads(chosen) if levels else []
            break
        if t2 - t0 > 60:
            break
    result["peak_kb"] = status("VmHWM") - before
    if not isinstance(chosen, str):
        result["values"] = i.values(chosen)
        if peer in QUOTAS:
            result["quotas"] = reached(i, chosen)
    print(json.dumps(result))


def reached(i, chosen):
    """By quota: what a choice has in its base, among its members, and lacks."""
    found = []
    for name, base, members, (up, down) in i.quotas():
        base, members = int(base[chosen].sum()), int(members[chosen].sum())
        lacking = max(0, -(-base * up // down) - members)
        found.append({"name": name, "base": base, "members": members, "shortfall": lacking})
    return found


def run(command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        return {"failed": (done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1]}
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if done.stderr.strip().startswith("["):
        result["steps"] = json.loads(done.stderr.strip().splitlines()[-1])
    return result


def build_lemon(folder):
    """The program, or why there is none."""
    compiler = shutil.which("c++") or shutil.which("g++")
    if not compiler:
        return None, "LEMON is left out: no C++ compiler"
    program = folder / "lemon"
    source = ROOT / "benches/peers/lemon.cpp"
    done = subprocess.run(
        [compiler, "-O3", "-march=native", "-o", program, source], capture_output=True, text=True
    )
    if done.returncode != 0:
        return None, "LEMON is left out: lemon.cpp does not compile (Debian: apt-get install liblemon-dev)"
    return program, None


def ours(folder, name, rounds, flags):
    """The matching itself: the example program. Its answer is summed here like the others, not believed."""
    program = PROGRAM
    if not program.exists():
        return {"failed": "cargo build --release -p logis --example instance, first"}
    result = run([program, "solve", folder, name, "--rounds", rounds, *flags])
    if "failed" not in result and (folder / name / "units").exists():
        i = Instance(folder / name)
        chosen = i.pairs_of(np.fromfile(folder / name / "answer", "<u4").astype(np.int64))
        if result["values"] != i.values(chosen):
            sys.exit(f"{name}: the answer reaches {i.values(chosen)}, and not {result['values']}")
        result["quotas"] = reached(i, chosen) if "--quotas" in flags else []
    return result


def table(rows):
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        print("  ".join(c.ljust(w) if k == 0 else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths))))


def line(name, result, best):
    if "failed" in result:
        return [name, "–", "–", "–", "–", "–", result["failed"][:60]]
    build, solve = statistics.median(result["build"]), statistics.median(result["solve"])
    ratio = f"{(build + solve) / best:.1f}" if best else "–"
    # What a solver of level 1 reaches at the others is chance.
    values = " / ".join(f"{v:,}" for v in (result["values"][:1] if "level 1" in name else result["values"]))
    return [name, f"{build:.4f}", f"{solve:.4f}", f"{build + solve:.4f}", ratio, f"{result['peak_kb'] / 1024:.1f}", values]


def total(result):
    return statistics.median(b + s for b, s in zip(result["build"], result["solve"]))


def compare(folder, name, rounds, peers, lemon, quotas):
    """One instance: all solvers, a table, and whether they agree. False if they do not."""
    about = json.loads((folder / name / "instance.json").read_text())
    print(f"\n{name}: {about['requests']:,} requests, {about['units']:,} units, {about['pairs']:,} pairs", flush=True)
    flags = ["--quotas"] if quotas else []
    results = {"Logis, from pairs": ours(folder, name, rounds, [*flags, "--pairs"])} if about["pairs_written"] else {}
    results = {"Logis": ours(folder, name, rounds, flags)} | results
    if about["pairs_written"]:
        if lemon:
            results["LEMON NetworkSimplex"] = run([lemon, folder / name, rounds])
            chosen = folder / name / "lemon.chosen"
            if "failed" not in results["LEMON NetworkSimplex"]:
                results["LEMON NetworkSimplex"]["values"] = Instance(folder / name).values(
                    np.fromfile(chosen, "<u8").astype(np.int64)
                )
        for peer, (_, most, _) in peers.items():
            if about["pairs"] <= most:
                command = [sys.executable, __file__, folder, "--one", name, peer, "--rounds", rounds]
                results[peer] = run([*command, "--limit", LIMIT])
    best = total(results["Logis"]) if "failed" not in results["Logis"] else None
    rows = [["", "build s", "solve s", "both s", "× ours", "MB", "attributions / points / fit"]]
    table(rows + [line(solver, result, best) for solver, result in results.items()])
    # Who only counts does less than the same.
    peers = {s: r for s, r in results.items() if "Logis" not in s and "level 1" not in s and "failed" not in r}
    others = [total(result) for result in peers.values()]
    if RATIOS and best and others:
        print(json.dumps({name: best / min(others)}))
    for solver, result in results.items():
        for quota in result.get("quotas", []):
            print(f"  {solver}: {quota['name']}: {quota['members']} of {quota['base']}, lacking {quota['shortfall']}")
        if "verify" in result:
            gaps = ", ".join(str(gap) for gap in result["gaps"] + result["quota_gaps"])
            seconds = statistics.median(result["verify"])
            print(f"  {solver}: certificate checked in {seconds:.4f} s, gaps {gaps}")
        for step in result.get("steps", []):
            print(f"  {solver}: {step}")
    lacking = lambda r: [quota["shortfall"] for quota in r.get("quotas", [])]  # noqa: E731
    finished = {s: r["values"] + lacking(r) for s, r in results.items() if "values" in r}
    wanted = next(iter(finished.values()), None)
    wrong = [s for s, v in finished.items() if (v[:1] != wanted[:1] if "level 1" in s else v != wanted)]
    if "failed" in results["Logis"]:
        return False
    for solver in wrong:
        print(f"  {solver} does not reach what {next(iter(finished))} reaches")
    return not wrong


def main():
    global LIMIT, PROGRAM, RATIOS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="instances of the folder; all, if none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds of the clock for HiGHS")
    parser.add_argument("--quotas", action="store_true", help="with the three quotas, against HiGHS' MIP")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="the example program `instance`")
    parser.add_argument("--only", nargs="*", help="peers whose name contains one of these")
    parser.add_argument("--ratios", action="store_true", help="lines of JSON: our time over the best of the others'")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_intermixed_args()
    LIMIT, PROGRAM, RATIOS = given.limit, given.program, given.ratios
    if given.one:
        return one(given.folder / given.one[0], given.one[1], given.rounds)
    wanted = lambda peer: given.only is None or any(o.lower() in peer.lower() for o in given.only)  # noqa: E731
    peers = {p: v for p, v in (QUOTAS if given.quotas else PEERS).items() if wanted(p)}
    lemon, why = (None, None) if given.quotas or not wanted("LEMON") else build_lemon(given.folder)
    if why:
        print(why)
    names = given.names or sorted(
        (p.parent.name for p in given.folder.glob("*/instance.json")),
        key=lambda n: json.loads((given.folder / n / "instance.json").read_text())["pairs"],
    )
    agree = [compare(given.folder, name, given.rounds, peers, lemon, given.quotas) for name in names]
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
