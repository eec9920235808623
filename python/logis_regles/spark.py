"""Logis over Apache Spark: the plan that decides here decides on executors, batch by batch.

Two ways in: `decide` takes requests whose persons stand in them (`personnes`, an array of structures) and needs no
shuffle; `decide_tables` takes two tables and brings together what belongs together. Both give a `DataFrame` with the
columns and types of `Plan.evaluate`.

Needs pyspark 4.3 (`pip install logis-regles[spark]`), and this package on the executors, of the same version. The rule book
travels with the plan, so that no executor reads a folder of the driver's; each Python process of an executor makes the
plan once.

>>> from logis_regles.spark import decide  # doctest: +SKIP
>>> decide(requests, "2017-06-30", ["eligible_plus"]).write.parquet("decisions")  # doctest: +SKIP
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as day
from typing import Any

from ._logis import Pack, Plan
from ._spark_found import Report
from ._spark_work import ERRORS, Work, column_of, pyarrow
from ._told import LogisError, LogisWarning

__all__ = ["Report", "decide", "decide_tables"]

_OWN, _PERSONS = "demandes", "personnes"


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
    spark = _spark(df)
    plan = _plan(_pack(pack), date, rules)
    table = _table(plan)
    _by_itself(plan, table)
    output = _output(plan, {table: df}, states, reserves, errors, strict)
    if check_ids:
        _each_once(plan, {table: df})
    work = Work.of(plan, table, output.arrow, states, reserves, errors, report, spark)

    def batches(given):  # type: ignore[no-untyped-def]  # Spark reads annotations of its own.
        for number, batch in enumerate(given, start=1):
            yield from work({table: pyarrow().Table.from_batches([batch])}, f"lot {number}").to_batches()

    return _narrow(plan, table, df).mapInArrow(batches, output.spark)


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
    spark = _spark(demandes)
    plan = _plan(_pack(pack), date, rules)
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
    shared = {name: _arrow(table) for name, table in tables.items()}
    frames = {_OWN: demandes, _PERSONS: personnes}
    output = _output(plan, {**frames, **shared}, states, reserves, errors, strict)
    if check_ids:
        _each_once(plan, frames)
    work = Work.of(plan, _OWN, output.arrow, states, reserves, errors, report, spark, shared)
    parts = parts or int(spark.conf.get("spark.sql.shuffle.partitions"))

    def group(left, right):  # type: ignore[no-untyped-def]  # Spark reads annotations of its own.
        return work({_OWN: left, _PERSONS: right}, "groupe")

    functions = _functions()
    part = functions.pmod(functions.xxhash64(_text(key)), functions.lit(parts))
    grouped = [_narrow(plan, name, df).groupBy(part) for name, df in frames.items()]
    return grouped[0].cogroup(grouped[1]).applyInArrow(group, output.spark)


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
    row = {name: pa.Table.from_pylist([_empty(table.schema)], table.schema) for name, table in none.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LogisWarning)
        try:
            plan.evaluate(**row)
        except LogisError as error:
            lacking = [issue for issue in error.issues if issue.code.startswith(_LACKING)]
            if lacking:
                raise LogisError("\n".join(issue.text for issue in lacking), lacking) from None
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


_LACKING = ("D01", "D02")
"""Codes of tables and columns that are not there."""


def _empty(fields: Any) -> dict[str, Any]:
    """A row of empty cells; where rows stand in it, one such row."""
    return {one.name: _empty_cell(one.type) for one in fields}


def _empty_cell(kind: Any) -> Any:
    types = pyarrow().types
    if types.is_struct(kind):
        return _empty(list(kind))
    return [_empty_cell(kind.value_type)] if types.is_list(kind) or types.is_large_list(kind) else None


def _each_once(plan: Plan, frames: Mapping[str, Any]) -> None:
    """Sees that each identifier is there once in its table."""
    functions = _functions()
    needed = plan.columns
    all_ids: Any = None
    for table, df in frames.items():
        if df.isStreaming:
            raise LogisError("un flux n'a pas de fin où voir qu'un identifiant est unique ; attendu: check_ids=False")
        ids = [_named(table, df.select(_text(needed.get(table, df.columns)[0]).alias("id")))]
        for one in df.schema.fields:
            inner = getattr(getattr(one.dataType, "elementType", None), "names", [])
            key = needed.get(one.name, [None])[0]
            if key in inner:
                rows = df.select(functions.explode(functions.col(one.name)).alias("row"))
                ids.append(_named(one.name, rows.select(_text(f"row.{key}").alias("id"))))
        for named in ids:
            all_ids = named if all_ids is None else all_ids.unionAll(named)
    many = all_ids.where("id is not null").groupBy("table", "id").count().where("count > 1")
    found = many.orderBy("table", "id").limit(6).collect()
    if found:
        lines = [f"{row['table']}: « {row['id']} » est l'identifiant de {row['count']} lignes" for row in found[:5]]
        raise LogisError("\n".join(lines + ["…"] * (len(found) > 5)) + " ; attendu: une ligne pour chaque identifiant")


def _narrow(plan: Plan, table: str, df: Any) -> Any:
    """The columns that the rules read, so that no others are read from files or go to Python."""
    functions = _functions()
    needed = plan.columns

    def kept(of: str, name: str, kind: Any) -> bool:
        # What stands in a row is read by names of its own.
        return name in needed[of] or kind.typeName() in ("array", "struct")

    columns = []
    for one in df.schema.fields:
        if not kept(table, one.name, one.dataType):
            continue
        column = functions.col(f"`{one.name}`")
        inner = getattr(one.dataType, "elementType", None)
        if one.name in needed and inner is not None and inner.typeName() == "struct":
            fields = [field.name for field in inner.fields if kept(one.name, field.name, field.dataType)]
            if fields and len(fields) < len(inner.fields):
                column = _only(column, fields).alias(one.name)
        columns.append(column)
    return df.select(*columns)


def _only(column: Any, fields: list[str]) -> Any:
    """Of each structure of an array some fields; an array or a structure that is null stays so."""
    functions = _functions()

    def one(row: Any) -> Any:
        some = functions.struct(*[row[name].alias(name) for name in fields])
        return functions.when(row.isNotNull(), some)

    return functions.transform(column, one)


def _named(table: str, ids: Any) -> Any:
    return ids.withColumn("table", _functions().lit(table))


def _text(column: str) -> Any:
    functions = _functions()
    return functions.trim(functions.col(column).cast("string"))


def _table(plan: Plan) -> str:
    """The table of what is decided: that whose identifier the result has."""
    key = plan.schema().columns[0]
    return next(table for table, columns in plan.columns.items() if columns[0] == key)


def _pack(pack: Pack | str | os.PathLike[str] | None) -> Pack:
    if isinstance(pack, Pack):
        return pack
    if pack is None:
        return Pack()
    if isinstance(pack, str) and not os.path.exists(pack):
        own = Pack()
        if pack == own.name:
            return own
        raise LogisError(f"« {pack} » n'est ni un dossier de ce poste, ni « {own.name} », que le paquet contient")
    return Pack(os.fspath(pack))


def _arrow(table: Any) -> Any:
    if hasattr(table, "sparkSession"):
        return table.toArrow()
    return pyarrow().table(table)


def _spark(df: Any) -> Any:
    """The session of a frame."""
    try:
        import pyspark.sql
    except ModuleNotFoundError:
        raise ModuleNotFoundError("`pyspark` n'est pas installé: pip install logis-regles[spark]") from None
    if not isinstance(df, pyspark.sql.DataFrame):
        raise TypeError(f"« {type(df).__name__} » n'est pas une table de Spark ; attendu: pyspark.sql.DataFrame")
    session = df.sparkSession
    if not hasattr(session, "_jvm"):
        raise LogisError("Spark Connect ne rend pas ce que les exécuteurs ont à dire ; attendu: une session classique")
    return session


def _functions() -> Any:
    import pyspark.sql.functions

    return pyspark.sql.functions

