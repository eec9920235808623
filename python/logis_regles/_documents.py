"""Documents of `logis/1` as objects: what `decide` and `explain` give."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Value = bool | int | Decimal | str | date


def read(text: str) -> Any:
    """A document from its text; numbers with decimals are exact."""
    return json.loads(text, parse_float=Decimal)


@dataclass(frozen=True)
class Outcome:
    """What a rule comes to."""

    state: str
    """`known`, `unknown` (the missing cells leave it open) or `error`."""
    value: Value | None
    """The value, if it is known: exact, a day as `datetime.date`."""
    unit: str | None
    """The unit of a number: `EUR/an`."""
    missing: tuple[Mapping[str, Any], ...]
    """The missing cells that would settle an unknown outcome, as the document has them."""
    document: Mapping[str, Any]
    """The outcome as the document has it."""

    def __bool__(self) -> bool:
        """Is it known, and true?"""
        return self.value is True


def outcome(document: Mapping[str, Any]) -> Outcome:
    """The outcome of a document."""
    value = document.get("value")
    if document.get("type") == "date" and isinstance(value, str):
        value = date.fromisoformat(value)
    missing = tuple(document.get("missing", ()))
    return Outcome(document["state"], value, document.get("unit"), missing, document)


class Decision(Mapping[str, Outcome]):
    """The outcomes of one record by rule.

    >>> from logis_regles import Pack
    >>> decision = Pack().plan("2017-06-30", ["plafond_plus"]).decide({
    ...     "commune": "21231",
    ...     "personnes": [{"lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": False, "handicap": False}],
    ... })
    >>> decision["plafond_plus"].value, decision["plafond_plus"].unit
    (20123, 'EUR/an')
    """

    document: dict[str, Any]
    """The document of the kind `decision`, as the command and the service write it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._outcomes = {rule: outcome(one) for rule, one in document["outcomes"].items()}

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What is doubtful in the record."""
        return list(self.document["warnings"])

    def __getitem__(self, rule: str) -> Outcome:
        return self._outcomes[rule]

    def __iter__(self) -> Iterator[str]:
        return iter(self._outcomes)

    def __len__(self) -> int:
        return len(self._outcomes)

    def __repr__(self) -> str:
        told = (f"{rule}={one.value if one.state == 'known' else one.state}" for rule, one in self.items())
        return f"<Decision {', '.join(told)}>"


def decision(text: str) -> Decision:
    """A decision from the text of its document."""
    return Decision(read(text))
