"""Logis: decides who qualifies for French social housing and housing aids, says why, and matches requests to units.

>>> from logis_regles import Pack
>>> plan = Pack().plan("2017-06-30", ["plafond_plus"])
>>> plan.rules
['plafond_plus']
"""

from ._documents import Decision, Outcome
from ._logis import Decisions, Pack, Plan
from ._told import Issue, LogisError, LogisWarning

__all__ = ["Decision", "Decisions", "Issue", "LogisError", "LogisWarning", "Outcome", "Pack", "Plan"]
