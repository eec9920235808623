#!/usr/bin/env python3
"""Checks the proof in a result of `logis match --format json`, with nothing but docs/src/en/certificate.md to go by.

    python3 certificate.py RESULT.json CANDIDATES.csv POINTS_COLUMN FIT_COLUMN [REQUESTS.csv]

Exit code: 0 every level is proved, 1 a level is open, 2 refused. Standard library only; numbers are whole and exact."""
import csv, json, sys

INFINITE = float("inf")  # "nothing is proved", or with a minus "there is no such answer": compared, never added to


def need(holds, otherwise):
    if not holds:
        raise ValueError(otherwise)


def asked(quota):
    """What a quota asks for: a share a/b of the base, and a number besides; what may be at most by what it is not."""
    at_most, (a, *b) = quota.get("at_most", False), quota["target"].split("/")
    if a == "all":
        return 0, 1, 2 ** 24
    if b:
        return (int(*b) - int(a) if at_most else int(a)), int(*b), 0
    return (1, 1, -int(a)) if at_most else (0, 1, int(a))


def marks(quota, base, member):
    """Does a pair with these cells count in the base, and is it a member? What is not known counts against the quota."""
    if not quota.get("at_most"):
        return base != "false", base == member == "true"
    if "/" in quota["target"]:
        return base != "false", (base, member) == ("true", "false")
    return base != "false" and member != "false", False


def cells(row, of, holder):
    """The cells of the base and of the members of a quota, for a pair that is charged to a holder."""
    base, member = row[of["base"]] if of["base"] else "true", row[of["members"]] if of["members"] else "true"
    by, value = of.get("scope") or (None, None)
    if by and base != "false" and row[by] != value:
        base = "false" if row[by] else ""
    charged = "true" if holder == of.get("charged") else "false"
    if of.get("charged") and not of["members"]:
        member = charged
    elif of.get("charged") and charged == "false":
        base = "false"
    return base, member


def holders(row, flow):
    """To whom a pair may be charged: to any who may propose the household, or to the one who holds the unit; else to nobody."""
    if not flow:
        return [None]
    in_flow = row[flow["units"]] if flow.get("units") else "true"
    if in_flow == "true":
        return [name for name, proposes in flow["holders"] if row[proposes] == "true"] or [None]
    names = [name for name, _ in flow["holders"] if in_flow == "false" and flow.get("holder") and row[flow["holder"]] == name]
    return names or [None]


def counted(quota, base, members):
    """Base and members as `marks` has them, of those that are told, and the other way round."""
    if not quota.get("at_most"):
        return base, members
    return (base, base - members) if "/" in quota["target"] else (base, 0)


