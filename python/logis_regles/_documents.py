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


def value(document: Mapping[str, Any]) -> Any:
    """The value of a document; a day as one."""
    found = document.get("value")
    return date.fromisoformat(found) if document.get("type") == "date" and isinstance(found, str) else found


def outcome(document: Mapping[str, Any]) -> Outcome:
    """The outcome of a document."""
    missing = tuple(document.get("missing", ()))
    return Outcome(document["state"], value(document), document.get("unit"), missing, document)


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


@dataclass(frozen=True)
class Change:
    """One value that alone would turn a refusal."""

    field: str
    """The field, by its name in rules."""
    now: Value
    """Its value."""
    to: Value
    """The nearest value with another answer."""
    unit: str | None
    label: str
    """What people call the field."""
    about: Mapping[str, str]
    """The row: `entity` and `id`."""


def change(document: Mapping[str, Any]) -> Change:
    """A change of a document."""
    return Change(
        document["field"], value(document["from"]), value(document["to"]), document.get("unit"),
        document["label"], document["about"],
    )


@dataclass(frozen=True)
class Explained:
    """Why a rule is decided as it is."""

    outcome: Outcome
    text: str
    """In French, for people."""
    changes: list[Change]
    """Of a refusal: the nearest value of each single input that turns it."""
    other_dates: dict[str, Any]
    """Of a refusal: the nearest dates with another answer (`before`, `after`)."""
    document: dict[str, Any]
    """The explanation as the document has it."""

    @property
    def refused(self) -> bool:
        """Is the outcome known, and false?"""
        return self.outcome.value is False

    def __str__(self) -> str:
        return self.text


class Explanations(Mapping[str, Explained]):
    """The explanations of one row by rule; `print` shows them."""

    document: dict[str, Any]
    """The document of the kind `explanation`, as the command and the service write it."""

    def __init__(self, document: dict[str, Any], texts: list[str]) -> None:
        self.document = document
        self._all = {
            one["rule"]: Explained(
                outcome(one["outcome"]),
                text,
                [change(found) for found in one["counterfactual"]["changes"]],
                one["other_dates"],
                one,
            )
            for one, text in zip(document["explanations"], texts)
        }

    def __getitem__(self, rule: str) -> Explained:
        return self._all[rule]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __str__(self) -> str:
        return "\n".join(one.text for one in self._all.values())

    def __repr__(self) -> str:
        return f"<Explanations {', '.join(self._all)}>"


def explanations(text: str, texts: list[str]) -> Explanations:
    """Explanations from the text of their document, and the text of each."""
    return Explanations(read(text), texts)
