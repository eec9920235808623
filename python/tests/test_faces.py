"""The same hundred households through every face: the command, Rust, Python, HTTP, C and Spark, side by side."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import DIJON, ROOT, command, households

from logis_regles import Pack

DATE = "2015-12-31"
RULES = ["categorie_menage", "ressources", "plafond_plus", "eligible_plai", "eligible_plus", "premier_quartile"]
# All that is decided when nothing is named is explained. Why a household is refused is looked up on other dates too, which
# takes a build without optimisation two seconds a household: the first eight are explained.
EXPLAINED = Pack().results
HOUSEHOLDS = 8
TARGET = ROOT / "target/debug"


def absent(what):
    """A face that is not there: an error where all must be."""
    if "CI" in os.environ:
        pytest.fail(what)
    pytest.skip(what)


def parsed(text):
    """A document as Python's own have it: numbers exact."""
    return json.loads(text, parse_float=Decimal)


@pytest.fixture(scope="module")
def records():
    return households(100)


@pytest.fixture(scope="module")
def lines(records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


@pytest.fixture(scope="module")
def expected(records):
    """The documents of Python, by household: those that all others are held against."""
    pack = Pack()
    decide, explain = pack.plan(DATE, RULES), pack.plan(DATE, EXPLAINED)
    decisions = [decide.decide(record).document for record in records]
    assert [decision["about"]["id"] for decision in decisions] == [record["demande_id"] for record in records]
    # They are not all alike: each outcome has several values, and some are refused, some not.
    for rule in RULES:
        assert len({json.dumps(decision["outcomes"][rule]) for decision in decisions}) > 1, rule
    explanations = [explain.explain(record).document for record in records[:HOUSEHOLDS]]
    # Each rule is explained, and what is granted to some is refused to others.
    said = {one["rule"]: set() for one in explanations[0]["explanations"]}
    assert list(said) == EXPLAINED
    for document in explanations:
        for one in document["explanations"]:
            said[one["rule"]].add(json.dumps(one["outcome"], default=str))
    assert len(said["eligible_plai"]) > 1 and len(said["plafond_plus"]) > 1, said
    return decisions, explanations


def first(lines):
    """The lines that are explained."""
    return "".join(lines.splitlines(keepends=True)[:HOUSEHOLDS])


def documents(program, lines, environment=None):
    """What a program that takes records line by line writes: the decisions, then the explanations."""
    found = []
    for arguments, given in (([DATE, ",".join(RULES)], lines), ([DATE, ",".join(EXPLAINED), "explain"], first(lines))):
        done = subprocess.run(
            [program, *arguments], input=given, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
        )
        assert done.returncode == 0, done.stderr
        found.append([parsed(line) for line in done.stdout.splitlines()])
    return tuple(found)


def test_rust(lines, expected):
    program = TARGET / "examples/decide_lines"
    if not program.is_file():
        absent("the example `decide_lines` is not built: cargo build -p logis --example decide_lines")
    assert documents(program, lines) == expected


def test_c(lines, expected, tmp_path):
    library = TARGET / "deps/liblogis_ffi.so"
    if not library.is_file() or not shutil.which("cc"):
        absent("no compiler of C, or the C library is not built: cargo build -p logis-ffi")
    for name in ("liblogis.so", "liblogis.so.1"):
        (tmp_path / name).symlink_to(library)
    program = tmp_path / "decide"
    subprocess.run(
        ["cc", "-std=c11", "-I", ROOT / "ffi", ROOT / "ffi/examples/decide.c", "-L", tmp_path, "-llogis", "-o", program],
        check=True,
    )
    assert documents(program, lines, {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}) == expected


def test_http(records, lines, expected):
    program = Path(os.environ.get("LOGIS_COMMAND", TARGET / "logis"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service = subprocess.Popen([program, "serve", "--listen", f"127.0.0.1:{port}"], stderr=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{port}"

        def ask(path, kind, body):
            request = urllib.request.Request(address + path, data=body.encode(), headers={"Content-Type": kind})
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read().decode()

        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(address + "/sante", timeout=5).close()
                break
            except OSError:
                if service.poll() is not None or time.monotonic() > until:
                    absent(f"the service does not start: {service.stderr.read() if service.poll() is not None else ''}")
                time.sleep(0.1)
        batch = ask(f"/v1/lots?date={DATE}&rules={','.join(RULES)}", "application/x-ndjson", lines)
        decisions = [parsed(line) for line in batch.splitlines()]
        explanations = [
            parsed(ask("/v1/explications", "application/json", json.dumps({"date": DATE, "rules": EXPLAINED, "record": record})))
            for record in records[:HOUSEHOLDS]
        ]
    finally:
        service.terminate()
        service.wait(timeout=60)
    assert (decisions, explanations) == expected


@pytest.fixture(scope="module")
def package(records, tmp_path_factory):
    """The same households as a package of files."""
    folder = tmp_path_factory.mktemp("faces")
    ids = {record["demande_id"] for record in records}
    persons = {person["personne_id"] for record in records for person in record["personnes"]}
    kept = {
        "demandes": lambda row: row["demande_id"] in ids,
        "personnes": lambda row: row["personne_id"] in persons,
        "projets": lambda row: row["personne_id"] in persons,
        "employeurs": lambda row: True,
    }
    for name, keep in kept.items():
        with open(DIJON / f"{name}.csv", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [row for row in reader if keep(row)]
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, reader.fieldnames, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def test_command(package, expected):
    decisions, explanations = expected
    rows = parsed(command("eval", "--data", package, "--as-of", DATE, "--select", ",".join(RULES), "--format", "json"))
    assert [row["demande_id"] for row in rows] == [decision["about"]["id"] for decision in decisions]
    for row, decision in zip(rows, decisions):
        for rule in RULES:
            outcome = decision["outcomes"][rule]
            assert row.get(rule) == outcome.get("value"), (row["demande_id"], rule)
            assert (row.get(rule) is None) == (outcome["state"] != "known")
    ids = [argument for decision in decisions[:HOUSEHOLDS] for argument in ("--id", decision["about"]["id"])]
    told = command("explain", "--data", package, "--as-of", DATE, "--rule", ",".join(EXPLAINED), "--format", "json", *ids)
    assert [parsed(line) for line in told.splitlines()] == explanations


def test_spark(spark, lines, expected, tmp_path):
    from logis_regles.spark import decide

    file = tmp_path / "demandes.ndjson"
    file.write_text(lines, encoding="utf-8")
    decided = decide(spark.read.json(str(file)).repartition(4), DATE, RULES, states=True)
    found = {row["demande_id"]: row.asDict() for row in decided.collect()}
    decisions, explanations = expected
    assert len(found) == len(decisions)
    for decision in decisions:
        row = found[decision["about"]["id"]]
        for rule, outcome in decision["outcomes"].items():
            assert (row[rule], row[f"{rule}.state"]) == (outcome.get("value"), outcome["state"]), (row["demande_id"], rule)

    # Explanations are made on the executors by the module itself. A function within this one travels to them whole.
    date, rules = DATE, EXPLAINED

    def explained(part):
        from logis_regles import Pack as Rules

        plan = Rules().plan(date, rules)
        for line in part:
            yield plan.explain(json.loads(line)).document

    assert spark.sparkContext.parallelize(first(lines).splitlines(), 4).mapPartitions(explained).collect() == explanations


def test_readmes():
    """The lines that the READMEs show are those that are run: of Python and Spark, from their own pages."""
    def block(page, language):
        return re.search(rf"```{language}\n.*?```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL).group(0)

    shown = [block(page, language) for page in ("python/README.md", "docs/src/fr/spark.md") for language in ("sh", "python")]
    for page in ("README.md", "README.fr.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for lines in shown:
            assert lines in text, (page, lines)
