"""What the tests share: the data of the repository, the command, and households as records."""

import csv
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIJON = ROOT / "scenarios/grand-dijon-2015"


def command(*arguments):
    """Runs the command `logis` that the tests of the workspace have built, and gives what it writes."""
    program = Path(os.environ.get("LOGIS_COMMAND", ROOT / "target/debug/logis"))
    if not program.is_file():
        pytest.skip("the command is not built: cargo test --workspace --no-run")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(name, folder=DIJON):
    """The rows of a table of a package, as texts; empty cells left out."""
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
        return [{key: cell for key, cell in row.items() if cell} for row in csv.DictReader(file)]


def households(count=None):
    """The requests of Dijon with what belongs to them, as records."""
    employers = {row["employeur_id"]: row for row in table("employeurs")}
    projects = {}
    for row in table("projets"):
        projects.setdefault(row.pop("personne_id"), []).append(row)
    persons = {}
    for row in table("personnes"):
        employer = row.pop("employeur_id", None)
        if employer:
            row["employeur"] = employers[employer]
        if row["personne_id"] in projects:
            row["projets"] = projects[row["personne_id"]]
        persons.setdefault(row.pop("demande_id"), []).append(row)
    return [{**row, "personnes": persons[row["demande_id"]]} for row in table("demandes")[:count]]


@pytest.fixture(scope="session")
def dijon(tmp_path_factory):
    """The first 120 requests of Dijon and one unit of seven, as a folder: what the build without optimisation does soon."""
    folder = tmp_path_factory.mktemp("dijon")
    ids = {row["demande_id"] for row in table("demandes")[:120]}
    persons = {row["personne_id"] for row in table("personnes") if row["demande_id"] in ids}
    keep = {
        "demandes": lambda at, row: row["demande_id"] in ids,
        "personnes": lambda at, row: row["personne_id"] in persons,
        "projets": lambda at, row: row["personne_id"] in persons,
        "employeurs": lambda at, row: True,
        "logements": lambda at, row: at % 7 == 0,
    }
    for name, kept in keep.items():
        with open(DIJON / f"{name}.csv", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [row for at, row in enumerate(reader) if kept(at, row)]
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, reader.fieldnames, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    (folder / "paquet.toml").write_text("as_of = 2015-12-31\nsynthetic = true\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def pack():
    from logis_regles import Pack

    return Pack()


def started(master):
    """A session of Spark whose executors are there; None if they do not come."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("logis")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        # Small batches, so that each task has several.
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100",
        # A task that fails fails again: the words are those of the data.
        "spark.task.maxFailures": "1",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    if path := os.environ.get("PYTHONPATH"):
        builder = builder.config("spark.executorEnv.PYTHONPATH", path)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    executors = 3 if master.startswith("local-cluster") else 1
    until = time.monotonic() + 120
    while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < executors:
        if time.monotonic() > until:
            session.stop()
            return None
        time.sleep(0.2)
    return session


@pytest.fixture(scope="session")
def spark():
    """A session of Spark with two executors of their own."""
    pyspark = pytest.importorskip("pyspark")

    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = started("local-cluster[2,1,1024]")
    if session is None:
        assert "CI" not in os.environ, "no executors of their own could be started"
        warnings.warn("no executors of their own could be started: threads of one process take their place", stacklevel=1)
        session = started("local[2]")
    yield session
    session.stop()
