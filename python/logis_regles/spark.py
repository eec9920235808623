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

import hashlib
import os
import pickle
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as day
from typing import Any

from ._logis import Pack, Plan
from ._told import Issue, LogisError, LogisWarning

__all__ = ["Report", "decide", "decide_tables"]

ERRORS = "erreurs"
"""The column of what is wrong in a row, where errors are asked as a column."""

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
    work = _Work.of(plan, table, output, states, reserves, errors, report, spark)

    def batches(given):  # type: ignore[no-untyped-def]  # Spark reads annotations of its own.
        for number, batch in enumerate(given, start=1):
            yield from work({table: _pyarrow().Table.from_batches([batch])}, f"lot {number}").to_batches()

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
    work = _Work.of(plan, _OWN, output, states, reserves, errors, report, spark, shared)
    parts = parts or int(spark.conf.get("spark.sql.shuffle.partitions"))

    def group(left, right):  # type: ignore[no-untyped-def]  # Spark reads annotations of its own.
        return work({_OWN: left, _PERSONS: right}, "groupe")

    functions = _functions()
    part = functions.pmod(functions.xxhash64(_text(key)), functions.lit(parts))
    grouped = [_narrow(plan, name, df).groupBy(part) for name, df in frames.items()]
    return grouped[0].cogroup(grouped[1]).applyInArrow(group, output.spark)


# --- What reaches the driver ---


@dataclass
class _Found:
    """What one batch had to tell."""

    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    kinds: dict[tuple[str, str, str, str], tuple[int, str]] = field(default_factory=dict)
    """By level, file, column and code: how many, and the first."""

    def note(self, issues: Sequence[Issue]) -> None:
        """Counts issues by kind."""
        for issue in issues:
            kind = (issue.level, issue.file, issue.column or "", issue.code)
            told = f"{issue.text} (« {issue.id} »)" if issue.id else issue.text
            count, first = self.kinds.get(kind, (0, told))
            self.kinds[kind] = (count + 1, first)


class Report:
    """What was found in the data of a job, once an action has run it.

    Only what executors have sent counts: an action that takes a few rows (`take`, `show`) runs a part of the job. A second
    action, which computes anew, takes the place of the first. Tasks that Spark runs again count once.

    >>> report = Report()
    >>> decided = decide(requests, "2017-06-30", report=report, errors="drop")  # doctest: +SKIP
    >>> decided.write.parquet("decisions"); print(report)  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._job: str = ""
        self._found: dict[tuple[int, str], _Found] = {}

    def _take(self, update: Mapping[tuple[str, int, str], _Found]) -> None:
        with self._lock:
            for (job, partition, batch), found in update.items():
                if job != self._job:
                    self._job, self._found = job, {}
                self._found[(partition, batch)] = found

    def _all(self) -> list[_Found]:
        with self._lock:
            return [found for _, found in sorted(self._found.items())]

    @property
    def rows(self) -> int:
        """Rows that were decided."""
        return sum(found.rows for found in self._all())

    @property
    def dropped(self) -> dict[str, int]:
        """By table, the rows that are wrong or depend on one that is."""
        total: Counter[str] = Counter()
        for found in self._all():
            total.update(found.dropped)
        return dict(total)

    @property
    def kinds(self) -> dict[tuple[str, str, str, str], tuple[int, str]]:
        """By level (`error`, `warning`), table, column and code: how many, and one of them in words."""
        total: dict[tuple[str, str, str, str], tuple[int, str]] = {}
        for found in self._all():
            for kind, (count, first) in found.kinds.items():
                before, told = total.get(kind, (0, first))
                total[kind] = (before + count, told)
        return total

    @property
    def warnings(self) -> list[str]:
        """That in French, a line for each kind; rows are numbered within their batch."""
        lines = [_kind(kind, count, first) for kind, (count, first) in self.kinds.items()]
        dropped = ", ".join(f"{rows} ligne(s) de `{table}`" for table, rows in sorted(self.dropped.items()))
        if dropped:
            lines.append(f"sans résultat, avec ce qui en dépend: {dropped}")
        return lines

    def __str__(self) -> str:
        return "\n".join([f"{self.rows} ligne(s) décidée(s)", *self.warnings])


def _kind(kind: tuple[str, str, str, str], count: int, first: str) -> str:
    level = "erreur" if kind[0] == "error" else "avertissement"
    return f"{level}: {count} fois, par exemple {first}"


class _Warns(Report):
    """Warns of each kind once, while the job runs: what takes the place of a report that nobody asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[tuple[str, str, str, str]] = set()

    def _take(self, update: Mapping[tuple[str, int, str], _Found]) -> None:
        for found in update.values():
            for kind, (_, first) in found.kinds.items():
                if kind in self._told:
                    continue
                self._told.add(kind)
                line = f"{_kind(kind, 1, first).replace('1 fois, par exemple ', '')} (et peut-être d'autres: `report=`)"
                try:
                    warnings.warn(line, LogisWarning, stacklevel=2)
                except LogisWarning:
                    # Warnings are errors here, and this thread is Spark's: it must go on.
                    print(line, file=sys.stderr)


