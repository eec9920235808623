"""What is found in the data of a job of Spark, and how it reaches the driver: by an accumulator."""

from __future__ import annotations

import sys
import threading
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._told import Issue, LogisWarning


@dataclass
class Found:
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
        self._found: dict[tuple[int, str], Found] = {}

    def _take(self, update: Mapping[tuple[str, int, str], Found]) -> None:
        with self._lock:
            for (job, partition, batch), found in update.items():
                if job != self._job:
                    self._job, self._found = job, {}
                self._found[(partition, batch)] = found

    def _all(self) -> list[Found]:
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


class Warns(Report):
    """Warns of each kind once, while the job runs: what takes the place of a report that nobody asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[tuple[str, str, str, str]] = set()

    def _take(self, update: Mapping[tuple[str, int, str], Found]) -> None:
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


class Parameter:
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
        return (Parameter, ())
