"""What must work on every version of Python, with nothing installed but the module: no pytest, no pyarrow.

    python smoke.py
"""

import pickle
import warnings
from datetime import date
from decimal import Decimal

from logis_regles import LogisError, Pack

PERSON = {"lien": "demandeur", "date_naissance": date(1980, 2, 1), "a_charge": False, "handicap": False}
REQUEST = {
    "demande_id": "D1",
    "commune": "21231",
    "rfr_n2": Decimal("20124.00"),
    "rfr_n1": 20124,
    "revenus_12_mois": "22 000",
    "personnes": [PERSON],
}


def main() -> None:
    warnings.simplefilter("ignore")
    pack = Pack()
    plan = pack.plan(date(2017, 6, 30), ["eligible_plus", "plafond_plus"])
    # One person in Dijon: 20,123 euros a year; this one has one more.
    decision = plan.decide(REQUEST)
    assert decision["eligible_plus"].value is False and decision["plafond_plus"].value == 20123, decision
    (turns,) = [change for change in plan.counterfactual(REQUEST)["eligible_plus"] if change.field == "rfr_n2"]
    assert (turns.now, turns.to) == (20124, 20123), turns
    # Dictionaries of columns, and records: no package of frames.
    columns = {key: [value] for key, value in REQUEST.items() if key != "personnes"}
    persons = {key: [value] for key, value in {**PERSON, "personne_id": "P1", "demande_id": "D1"}.items()}
    for decided in (plan.evaluate(demandes=columns, personnes=persons), plan.evaluate([REQUEST])):
        assert len(decided) == 1 and decided.columns == ["demande_id", "eligible_plus", "plafond_plus"], decided
        assert type(decided.__arrow_c_stream__()).__name__ == "PyCapsule"
    assert pickle.loads(pickle.dumps(plan)).decide(REQUEST)["plafond_plus"].value == 20123
    try:
        pack.plan("2017-06-30", ["plafond_pluss"])
    except LogisError as error:
        assert error.issues[0].nearest == "plafond_plus", error.issues
    else:
        raise AssertionError("a name that is none was planned")


if __name__ == "__main__":
    main()