class _Parameter:
    """How accumulators of Spark add findings; on the driver they go to the report."""

    def __init__(self, report: Report | None = None) -> None:
        self.report = report

    def zero(self, value: dict[Any, Any]) -> dict[Any, Any]:
        """Nothing found."""
        return {}

    def addInPlace(self, value: dict[Any, Any], update: dict[Any, Any]) -> dict[Any, Any]:  # noqa: N802, Spark's name
        """On an executor all is kept until the task is done; on the driver it is handed on."""
        if self.report is None:
            value.update(update)
        else:
            self.report._take(update)
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return (_Parameter, ())


# --- On executors ---

_PLANS: dict[str, tuple[Plan, dict[str, Any]]] = {}
"""By hash of what was sent: the plan and the tables that all see, made once in each process."""


@dataclass(frozen=True)
class _Output:
    """The columns of the result."""

    arrow: Any
    spark: Any


@dataclass(frozen=True)
class _Work:
    """What a task does with a batch or a group; goes to executors."""

    sent: bytes
    hash: str
    version: str
    own: str
    schema: Any
    """The columns of the result, of Arrow."""
    states: bool
    reserves: bool
    errors: str
    found: Any
    """The accumulator of findings."""

    @classmethod
    def of(
        cls,
        plan: Plan,
        own: str,
        output: _Output,
        states: bool,
        reserves: bool,
        errors: str,
        report: Report | None,
        spark: Any,
        shared: Mapping[str, Any] | None = None,
    ) -> _Work:
        if errors == "drop" and report is None:
            raise ValueError("errors='drop': attendu `report=`, qui compte les lignes écartées")
        sent = pickle.dumps((plan, dict(shared or {})))
        found = spark.sparkContext.accumulator({}, _Parameter(report if report is not None else _Warns()))
        digest = hashlib.sha256(sent).hexdigest()
        return cls(sent, digest, _version(), own, output.arrow, states, reserves, errors, found)

    def plan(self) -> tuple[Plan, dict[str, Any]]:
        """The plan of this process."""
        made = _PLANS.get(self.hash)
        if made is None:
            if _version() != self.version:
                raise LogisError(
                    f"logis-regles {_version()} sur l'exécuteur, {self.version} sur le pilote ; attendu: la même version"
                )
            # Spark counts one core a task: more would take those of its neighbours.
            os.environ.setdefault("RAYON_NUM_THREADS", str(max(1, _task()[2])))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", LogisWarning)
                made = pickle.loads(self.sent)
            _PLANS[self.hash] = made
        return made

    def __call__(self, tables: dict[str, Any], batch: str) -> Any:
        """Decides; what was found goes to the driver."""
        plan, shared = self.plan()
        own = tables[self.own]
        if not any(table.num_rows for table in tables.values()):
            return self.schema.empty_table()
        job, partition, _ = _task()
        where = f"partition {partition}, {batch}"
        found = _Found()
        try:
            decided = self.evaluate(plan, {**tables, **shared}, self.errors != "stop")
            table, issues = _pyarrow().table(decided), decided.issues
            found.note(decided.errors)
            found.rows, found.dropped = table.num_rows, decided.dropped
        except LogisError as error:
            # What is wrong in columns is wrong for all rows.
            if self.errors == "stop" or not error.issues or any(issue.row is None for issue in error.issues):
                ids = own.column(_column(plan, self.own)) if own.num_rows else []
                span = f" (de « {ids[0]} » à « {ids[-1]} »)" if len(ids) else ""
                raise LogisError(f"{where}{span}, lignes numérotées dans le lot:\n{error}", error.issues) from None
            table, issues = None, error.issues
            found.dropped = {name: one.num_rows for name, one in tables.items() if one.num_rows}
        found.note(issues)
        name = f"{batch} {own.column(_column(plan, self.own))[0]}" if own.num_rows else batch
        self.found.add({(job, partition, name): found})
        if self.errors == "column":
            return self.beside(plan, tables, shared, table, issues)
        return self.schema.empty_table() if table is None else table.cast(self.schema)

    def evaluate(self, plan: Plan, tables: Mapping[str, Any], keep_going: bool) -> Any:
        """Decides tables; what is told of columns was told on the driver."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LogisWarning)
            return plan.evaluate(**tables, states=self.states, reserves=self.reserves, keep_going=keep_going)

    def beside(
        self, plan: Plan, tables: dict[str, Any], shared: dict[str, Any], decided: Any, issues: list[Issue]
    ) -> Any:
        """The decided rows and those that are wrong, in the order of the data, with what is wrong in words."""
        pa = _pyarrow()
        key = _column(plan, self.own)
        given = _ids(tables[self.own], key)
        done = [] if decided is None else _ids(decided, self.schema.names[0])
        # What is decided is in the order of what was given.
        order: list[int] = []
        wrong: list[tuple[str | None, str]] = []
        for row, id in enumerate(given):
            at = row - len(wrong)
            if at < len(done) and done[at] == id:
                order.append(at)
                continue
            alone = {self.own: tables[self.own].slice(row, 1)}
            alone |= {name: _of(table, key, id) for name, table in tables.items() if name != self.own}
            order.append(len(done) + len(wrong))
            wrong.append((id, self.words(plan, alone, shared, id, issues)))
        # What belongs to no row.
        known = set(given)
        for name, table in tables.items():
            if name == self.own:
                continue
            for id in dict.fromkeys(id for id in _ids(table, key) if id not in known):
                alone = {self.own: tables[self.own].slice(0, 0), name: _of(table, key, id)}
                order.append(len(done) + len(wrong))
                wrong.append((id, self.words(plan, alone, shared, id, issues)))
        columns = []
        for at, one in enumerate(self.schema):
            if at == 0:
                cells = pa.array([id for id, _ in wrong], pa.string()).cast(one.type)
            elif one.name == ERRORS:
                cells = pa.array([words for _, words in wrong], one.type)
            elif not one.nullable:
                cells = pa.array(["error"] * len(wrong), one.type)
            else:
                cells = pa.nulls(len(wrong), one.type)
            columns.append(cells)
        bare = pa.table(columns, schema=self.schema)
        if decided is None:
            return bare.take(order)
        right = decided.append_column(ERRORS, pa.nulls(decided.num_rows, pa.string())).cast(self.schema)
        return pa.concat_tables([right, bare]).take(order)

    def words(
        self, plan: Plan, alone: dict[str, Any], shared: dict[str, Any], id: str | None, issues: list[Issue]
    ) -> str:
        """What is wrong in a row: what is said of it alone, or else of it among the others."""
        try:
            self.evaluate(plan, {**alone, **shared}, False)
        except LogisError as error:
            return str(error)
        among = [issue.text for issue in issues if issue.level == "error" and (issue.id or "").strip() == (id or "")]
        return "\n".join(among) or f"« {id} » dépend d'une ligne fautive du lot"


def _task() -> tuple[str, int, int]:
    """The job that is run, the partition and the cores of the task."""
    from pyspark import TaskContext

    context = TaskContext.get()
    if context is None:
        return ("", 0, 1)
    return (context.getLocalProperty("spark.sql.execution.id") or "", context.partitionId(), context.cpus())


def _ids(table: Any, column: str) -> list[str | None]:
    cells = table.column(column).to_pylist()
    return [None if cell is None else str(cell).strip() for cell in cells]


def _of(table: Any, column: str, id: str | None) -> Any:
    """The rows of one identifier."""
    return table.filter(_pyarrow().array([one == id for one in _ids(table, column)]))


def _column(plan: Plan, table: str) -> str:
    """The column of the identifier of a table."""
    return plan.columns[table][0]


# --- On the driver ---


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

    pa = _pyarrow()
    none = {
        name: to_arrow_schema(df.schema).empty_table() if hasattr(df, "sparkSession") else df.slice(0, 0)
        for name, df in frames.items()
    }
    # A row of empty cells finds what is required and not there.
    one = {name: pa.Table.from_pylist([_empty(table.schema)], table.schema) for name, table in none.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LogisWarning)
        try:
            plan.evaluate(**one)
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
        key = _column(plan, next(iter(frames)))
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
    types = _pyarrow().types
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
    return _pyarrow().table(table)


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


def _pyarrow() -> Any:
    import pyarrow

    return pyarrow


def _version() -> str:
    from importlib.metadata import version

    return version("logis-regles")


