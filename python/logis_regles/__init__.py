"""Logis: decides who qualifies for French social housing and housing aids, says why, and matches requests to units.

>>> from logis_regles import Pack
>>> plan = Pack().plan("2017-06-30", ["plafond_plus"])
>>> plan.rules
['plafond_plus']
"""

from ._documents import Change, Decision, Explained, Explanations, Outcome
from ._logis import Allocation, Decisions, Diff, Pack, Plan, Posing, Rows, ScenarioReport, join
from ._told import Issue, LogisError, LogisWarning

__all__ = [
    "Allocation",
    "Change",
    "Decision",
    "Decisions",
    "Diff",
    "Explained",
    "Explanations",
    "Issue",
    "LogisError",
    "LogisWarning",
    "Outcome",
    "Pack",
    "Plan",
    "Posing",
    "Rows",
    "ScenarioReport",
    "join",
]
