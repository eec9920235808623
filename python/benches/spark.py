"""What deciding costs on Spark, in seconds of processor for a million requests: the plan alone, the job, and the same job
with nothing decided in it, which is what Spark adds.

    logis generate --demandes 200000 --logements 100 --format parquet --output DATA
    python python/benches/spark.py DATA

Processor time of the whole tree of processes (Java and its Pythons), one task at a time. The module must be built with
`--release` for figures to publish.
"""

import os
import statistics
import sys
import time
import warnings
from pathlib import Path

import pyarrow as pa

from logis_regles import LogisWarning, Pack
from logis_regles._spark_frames import narrow
from logis_regles.spark import decide

DATE = "2015-12-31"
RULES = [
    "ressources", "plafond_plus", "eligible_plai", "eligible_plus", "eligible_pls", "categorie_menage", "zone_plafond",
    "premier_quartile",
]
TICK = os.sysconf("SC_CLK_TCK")


def processor():
    """Seconds of processor of this process, its children and theirs, those that have ended included."""
    stats = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            stats[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    own = {os.getpid()}
    while more := {pid for pid, (parent, _) in stats.items() if parent in own} - own:
        own |= more
    return sum(stats[pid][1] for pid in own if pid in stats) / TICK


def measured(work, rows, times=int(os.environ.get("LOGIS_TIMES", "3"))):
    """The median over a few runs, after one that warms."""
    work()
    seconds = []
    for _ in range(times):
        before = processor()
        work()
        # The kernel counts what a worker does when it has done it.
        time.sleep(0.5)
        seconds.append(processor() - before)
    return statistics.median(seconds) * 1e6 / rows


def main(data):
    from pyspark.sql import SparkSession, functions

    warnings.simplefilter("ignore", LogisWarning)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    persons = spark.read.parquet(f"{data}/personnes.parquet")
    columns = [functions.col(name) for name in persons.columns if name != "demande_id"]
    lists = persons.groupBy("demande_id").agg(functions.collect_list(functions.struct(*columns)).alias("personnes"))
    nested = f"{data}/imbriquees"
    if not Path(nested).is_dir():
        spark.read.parquet(f"{data}/demandes.parquet").join(lists, "demande_id").write.parquet(nested)
    plan = Pack().plan(DATE, RULES)
    df = spark.read.parquet(nested)
    rows = df.count()
    needed = narrow(plan, "demandes", df)

    batches = needed.toArrow().to_batches(max_chunksize=10_000)
    os.environ["RAYON_NUM_THREADS"] = "1"
    alone = measured(lambda: [plan.evaluate(batch) for batch in batches], rows)
    print(f"{rows} requests; seconds of processor for a million:")
    print(f"  the plan alone, in this process: {alone:.1f}")

    def nothing(given):
        for batch in given:
            ids = batch.column("demande_id")
            yield pa.RecordBatch.from_arrays([ids, *[ids] * len(RULES)], ["demande_id", *RULES])

    schema = ", ".join(f"{name} string" for name in ["demande_id", *RULES])
    empty = needed.mapInArrow(nothing, schema)
    added = measured(lambda: empty.write.format("noop").mode("overwrite").save(), rows)
    print(f"  the job with nothing decided: {added:.1f}")
    job = decide(df, DATE, RULES, check_ids=False)
    whole = measured(lambda: job.write.format("noop").mode("overwrite").save(), rows)
    print(f"  the job: {whole:.1f}")
    ids = measured(lambda: decide(df, DATE, RULES), rows)
    print(f"  seeing that identifiers are there once: {ids:.1f}")
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
