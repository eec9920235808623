"""A matching on Spark: which requests and units belong together is found by executors, each group of them is solved by an
executor, and the driver joins the answers.

First every part of the requests is posed with all units, and tells which units it links. What is linked by no part is
linked by nothing: the driver brings the links of all parts together, and has the connected components of the whole
without a candidate of them in its memory. Then each group of components is posed on its own rows and solved.
"""

from __future__ import annotations

import hashlib
import heapq
import pickle
import warnings
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._logis import Pack, Posing, doubts
from ._spark_found import Found, Report
from ._spark_work import ids, pyarrow, received, version
from ._told import LogisError, LogisWarning

LINKED = "request string, unit int, told binary"
"""What a part tells: of each request that has a candidate one unit of its component; in a row of its own a `Links`."""

SOLVED = "group int, answer string, candidates bigint"
"""What a group tells: its answer."""


@dataclass
class Links:
    """What one part of the requests tells the driver."""

    found: Found
    doubts: dict[str, int]
    components: list[tuple[array[int], int]] = field(default_factory=list)
    """Of each component within the part its units, by their number in the table, and how many candidates it has."""


@dataclass(frozen=True)
class Asked:
    """How the problem is posed, wherever it is; goes to executors."""

    sent: bytes
    hash: str
    version: str
    date: str
    options: Mapping[str, Any]
    requests: str
    """The table of the requests."""
    units: str
    """The table of the units, which is among those that were sent."""
    unit_key: str

    @classmethod
    def of(
        cls, pack: Pack, date: str, options: Mapping[str, Any], posing: Posing, shared: Mapping[str, Any]
    ) -> Asked:
        sent = pickle.dumps((pack, dict(shared)))
        requests, units = posing.sides
        digest = hashlib.sha256(sent).hexdigest()
        return cls(sent, digest, version(), date, dict(options), requests, units, posing.columns[units][0])

    def shared(self) -> tuple[Pack, dict[str, Any]]:
        """The rules and the tables of this process."""
        made: tuple[Pack, dict[str, Any]] = received(self.sent, self.hash, self.version)
        return made

    def pose(self, requests: Any, where: str, units: Any = None) -> Posing:
        """Poses some requests with units, all of them if none are given; what is wrong is told with where it is."""
        pack, shared = self.shared()
        tables = {**shared, self.requests: requests}
        if units is not None:
            tables[self.units] = units
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LogisWarning)
            try:
                return pack.pose(self.date, tables, **self.options)
            except LogisError as error:
                text = f"{where}, lignes numérotées dans le lot:\n{error}"
                raise LogisError(text, error.issues) from None

    def linked(self, part: int, requests: Any) -> Any:
        """Of one part of the requests: what it links, as `LINKED`."""
        pa = pyarrow()
        _, shared = self.shared()
        posing = self.pose(requests, f"partie {part}")
        if not posing.by_parts:
            # The rules were asked before: what is left are tenants, whose unit no candidate links to them.
            raise LogisError(
                f"partie {part} : des demandes occupent un logement, et les mutations ne se résolvent pas partie par partie ; "
                "attendu: `Pack.match` sur le tout, ou `logis match`"
            )
        number = {id: at for at, id in enumerate(ids(shared[self.units], self.unit_key))}
        links = Links(Found(rows=requests.num_rows), posing.doubts)
        links.found.note(posing.issues)
        request_ids: list[str | None] = []
        first: list[int | None] = []
        for group in posing.groups():
            units = array("i", [number[id] for id in group["units"]])
            links.components.append((units, group["candidates"]))
            request_ids += group["requests"]
            first += [units[0]] * len(group["requests"])
        columns = {
            "request": pa.array([*request_ids, None], pa.string()),
            "unit": pa.array([*first, None], pa.int32()),
            "told": pa.array([*([None] * len(first)), pickle.dumps(links)], pa.binary()),
        }
        return pa.table(columns)

    def solved(self, group: int, requests: Any, group_of: Any) -> Any:
        """Of one group: its answer, as `SOLVED`; `group_of` has the group of each unit."""
        import pyarrow.compute

        pa = pyarrow
        _, shared = self.shared()
        own = shared[self.units].filter(pa.compute.equal(group_of, group))
        posing = self.pose(requests, f"groupe {group}", own)
        columns = {
            "group": pa.array([group], pa.int32()),
            "answer": pa.array([posing.apart()]),
            "candidates": pa.array([posing.candidates], pa.int64()),
        }
        return pa.table(columns)


