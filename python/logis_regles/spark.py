"""Logis over Apache Spark: the plan that decides here decides on executors, batch by batch.

Two ways in: `decide` takes requests whose persons stand in them (`personnes`, an array of structures) and needs no
shuffle; `decide_tables` takes two tables and brings together what belongs together. Both give a `DataFrame` with the
columns and types of `Plan.evaluate`. `match` gives units to requests: what no candidate joins is solved apart.

Needs pyspark 4.3 (`pip install logis-regles[spark]`), and this package on the executors, of the same version. The rule book
travels with the plan, so that no executor reads a folder of the driver's; each Python process of an executor makes the
plan once.

>>> from logis_regles.spark import decide  # doctest: +SKIP
>>> decide(requests, "2017-06-30", ["eligible_plus"]).write.parquet("decisions")  # doctest: +SKIP
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as day
from typing import Any

from ._logis import Pack, Plan, Posing, join
from ._spark_frames import LACKING, arrow, each_once, empty, functions, narrow, pack_of, session, text, with_persons
from ._spark_found import Report
from ._spark_match import LINKED, SOLVED, Asked, Matched, bounded, components, lines
from ._spark_work import ERRORS, Work, column_of, pyarrow
from ._told import LogisError, LogisWarning

__all__ = ["Matched", "Report", "decide", "decide_tables", "match"]

_OWN, _PERSONS, _UNITS = "demandes", "personnes", "logements"

_PART, _GROUP, _REQUEST = "logis__part", "logis__group", "logis__request"
"""Columns of a job that are none of the data."""


def decide(
    df: Any,
    date: str | day,
    rules: Sequence[str] | None = None,
    pack: Pack | str | os.PathLike[str] | None = None,
    states: bool = False,
    *,
    reserves: bool = False,
    errors: str = "stop",
    strict: bool = False,
    check_ids: bool = True,
    report: Report | None = None,
) -> Any:
    """Decides the rows of a `DataFrame`, each with what belongs to it (`DataFrame.mapInArrow`).

    Args:
        df: One row for each request; `personnes` is an array of structures. What a person has stands in its structure:
            `employeur` a structure, `projets` an array.
        date: The day as of which all is decided.
        rules: Names of rules or groups; without them, the results of the rule book.
        pack: The rule book: a `Pack`, the name of the one that the package carries, or a folder, which is read here and
            sent to the executors. Without it, the one that the package carries.
        states: Put the state of each outcome beside it (`eligible_plus.state`).
        reserves: Add a column `reserves`.
        errors: What becomes of rows that are wrong. `stop`: the first batch that has one stops the job with its words.
            `column`: they come without outcomes, with a column `erreurs` of what is wrong. `drop`: they are left out and
            counted by the `report`, which is then needed.
        strict: Columns that the rules read must be there; otherwise their cells are unknown, and a warning says so.
        check_ids: See first, in a pass over the identifiers alone, that each is there once. Executors see a batch each,
            and would let pass what the command refuses. Must be left out of streams.
        report: Takes what was found in the data. Without it, each kind of doubt is a warning on the driver, once.

    Returns:
        pyspark.sql.DataFrame: One row for each row, with the columns and types of `Plan.evaluate`.

    Raises:
        LogisError: With what is wrong in the columns, and with identifiers that stand twice, before a job begins.

    Warns:
        LogisWarning: Of columns that are not there; while the job runs of doubts in the data (see `report`).
    """
    spark = session(df)
    plan = _plan(pack_of(pack), date, rules)
    table = _table(plan)
    _by_itself(plan, table)
    output = _output(plan, {table: df}, states, reserves, errors, strict)
    if check_ids:
        each_once(plan, {table: df})
    work = Work.of(plan, table, output.arrow, states, reserves, errors, report, spark)

    def batches(given):  # type: ignore[no-untyped-def]  # Spark reads annotations of its own.
        for number, batch in enumerate(given, start=1):
            yield from work({table: pyarrow().Table.from_batches([batch])}, f"lot {number}").to_batches()

    return narrow(plan, table, df).mapInArrow(batches, output.spark)


def decide_tables(
    demandes: Any,
    personnes: Any,
    date: str | day,
    rules: Sequence[str] | None = None,
    pack: Pack | str | os.PathLike[str] | None = None,
    states: bool = False,
    *,
    reserves: bool = False,
    errors: str = "stop",
    strict: bool = False,
    check_ids: bool = True,
    report: Report | None = None,
    parts: int | None = None,
    **tables: Any,
) -> Any:
    """Decides requests that stand in two tables (`groupBy(…).cogroup(…).applyInArrow`).

    Requests and their persons are brought together by their identifier in `parts` groups of many requests. A person
    whose request is in no group is an error, as in a folder of files.

    Args:
        demandes: One row for each request.
        personnes: One row for each person, with `demande_id`.
        parts: How many groups; without it, as many as Spark shuffles into (`spark.sql.shuffle.partitions`). A group must
            fit in the memory of an executor's Python.
        tables: Small tables that every group sees whole, by name: `employeurs`. Frames that `Plan.evaluate` takes, or of
            Spark, which are then collected. What belongs to single persons stands in `personnes`, as an array.

    The other arguments, what is returned, raised and warned of: as of `decide`.
    """
    spark = session(demandes)
    plan = _plan(pack_of(pack), date, rules)
    needed = plan.columns
    if _OWN not in needed:
        raise LogisError(f"decide_tables: ces règles lisent {', '.join(needed)} ; attendu: `demandes` et `personnes`")
    if list(needed) == [_OWN]:
        # Nothing is to be brought together.
        return decide(
            demandes, date, rules, pack, states,
            reserves=reserves, errors=errors, strict=strict, check_ids=check_ids, report=report,
        )
    key = needed[_OWN][0]
    _by_itself(plan, _OWN)
    for name, df in ((_OWN, demandes), (_PERSONS, personnes)):
        if key not in df.columns:
            raise LogisError(f"{name}: la colonne `{key}` manque")
    shared = {name: arrow(table) for name, table in tables.items()}
    frames = {_OWN: demandes, _PERSONS: personnes}
    output = _output(plan, {**frames, **shared}, states, reserves, errors, strict)
    if check_ids:
        each_once(plan, frames)
    work = Work.of(plan, _OWN, output.arrow, states, reserves, errors, report, spark, shared)
    parts = parts or int(spark.conf.get("spark.sql.shuffle.partitions"))

    def group(left, right):  # type: ignore[no-untyped-def]  # Spark reads annotations of its own.
        return work({_OWN: left, _PERSONS: right}, "groupe")

    sql = functions()
    part = sql.pmod(sql.xxhash64(text(key)), sql.lit(parts))
    grouped = [narrow(plan, name, df).groupBy(part) for name, df in frames.items()]
    return grouped[0].cogroup(grouped[1]).applyInArrow(group, output.spark)


def match(
    demandes: Any,
    logements: Any,
    date: str | day,
    pack: Pack | str | os.PathLike[str] | None = None,
    *,
    personnes: Any = None,
    no_quotas: bool = False,
    max_candidates: int | None = None,
    strict: bool = False,
    check_ids: bool = True,
    parts: int | None = None,
    together: str | None = None,
    **tables: Any,
) -> Matched:
    """Gives units to requests: the best allocation level by level, with what is proved of it. The job runs at once.

    Requests are posed in `parts` parts with all units, to find which of them belong together. What no candidate joins is
    then solved apart, in `parts` groups at most, each by one task. Without quotas, or if quotas are met whatever is done
    for them or count in one group alone, the answer is as proved as that of `Pack.match`; otherwise `Matched.gaps` bounds
    how much better an answer of the whole might be, and a warning says so.

    Args:
        demandes: One row for each request; persons in it as of `decide`, or in `personnes`.
        logements: The units: a frame that `Pack.match` takes, or of Spark, which is then collected. Every task sees them
            all.
        date: The day as of which all is decided.
        pack: The rule book, as of `decide`.
        personnes: One row for each person, with `demande_id`, if they do not stand in `demandes`.
        no_quotas: Leave out the quotas of the rule book.
        max_candidates: The most units that a request keeps; what is proved then holds among them.
        strict: Columns that the rules read must be there; otherwise their cells are unknown, and a warning says so.
        check_ids: See first that each identifier is there once, as of `decide`.
        parts: How many parts and how many groups at most; without it, as many as Spark shuffles into. A part and a group
            must each fit in the memory of an executor's Python, with all units.
        together: A column of `demandes`: requests that are alike in it are posed in one part (a département). It changes no
            answer: parts then link fewer units, and tell the driver less.
        tables: Small tables that every task sees whole, by name, as of `decide_tables`.

    Raises:
        LogisError: With what is wrong in the data: a row that is wrong stops the job.

    Warns:
        LogisWarning: Of columns that are not there, of doubts in the data, of what is not proved.
    """
    spark, rules = session(demandes), pack_of(pack)
    shared = {name: arrow(table) for name, table in tables.items()} | {_UNITS: arrow(logements)}
    options = {"no_quotas": no_quotas, "max_candidates": max_candidates}
    frames = {_OWN: demandes} | ({} if personnes is None else {_PERSONS: personnes})
    posing = _posed(rules, date, frames, shared, options, strict)
    needed = posing.columns
    key = needed[_OWN][0]
    if check_ids:
        each_once(posing, frames)
    parts = parts or int(spark.conf.get("spark.sql.shuffle.partitions"))
    sql = functions()
    part = sql.pmod(sql.xxhash64(text(together or key)), sql.lit(parts))
    nested = narrow(posing, _OWN, demandes.withColumn(_PART, part), also=(_PART,))
    if personnes is not None:
        nested = with_persons(nested, narrow(posing, _PERSONS, personnes), key, _PERSONS)
    narrowed = {
        name: table.select([column for column in table.column_names if column in needed[name]])
        for name, table in shared.items()
        if name in needed
    }
    asked = Asked.of(rules, str(date), options, posing, narrowed)

    def link(number, rows):  # type: ignore[no-untyped-def]  # Spark reads annotations of its own.
        return asked.linked(number[0].as_py(), rows.drop_columns([_PART]))

    linked = nested.groupBy(_PART).applyInArrow(link, LINKED).persist()
    try:
        told = linked.where("told is not null").select("told").toLocalIterator()
        whole, found, doubts = components(shared[_UNITS].num_rows, (bytes(row["told"]) for row in told))
        numbers, groups = whole.groups(parts)
        group_of = pyarrow().array(numbers, pyarrow().int32())

        def solve(number, rows):  # type: ignore[no-untyped-def]
            return asked.solved(number[0].as_py(), rows.drop_columns([_PART, _GROUP]), group_of)

        own = spark.createDataFrame(list(enumerate(numbers)), "unit int, group int").where("group >= 0")
        of_request = linked.where("request is not null").join(sql.broadcast(own), "unit")
        of_request = of_request.select(sql.col("request").alias(_REQUEST), sql.col("group").alias(_GROUP))
        grouped = nested.join(of_request, text(key) == sql.col(_REQUEST)).drop(_REQUEST)
        solved = grouped.groupBy(_GROUP).applyInArrow(solve, SOLVED).collect() if groups else []
    finally:
        linked.unpersist()
    if sorted(row["group"] for row in solved) != list(range(len(groups))):
        raise LogisError("des groupes sont restés sans réponse: c'est une faute de Logis")
    # A group that is posed by itself has the candidates that it had among all others.
    if any(row["candidates"] != groups[row["group"]] for row in solved):
        raise LogisError("un groupe posé seul n'a pas les candidatures qu'il a dans le tout: c'est une faute de Logis")
    joined = join([row["answer"] for row in solved] or [posing.apart()])
    warned = [*lines(found, doubts, max_candidates), *bounded(joined, len(groups))]
    for line in warned:
        warnings.warn(line, LogisWarning, stacklevel=2)
    return Matched(joined, [key, needed[_UNITS][0]], groups, warned)


def _posed(
    rules: Pack,
    date: str | day,
    frames: Mapping[str, Any],
    shared: Mapping[str, Any],
    options: Mapping[str, Any],
    strict: bool,
) -> Posing:
    """The problem of no requests and no units, which says what is wrong or not there in the columns."""
    from pyspark.sql.pandas.types import to_arrow_schema

    none = {name: to_arrow_schema(df.schema).empty_table() for name, df in frames.items()}
    none |= {name: table.slice(0, 0) for name, table in shared.items()}
    row = {name: pyarrow().Table.from_pylist([empty(table.schema)], table.schema) for name, table in none.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LogisWarning)
        _lacking(lambda: rules.pose(date, row, **options))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        posing = rules.pose(date, none, **options, strict=strict)
    for one in told:
        warnings.warn(str(one.message), one.category, stacklevel=3)
    if posing.sides != (_OWN, _UNITS):
        raise LogisError(f"match: ces règles donnent {' à '.join(posing.sides[::-1])} ; attendu: `logements` à `demandes`")
    if not posing.by_parts:
        raise LogisError(
            "ces règles comptent ce qui appartient à autre chose qu'à une demande ou à un logement, et une partie n'en voit "
            "qu'une part ; attendu: `Pack.match` sur le tout, ou `logis match`"
        )
    return posing


def _lacking(decide: Callable[[], object]) -> None:
    """Raises what a row of empty cells finds required and not there."""
    try:
        decide()
    except LogisError as error:
        lacking = [issue for issue in error.issues if issue.code.startswith(LACKING)]
        if lacking:
            raise LogisError("\n".join(issue.text for issue in lacking), lacking) from None


@dataclass(frozen=True)
class _Output:
    """The columns of the result."""

    arrow: Any
    spark: Any


def _plan(pack: Pack, date: str | day, rules: Sequence[str] | None) -> Plan:
    """The plan, each rule once: a frame of Spark has no two columns of one name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LogisWarning)
        asked = pack.plan(date, rules)
    return pack.plan(date, list(dict.fromkeys(asked.rules)))


