"""Frames of Spark: what is read of them, what is wrong with them before a job begins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

from ._logis import Pack
from ._spark_work import pyarrow
from ._told import LogisError


class Reads(Protocol):
    """What reads columns of tables: a plan, or the problem of a matching."""

    @property
    def columns(self) -> dict[str, list[str]]: ...


LACKING = ("D01", "D02")
"""Codes of tables and columns that are not there."""


def empty(fields: Any) -> dict[str, Any]:
    """A row of empty cells; where rows stand in it, one such row."""
    return {one.name: _empty_cell(one.type) for one in fields}


def _empty_cell(kind: Any) -> Any:
    types = pyarrow().types
    if types.is_struct(kind):
        return empty(list(kind))
    return [_empty_cell(kind.value_type)] if types.is_list(kind) or types.is_large_list(kind) else None


def each_once(plan: Reads, frames: Mapping[str, Any]) -> None:
    """Sees that each identifier is there once in its table."""
    sql = functions()
    needed = plan.columns
    all_ids: Any = None
    for table, df in frames.items():
        if df.isStreaming:
            raise LogisError("un flux n'a pas de fin où voir qu'un identifiant est unique ; attendu: check_ids=False")
        ids = [_named(table, df.select(text(needed.get(table, df.columns)[0]).alias("id")))]
        for one in df.schema.fields:
            inner = getattr(getattr(one.dataType, "elementType", None), "names", [])
            key = needed.get(one.name, [None])[0]
            if key in inner:
                rows = df.select(sql.explode(sql.col(one.name)).alias("row"))
                ids.append(_named(one.name, rows.select(text(f"row.{key}").alias("id"))))
        for named in ids:
            all_ids = named if all_ids is None else all_ids.unionAll(named)
    many = all_ids.where("id is not null").groupBy("table", "id").count().where("count > 1")
    found = many.orderBy("table", "id").limit(6).collect()
    if found:
        lines = [f"{row['table']}: « {row['id']} » est l'identifiant de {row['count']} lignes" for row in found[:5]]
        raise LogisError("\n".join(lines + ["…"] * (len(found) > 5)) + " ; attendu: une ligne pour chaque identifiant")


def narrow(plan: Reads, table: str, df: Any, also: tuple[str, ...] = ()) -> Any:
    """The columns that the rules read, and `also`, so that no others are read from files or go to Python."""
    sql = functions()
    needed = plan.columns

    def kept(of: str, name: str, kind: Any) -> bool:
        # What stands in a row is read by names of its own.
        return name in needed[of] or kind.typeName() in ("array", "struct") or name in also

    columns = []
    for one in df.schema.fields:
        if not kept(table, one.name, one.dataType):
            continue
        column = sql.col(f"`{one.name}`")
        inner = getattr(one.dataType, "elementType", None)
        if one.name in needed and inner is not None and inner.typeName() == "struct":
            fields = [field.name for field in inner.fields if kept(one.name, field.name, field.dataType)]
            if fields and len(fields) < len(inner.fields):
                column = _only(column, fields).alias(one.name)
        columns.append(column)
    return df.select(*columns)


def with_persons(requests: Any, persons: Any, key: str, table: str) -> Any:
    """Requests with their persons in a column, an array of structures; a person whose request is not there is an error."""
    if key not in persons.columns:
        raise LogisError(f"{table}: la colonne `{key}` manque")
    sql = functions()
    of = persons.withColumn(_OF, text(key)).drop(key)
    ids = requests.select(text(key).alias(_OF))
    alone = of.join(ids, _OF, "left_anti").select(_OF).limit(5).collect()
    if alone:
        named = ", ".join("sans identifiant" if row[0] is None else f"« {row[0]} »" for row in alone)
        raise LogisError(f"{table}: des lignes sont de demandes qui n'existent pas: {named} ; attendu: un `{key}` de `demandes`")
    # Spark gathers them in any order.
    rows = sql.sort_array(sql.collect_list(sql.struct(*[sql.col(f"`{name}`") for name in of.columns if name != _OF])))
    gathered = of.groupBy(_OF).agg(rows.alias(table))
    joined = requests.join(gathered, text(key) == sql.col(_OF), "left").drop(_OF)
    # A request without persons has none: it is not unknown who they are.
    none = sql.array().cast(gathered.schema[table].dataType)
    return joined.withColumn(table, sql.coalesce(sql.col(table), none))


_OF = "logis__of"
"""A column of the identifier that something belongs to."""


def _only(column: Any, fields: list[str]) -> Any:
    """Of each structure of an array some fields; an array or a structure that is null stays so."""
    sql = functions()

    def one(row: Any) -> Any:
        some = sql.struct(*[row[name].alias(name) for name in fields])
        return sql.when(row.isNotNull(), some)

    return sql.transform(column, one)


def _named(table: str, ids: Any) -> Any:
    return ids.withColumn("table", functions().lit(table))


def text(column: str) -> Any:
    sql = functions()
    return sql.trim(sql.col(column).cast("string"))


def pack_of(pack: Pack | str | os.PathLike[str] | None) -> Pack:
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


def arrow(table: Any) -> Any:
    if hasattr(table, "sparkSession"):
        return table.toArrow()
    return pyarrow().table(table)


def session(df: Any) -> Any:
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


def functions() -> Any:
    import pyspark.sql.functions

    return pyspark.sql.functions