class Components:
    """Units that belong together: sets that are joined."""

    def __init__(self, units: int) -> None:
        self.above = list(range(units))
        self.candidates: Counter[int] = Counter()

    def find(self, unit: int) -> int:
        """The first unit of a component."""
        while self.above[unit] != unit:
            # Paths are halved on the way, so that they stay short.
            self.above[unit] = unit = self.above[self.above[unit]]
        return unit

    def link(self, one: int, other: int) -> None:
        """Joins two components; the lesser first unit stands for both, whatever came first."""
        one, other = sorted((self.find(one), self.find(other)))
        self.above[other] = one

    def groups(self, most: int) -> tuple[list[int], list[int]]:
        """By unit its group, -1 if it is in none; by group its candidates. The largest components first, each to the group
        that has least so far."""
        sizes: Counter[int] = Counter()
        for unit, candidates in self.candidates.items():
            sizes[self.find(unit)] += candidates
        ordered = sorted(sizes.items(), key=lambda one: (-one[1], one[0]))
        heap = [(0, group) for group in range(min(most, len(ordered)))]
        group_of_component = {}
        for component, candidates in ordered:
            has, group = heap[0]
            group_of_component[component] = group
            heapq.heapreplace(heap, (has + candidates, group))
        return (
            [group_of_component.get(self.find(unit), -1) for unit in range(len(self.above))],
            [has for has, _ in sorted(heap, key=lambda one: one[1])],
        )


def components(units: int, told: Iterable[bytes]) -> tuple[Components, list[Found], dict[str, int]]:
    """Those of the whole, from the `Links` of all parts; with what was found in the data, and counts of doubts."""
    whole = Components(units)
    found: list[Found] = []
    doubts: Counter[str] = Counter()
    for part in told:
        links: Links = pickle.loads(part)
        found.append(links.found)
        doubts.update(links.doubts)
        for own, candidates in links.components:
            whole.candidates[own[0]] += candidates
            for unit in own[1:]:
                whole.link(own[0], unit)
    return whole, found, dict(doubts)


class Matched:
    """Who gets which unit, and what is proved of it.

    >>> matched = match(requests, units, "2017-06-30")  # doctest: +SKIP
    >>> matched.attributions.num_rows, matched.proved  # doctest: +SKIP
    """

    def __init__(
        self, joined: Mapping[str, Any], sides: Sequence[str], groups: Sequence[int], warned: Sequence[str]
    ) -> None:
        pa = pyarrow()
        pairs = joined["attributions"]
        self.attributions: Any = pa.table(
            {sides[0]: pa.array([one for one, _ in pairs], pa.string()), sides[1]: pa.array([one for _, one in pairs], pa.string())}
        )
        """The pairs, in the order of the requests' identifiers: a table of pyarrow."""
        self.reached: dict[str, Any] = joined["reached"]
        """What each level reaches: `attributions`, `priority`, `fit`, and of each of the `quotas` its `base`, `members`,
        `target` and `shortfall`."""
        self.gaps: dict[str, Any] = joined["gaps"]
        """How much better an answer of the whole might be at most, level by level: 0 where it is proved that none is, None
        where nothing is proved."""
        self.proved: bool = joined["proved"]
        """Is every level proved?"""
        self.groups = list(groups)
        """How many candidates each group has that was solved apart."""
        self.warnings = list(warned)
        """What was warned of: in French, a line each."""

    def __len__(self) -> int:
        return int(self.attributions.num_rows)

    def __repr__(self) -> str:
        proof = "prouvé" if self.proved else "borné"
        return f"<Matched {len(self)} attributions en {len(self.groups)} groupes, {proof}>"


def bounded(joined: Mapping[str, Any], groups: int) -> list[str]:
    """What is not proved of the whole, in French."""
    if joined["proved"]:
        return []
    gaps, levels = joined["gaps"], []
    for level, name in (("attributions", "attributions"), ("priority", "points de priorité"), ("fit", "points d'adéquation")):
        if gaps[level] != 0:
            levels.append(f"{name}: sans borne" if gaps[level] is None else f"au plus {gaps[level]} {name} de plus")
    levels += [f"quota {name}: au plus {gap} de mieux" for name, gap in gaps["quotas"].items() if gap]
    return [f"tout n'est pas prouvé ({groups} groupes résolus à part): une autre réponse aurait {' ; '.join(levels)}"]


def lines(found: Sequence[Found], counts: Mapping[str, int], most: int | None) -> list[str]:
    """What was found in the data, in French."""
    report = Report()
    report._take({("", at, ""): one for at, one in enumerate(found)})
    return [*doubts(counts, most), *report.warnings]
