"""What a task of Spark does with a batch or a group: it runs on executors."""

from __future__ import annotations

import hashlib
import os
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._logis import Plan
from ._spark_found import Found, Parameter, Report, Warns
from ._told import Issue, LogisError, LogisWarning

ERRORS = "erreurs"
"""The column of what is wrong in a row, where errors are asked as a column."""

KEPT = 4
"""So many works of a process keep their tables: two that take turns do not make them anew at each batch."""

MADE: dict[str, Any] = {}
"""By hash of what was sent: what was made of it in this process; of the last works alone, as it holds tables."""


def received(sent: bytes, hash: str, sender: str) -> Any:
    """What a driver of that version sent, made once in each process.

    Raises:
        LogisError: If the version of this package is another than the driver's.
    """
    made = MADE.get(hash)
    if made is None:
        if version() != sender:
            raise LogisError(
                f"logis-regles {version()} sur l'exécuteur, {sender} sur le pilote ; attendu: la même version"
            )
        # Spark counts one core a task: more would take those of its neighbours.
        os.environ.setdefault("RAYON_NUM_THREADS", str(max(1, task()[2])))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LogisWarning)
            made = pickle.loads(sent)
        # One work after another in a process would else keep all their tables.
        while len(MADE) >= KEPT:
            MADE.pop(next(iter(MADE)))
        MADE[hash] = made
    return made


@dataclass(frozen=True)
class Work:
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
        schema: Any,
        states: bool,
        reserves: bool,
        errors: str,
        report: Report | None,
        spark: Any,
        shared: Mapping[str, Any] | None = None,
    ) -> Work:
        if errors == "drop" and report is None:
            raise ValueError("errors='drop': attendu `report=`, qui compte les lignes écartées")
        sent = pickle.dumps((plan, dict(shared or {})))
        found = spark.sparkContext.accumulator({}, Parameter(report if report is not None else Warns()))
        digest = hashlib.sha256(sent).hexdigest()
        return cls(sent, digest, version(), own, schema, states, reserves, errors, found)

    def plan(self) -> tuple[Plan, dict[str, Any]]:
        """The plan of this process."""
        made: tuple[Plan, dict[str, Any]] = received(self.sent, self.hash, self.version)
        return made

    def __call__(self, tables: dict[str, Any], batch: str) -> Any:
        """Decides; what was found goes to the driver."""
        plan, shared = self.plan()
        own = tables[self.own]
        if not any(table.num_rows for table in tables.values()):
            return self.schema.empty_table()
        job, partition, _ = task()
        where = f"partition {partition}, {batch}"
        found = Found()
        try:
            decided = self.evaluate(plan, {**tables, **shared}, self.errors != "stop")
            table, issues = pyarrow().table(decided), decided.issues
            found.note(decided.errors)
            found.rows, found.dropped = table.num_rows, decided.dropped
        except LogisError as error:
            # What is wrong in columns is wrong for all rows.
            if self.errors == "stop" or not error.issues or any(issue.row is None for issue in error.issues):
                ids = own.column(column_of(plan, self.own)) if own.num_rows else []
                span = f" (de « {ids[0]} » à « {ids[-1]} »)" if len(ids) else ""
                raise LogisError(f"{where}{span}, lignes numérotées dans le lot:\n{error}", error.issues) from None
            table, issues = None, error.issues
            found.dropped = {name: one.num_rows for name, one in tables.items() if one.num_rows}
        found.note(issues)
        name = f"{batch} {own.column(column_of(plan, self.own))[0]}" if own.num_rows else batch
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
        pa = pyarrow()
        key = column_of(plan, self.own)
        given = ids(tables[self.own], key)
        done = [] if decided is None else ids(decided, self.schema.names[0])
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
            for id in dict.fromkeys(id for id in ids(table, key) if id not in known):
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


def task() -> tuple[str, int, int]:
    """The job that is run, the partition and the cores of the task."""
    from pyspark import TaskContext

    context = TaskContext.get()
    if context is None:
        return ("", 0, 1)
    return (context.getLocalProperty("spark.sql.execution.id") or "", context.partitionId(), context.cpus())


def ids(table: Any, column: str) -> list[str | None]:
    cells = table.column(column).to_pylist()
    return [None if cell is None else str(cell).strip() for cell in cells]


def _of(table: Any, column: str, id: str | None) -> Any:
    """The rows of one identifier."""
    return table.filter(pyarrow().array([one == id for one in ids(table, column)]))


def column_of(plan: Plan, table: str) -> str:
    """The column of the identifier of a table."""
    return plan.columns[table][0]


def pyarrow() -> Any:
    """The module, imported where it is needed."""
    import pyarrow

    return pyarrow


def version() -> str:
    """The version of this package."""
    from importlib.metadata import version

    return version("logis-regles")