class Checker:
    def __init__(self, result, rows, points_column, fit_column, requests):
        """Reads the problem, in which a pair is (points, fit, marks, attributions), by unit and the holder to whom it is charged,
        and adds up what the answer reaches."""
        self.proof, posed = result["certificate"], result["certificate"]["problem"]
        quotas, names = [*zip(result["quotas"], posed["quotas"])], [level["name"] for level in result["levels"]]
        need((result["format"], result["kind"]) == ("logis/1", "matching"), "no matching of logis/1")
        need("tie" not in names, "not checked here: ranks among requests of equal points")
        need(len(self.proof["quotas"]) == len(quotas), "not checked here: quotas that come before the attributions")
        self.first = [quota["target"] == "all" for quota, _ in quotas]
        shortfalls = [("first:" if first else "shortfall:") + quota["name"]
                      for first, (quota, own) in zip(self.first, quotas) if quota["name"] == own["name"]]
        need(len(result["quotas"]) == len(posed["quotas"]) == len(shortfalls), "quotas other than those posed")
        need(names == ["attributions", *shortfalls, "priority", "fit"], f"the levels are {names}")
        self.shares = [asked(quota)[:2] for quota, _ in quotas]
        before = [quota.get("already") or {"base": 0, "members": 0} for quota, _ in quotas]
        before = [counted(quota, own["base"], own["members"]) for (quota, _), own in zip(quotas, before)]
        self.owed = [a * base + b * (asked(quota)[2] - members)
                     for (quota, _), (a, b), (base, members) in zip(quotas, self.shares, before)]
        units, ends = {unit: number for number, unit in enumerate(self.proof["units"])}, self.proof["cells"]
        self.cell = [cell for cell, pair in enumerate(zip(ends, ends[1:])) for _ in range(*pair)]
        need(len(units) == len(self.proof["units"]) == len(self.cell), "a unit has two numbers, or no cell")
        (request, unit), points = rows.fieldnames[:2], {}
        self.pairs, seen = {row[request]: {} for row in requests}, set()
        for row in rows:
            r, u, own = row[request], row[unit], self.pairs.setdefault(row[request], {})
            worth = (int(row.get(points_column) or 0), int(row.get(fit_column) or 0))
            need((r, u) not in seen and points.setdefault(r, worth[0]) == worth[0], f"{r}, {u} stand twice")
            seen.add((r, u))
            for holder in holders(row, posed.get("flow")):
                own_marks = tuple(marks(quota, *cells(row, of, holder)) for quota, of in quotas)
                own[units[u], holder] = (*worth, own_marks, 1)
        candidates = len(seen)
        need(candidates == posed["candidates"], f"{candidates} candidates, and {posed['candidates']} were posed")
        charged = {row[request]: row.get("charged") if posed.get("flow") else None for row in result["attributions"]}
        got = [(row[request], units.get(row[unit])) for row in result["attributions"]]
        need(len(got) == len(dict(got)) == len({u for _, u in got}), "a request or a unit is in two attributions")
        need(all(self.at(r, u) for r, u in got), "a unit does not suit the request that gets it")
        need(all((u, charged[r]) in self.pairs[r] for r, u in got), "charged to whom it cannot be")
        self.home = {r: units[u] for r, u in posed.get("held", [])}  # who holds a unit has it, or another
        need(len(set(self.home.values())) == len(self.home) == len(posed.get("held", [])), "two hold one unit")
        stays = {u for r, u in self.home.items() if r not in dict(got)}
        need(not stays & {u for _, u in got}, "a unit is given whose tenant stays")
        need(not any(self.at(r, u) for r, u in self.home.items()), "a tenant is a candidate for its own unit")
        got = [self.pairs[r][u, charged[r]] for r, u in got]
        for r, u in self.home.items():  # to stay counts nothing
            self.pairs.setdefault(r, {})[u, None] = (0, 0, tuple((False, False) for _ in quotas), 0)
        counts = [[sum(own[q][i] for _, _, own, _ in got) for i in (0, 1)] for q in range(len(quotas))]
        self.lack = [max(0, self.target(q, base) - members) for q, (base, members) in enumerate(counts)]
        told_lack = [members if first else lack
                     for first, lack, (_, members) in zip(self.first, self.lack, counts)]
        self.reached = [len(got), *told_lack, sum(pair[0] for pair in got), sum(pair[1] for pair in got)]
        need([level["value"] for level in result["levels"]] == self.reached, f"the answer reaches {self.reached}")
        told = [[quota["base"], quota["members"], quota["shortfall"], quota["achieved"]] for quota, _ in quotas]
        counts = [(base, base if quota.get("at_most") and "/" not in quota["target"] else counted(quota, base, members)[1])
                  for (quota, _), (base, members) in zip(quotas, counts)]
        own = [[base, members, 0 if first else lack, f"{members}/{base}"]
               for first, (base, members), lack in zip(self.first, counts, self.lack)]
        need(told == own, f"the quotas count {own}")
        def shown(quota, own):
            to = own["members"] or "charged to " + own["charged"]
            of = (own["base"] or "all") + (" charged to " + own["charged"] if own.get("charged") and own["members"] else "")
            return f"{'at most ' if quota.get('at_most') else ''}{quota['target']} of {of} to {to}"
        self.names = [names[0], *(f"{name} ({shown(*both)})" for name, both in zip(names[1:], quotas)), *names[-2:]]
        self.range = [(0, len(got)) for _ in quotas]  # of each base, until more is proved
        self.given, self.at_most = set(), {}  # units, and conditions, of which the room says something

    def at(self, r, u):
        """The pairs of a request and a unit: one, or one for each holder."""
        return [key for key in self.pairs.get(r, {}) if key[0] == u]

    def target(self, q, base):
        return max(0, -((-self.shares[q][0] * base - self.owed[q]) // self.shares[q][1]))

    def condition(self, name, q=None):
        """The level that proves it; what a pair counts in it; what every answer considered does, at least."""
        if q is None:
            return {"attributions": ((0, 0), lambda pair: pair[3], self.reached[0]),
                    "priority": ((3, 0), lambda pair: pair[0], self.reached[-2]),
                    "fit": ((4, 0), lambda pair: pair[1], 0)}[name]
        need(0 <= q < len(self.lack), "no such quota")
        (a, b), (low, high), lack = self.shares[q], self.range[q], self.lack[q]
        return {"quota": ((2, q), lambda pair: b * pair[2][q][1] - a * pair[2][q][0], self.owed[q] - b * lack),
                "members": ((2, q), lambda pair: pair[2][q][1], self.target(q, low) - lack),
                "base_at_least": ((0, 0), lambda pair: pair[2][q][0], low),
                "base_at_most": ((0, 0), lambda pair: -pair[2][q][0], -high)}[name]

    def weigh(self, level, worth, bound):
        """What pairs gain above the prices of their units; the prices; their sum, less what is owed; for what."""
        need(bound["scale"] >= 1, "a scale below 1")
        terms, owed, met = [(bound["scale"], self.condition(*worth)[1])], 0, {}
        for named, factor in bound["multipliers"]:
            key = (named,) if isinstance(named, str) else tuple(*named.items())
            proved, count, known = self.condition(*key)
            need(level > proved, "a level builds on itself or on a later one")
            need((key, factor < 0) not in met, "two multipliers of a condition")
            met[key, factor < 0] = (factor, known)
            if factor < 0 and key != ("attributions",):
                need(key in self.at_most, "a multiplier below 0")
                known = self.at_most[key]
            terms, owed = terms + [(factor, count)], owed + factor * known
        ((kind, prices),) = bound["prices"].items()
        prices = {"units": prices, "cells": [prices[cell] for cell in self.cell]}[kind]
        need(len(prices) == len(self.cell), "not a price for each unit")
        need(all(price >= 0 or u in self.given for u, price in enumerate(prices)), "a price below 0")
        weights = {pair: None for own in self.pairs.values() for pair in own.values()}
        weights = {pair: sum(factor * count(pair) for factor, count in terms) for pair in weights}
        gains = {r: {key: weights[pair] - prices[key[0]] for key, pair in own.items()} for r, own in self.pairs.items()}
        return gains, prices, sum(prices) - owed, met

    def most(self, level, worth, proof, limits={}):
        """The most that any answer considered is worth. `limits`: of a request, is it housed, and where may it be?"""
        if proof == "nothing":
            return INFINITE
        if "bound" in proof:
            gains, _, total, _ = self.weigh(level, worth, proof["bound"])
            for r, own in gains.items():
                housed, places = limits.get(r, (r in self.home, own))
                best = [gain for key, gain in own.items() if key in places] + ([] if housed else [0])
                if not best:
                    return -INFINITE
                total += max(best)
            return total // proof["bound"]["scale"]
        without, more, ((kind, on),) = proof["split"]["without"], proof["split"]["with"], proof["split"]["on"].items()
        need(min(on.values()) >= 0, "a split by what does not exist")
        if kind == "base":
            need(level > (0, 0), "a level builds on a later one")
            found, q, (low, high) = [-INFINITE], on["quota"], self.range[on["quota"]]
            for side, ends in (without, (low, min(high, on["most"]))), (more, (max(low, on["most"] + 1), high)):
                self.range[q] = ends
                most = self.most(level, worth, side, limits)
                found += [most] if ends[0] <= ends[1] else []  # otherwise there is no such answer
            self.range[q] = (low, high)
            return max(found)
        need(len(self.pairs) == self.proof["problem"]["requests"], "the proof numbers requests: their file is needed")
        r, of = sorted(self.pairs)[on["request"]], {"cell": self.cell, "unit": range(len(self.cell))}[kind]
        need(on[kind] in of, "a split by what does not exist")
        housed, places = limits.get(r, (r in self.home, {*self.pairs[r]}))
        here = {key for key in places if of[key[0]] == on[kind]}
        return max(self.most(level, worth, without, {**limits, r: (housed, places - here)}),
                   self.most(level, worth, more, {**limits, r: (True, places & here)}))

    def room(self):
        """What the points say of all answers that reach them: which units are given, who is housed, and where."""
        gains, prices, total, met = self.weigh((3, 0), ("priority",), self.proof["room"])
        best = {r: max([*own.values()] + ([] if r in self.home else [0])) for r, own in gains.items()}
        left = total + sum(best.values()) - self.proof["room"]["scale"] * self.reached[-2]
        self.given = {u for u, price in enumerate(prices) if price > left}
        self.at_most = {key: known + left // factor for (key, _), (factor, known) in met.items() if factor > 0}
        near = {r: {key for key, gain in own.items() if best[r] - gain <= left} for r, own in gains.items()}
        return {r: (best[r] > left or r in self.home, near[r]) for r in gains}

    def levels(self):
        """The best that any answer might reach, level by level."""
        proof, attributions = self.proof, self.reached[0]
        for q, (smallest, largest) in enumerate(proof["bases"]):
            low = -self.most((1, q), ("base_at_most", q), smallest)
            high = self.most((1, q), ("base_at_least", q), largest)
            self.range[q] = (max(0, low), min(attributions, high))
        yield self.most((0, 0), ("attributions",), proof["attributions"])
        for q, own in enumerate(proof["quotas"]):
            most = self.most((2, q), ("quota", q), own)
            least = 0 if most == INFINITE else max(0, -((most - self.owed[q]) // self.shares[q][1]))
            # Of who comes first as many as can be: so many more than these as lack less.
            yield self.reached[1 + q] + self.lack[q] - least if self.first[q] else least
        yield self.most((3, 0), ("priority",), proof["priority"])
        yield self.most((4, 0), ("fit",), proof["fit"], self.room())


def main(result, candidates, points, fit, requests=None):
    try:
        with open(result, encoding="utf-8") as own, open(candidates, encoding="utf-8", newline="") as rows, \
                open(requests or candidates, encoding="utf-8", newline="") as all_requests:
            result = json.load(own, parse_float=str, parse_constant=str)
            checker = Checker(result, csv.DictReader(rows), points, fit, csv.DictReader(all_requests))
        levels = [*zip(checker.names, checker.reached, checker.levels())]
    except Exception as error:
        print(f"refused: {error if type(error) is ValueError else repr(error)}")
        return 2
    for name, reached, best in levels:
        might = "nothing is proved" if best == INFINITE else f"{best} might be"
        print(f"{name}: {reached}, " + ("proved" if best == reached else f"open: {might}"))
    return int(any(best != reached for _, reached, best in levels))


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        print(__doc__)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
