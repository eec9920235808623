"""What calls take, as types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from os import PathLike
from typing import Any, Protocol, Union

class ArrowStream(Protocol):
    """What gives a table of Arrow: frames of Polars and pandas, tables of pyarrow, relations of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class ArrowArray(Protocol):
    """What gives a batch of Arrow."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class LazyFrame(Protocol):
    """A frame of Polars before it is collected."""

    def collect_schema(self) -> Any: ...
    def collect(self) -> Any: ...

class Columns(Protocol):
    """A frame of pandas."""

    def to_dict(self, orient: Any = "dict") -> Any: ...

Table = Union[ArrowStream, ArrowArray, LazyFrame, Columns, Mapping[str, Sequence[Any]]]
"""A table: a frame, a batch or a relation, or a dictionary of columns."""
Folder = Union[str, "PathLike[str]"]
"""The path of a folder or a file."""
Record = Mapping[str, Any]
"""A row with what belongs to it."""
Day = Union[str, date]
"""A day: `AAAA-MM-JJ`, or a date."""
Progress = Callable[[int, Union[int, None]], object]
"""Is called with what is done, and all of it if that is known."""
