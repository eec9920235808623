"""What is wrong, as exceptions, warnings and what they list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_EXPECTED = re.compile(r"attendu\s?: (.*?)(?= ; |$)")
_NEAREST = re.compile(r"vouliez-vous dire (?:« (.*?) »|`(.*?)`)")


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong: in data, in rules, in what was asked."""

    code: str
    """What it is, whatever its words: `D0403` in data, `L0102` in rules; empty for what has no code."""
    level: str
    """`error` or `warning`."""
    file: str
    """The table or the file."""
    row: int | None
    """The row of the table, from 1; the line of a file."""
    column: str | None
    """The column; of a file of rules the number of the first character, from 1."""
    id: str | None
    """The identifier of the row."""
    found: str | None
    """What the cell holds."""
    message: str
    """What is wrong, in French."""
    text: str
    """The message with its place."""

    @property
    def expected(self) -> str | None:
        """What was expected, where the message says it."""
        found = _EXPECTED.search(self.message)
        return found.group(1).rstrip(" ?") if found else None

    @property
    def nearest(self) -> str | None:
        """The nearest name or value that is right, where the message has one."""
        found = _NEAREST.search(self.message)
        return (found.group(1) or found.group(2)) if found else None

    def __str__(self) -> str:
        return self.text


class LogisError(ValueError):
    """What was asked cannot be answered: the message is the whole report, `issues` its list.

    >>> from logis_regles import LogisError, Pack
    >>> try:
    ...     Pack().plan("2017-06-30", ["plafond_pluss"])
    ... except LogisError as error:
    ...     error.issues[0].nearest
    'plafond_plus'
    """

    issues: list[Issue]

    def __init__(self, message: str = "", issues: Sequence[Issue] = ()) -> None:
        super().__init__(message, issues)
        self.issues = list(issues)

    def __str__(self) -> str:
        return str(self.args[0])


class LogisWarning(UserWarning):
    """The answer is not all of what was asked: columns that are not there, rows left out, doubtful cells."""
