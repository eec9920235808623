"""The compiled module; `logis_regles` shows what is in it. The docstrings are in the classes: `help(Plan.evaluate)`."""

from collections.abc import Mapping, Sequence
from typing import Any, final

from ._documents import Change, Decision, Explanations
from ._told import Issue
from ._types import Day, Folder, Progress, Record, Table

class Rows:
    @property
    def columns(self) -> list[str]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def to_polars(self) -> Any: ...
    def to_pandas(self) -> Any: ...
    def to_pyarrow(self) -> Any: ...
    def __len__(self) -> int: ...

@final
class Decisions(Rows):
    @property
    def warnings(self) -> list[str]: ...
    @property
    def issues(self) -> list[Issue]: ...
    @property
    def errors(self) -> list[Issue]: ...
    @property
    def dropped(self) -> dict[str, int]: ...
    @property
    def unknown(self) -> dict[str, list[str]]: ...
    @property
    def assumed_empty(self) -> dict[str, list[str]]: ...
    @property
    def reserves(self) -> dict[str, tuple[int, list[str]]]: ...

@final
class Plan:
    @property
    def rules(self) -> list[str]: ...
    @property
    def date(self) -> str | None: ...
    @property
    def pack(self) -> Pack: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def columns(self) -> dict[str, list[str]]: ...
    def by_parts(self, table: str) -> bool: ...
    def evaluate(
        self,
        data: Table | Mapping[str, Table] | Sequence[Record] | Folder | None = None,
        /,
        *,
        states: bool = False,
        reserves: bool = False,
        strict: bool = False,
        keep_going: bool = False,
        progress: Progress | None = None,
        **tables: Table,
    ) -> Decisions: ...
    def decide(self, record: Record) -> Decision: ...
    def explain(
        self,
        data: Record | Table | Mapping[str, Table] | Folder | None = None,
        /,
        *,
        id: str | None = None,
        **tables: Table,
    ) -> Explanations: ...
    def counterfactual(self, record: Record) -> dict[str, list[Change]]: ...
    def schema(self, *, states: bool = False) -> Decisions: ...

@final
class Allocation:
    @property
    def attributions(self) -> Rows: ...
    @property
    def reached(self) -> dict[str, int]: ...
    @property
    def proved(self) -> bool: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def reserves(self) -> list[dict[str, Any]]: ...
    def document(self) -> dict[str, Any]: ...
    def json(self) -> str: ...
    def explain(self, id: str) -> dict[str, Any]: ...
    def __len__(self) -> int: ...

@final
class Posing:
    @property
    def sides(self) -> tuple[str, str]: ...
    @property
    def columns(self) -> dict[str, list[str]]: ...
    @property
    def by_parts(self) -> bool: ...
    @property
    def candidates(self) -> int: ...
    @property
    def not_in_force(self) -> list[str]: ...
    @property
    def doubts(self) -> dict[str, int]: ...
    @property
    def issues(self) -> list[Issue]: ...
    @property
    def warnings(self) -> list[str]: ...
    def groups(self, most: int | None = None) -> list[dict[str, Any]]: ...
    def apart(self) -> str: ...

def join(answers: Sequence[str]) -> dict[str, Any]: ...
def doubts(counts: Mapping[str, int], max_candidates: int | None = None) -> list[str]: ...

@final
class ScenarioReport:
    @property
    def title(self) -> str: ...
    @property
    def sheets(self) -> list[str]: ...
    @property
    def warnings(self) -> list[str]: ...
    def __getitem__(self, name: str, /) -> Rows: ...
    def document(self) -> dict[str, Any]: ...

@final
class Diff:
    @property
    def is_fine(self) -> bool: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def differences(self) -> list[dict[str, Any]]: ...
    def document(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...

@final
class Pack:
    def __new__(cls, folder: Folder | None = None) -> Pack: ...
    @classmethod
    def from_files(cls, files: Sequence[tuple[str, bytes]], root: str = "") -> Pack: ...
    @property
    def name(self) -> str: ...
    @property
    def results(self) -> list[str]: ...
    @property
    def groups(self) -> dict[str, list[str]]: ...
    @property
    def rules(self) -> list[str]: ...
    def plan(
        self,
        date: Day | None = None,
        rules: Sequence[str] | None = None,
        *,
        as_of_field: str | None = None,
    ) -> Plan: ...
    def candidates(
        self,
        date: Day,
        data: Mapping[str, Table] | Folder | None = None,
        /,
        *,
        select: Sequence[str] | None = None,
        max_candidates: int | None = None,
        strict: bool = False,
        keep_going: bool = False,
        progress: Progress | None = None,
        **tables: Table,
    ) -> Rows: ...
    def match(
        self,
        date: Day,
        data: Mapping[str, Table] | Folder | None = None,
        /,
        *,
        select: Sequence[str] | None = None,
        hard: Sequence[str] | None = None,
        no_quotas: bool = False,
        max_candidates: int | None = None,
        near: Allocation | Mapping[str, Any] | str | None = None,
        seed: int | None = None,
        fixed: Sequence[tuple[str, str]] | None = None,
        forbidden: Sequence[tuple[str, str]] | None = None,
        keep: int | None = None,
        prices: bool = False,
        time_limit: int | None = None,
        strict: bool = False,
        keep_going: bool = False,
        progress: Progress | None = None,
        **tables: Table,
    ) -> Allocation: ...
    def pose(
        self,
        date: Day,
        data: Mapping[str, Table] | Folder | None = None,
        /,
        *,
        no_quotas: bool = False,
        max_candidates: int | None = None,
        strict: bool = False,
        keep_going: bool = False,
        progress: Progress | None = None,
        **tables: Table,
    ) -> Posing: ...
    def verify(
        self,
        result: Allocation | Mapping[str, Any] | str,
        date: Day,
        data: Mapping[str, Table] | Folder | None = None,
        /,
        *,
        select: Sequence[str] | None = None,
        hard: Sequence[str] | None = None,
        no_quotas: bool = False,
        max_candidates: int | None = None,
        seed: int | None = None,
        fixed: Sequence[tuple[str, str]] | None = None,
        forbidden: Sequence[tuple[str, str]] | None = None,
        keep: int | None = None,
        strict: bool = False,
        keep_going: bool = False,
        progress: Progress | None = None,
        **tables: Table,
    ) -> Allocation: ...
    def simulate(self, scenario: Folder, *, progress: Progress | None = None) -> ScenarioReport: ...
    def diff(
        self,
        head: Pack,
        data: Mapping[str, Table] | Folder | None = None,
        /,
        *,
        dates: Sequence[Day] | None = None,
        select: Sequence[str] | None = None,
        by: Sequence[str] | None = None,
        cases: bool = True,
        progress: Progress | None = None,
        **tables: Table,
    ) -> Diff: ...