def _by_itself(plan: Plan, table: str) -> None:
    """Sees that a batch of rows, with what belongs to them, is decided as among all others."""
    if not plan.by_parts(table):
        raise LogisError(
            f"ces règles comptent ce qui appartient à autre chose qu'à une ligne de `{table}` (les personnes d'un employeur), "
            "et un lot n'en voit qu'une part ; attendu: `plan.evaluate` sur le tout, ou `logis eval`"
        )


def _output(
    plan: Plan, frames: Mapping[str, Any], states: bool, reserves: bool, errors: str, strict: bool
) -> _Output:
    """The columns of the result: those of deciding no rows, which says too what is wrong or not there in the columns."""
    if errors not in ("stop", "column", "drop"):
        raise ValueError(f"errors={errors!r}: attendu `stop`, `column` ou `drop`")
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    pa = pyarrow()
    none = {
        name: to_arrow_schema(df.schema).empty_table() if hasattr(df, "sparkSession") else df.slice(0, 0)
        for name, df in frames.items()
    }
    # A row of empty cells finds what is required and not there.
    row = {name: pa.Table.from_pylist([empty(table.schema)], table.schema) for name, table in none.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LogisWarning)
        _lacking(lambda: plan.evaluate(**row))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        decided = plan.evaluate(**none, states=states, reserves=reserves, strict=strict)
    for one in told:
        warnings.warn(str(one.message), one.category, stacklevel=3)
    schema = pa.table(decided).schema
    if errors == "column":
        key = column_of(plan, next(iter(frames)))
        if schema.names[0] != key:
            raise LogisError(f"errors='column': les règles décident par `{schema.names[0]}`, et les lignes sont par `{key}`")
        schema = schema.append(pa.field(ERRORS, pa.string()))
    return _Output(schema, from_arrow_schema(schema))


def _table(plan: Plan) -> str:
    """The table of what is decided: that whose identifier the result has."""
    key = plan.schema().columns[0]
    return next(table for table, columns in plan.columns.items() if columns[0] == key)
