"""Tables in and out: frames of every library, two tables and nested ones, decide the same."""

import warnings

import pytest

from logis_regles import LogisError, LogisWarning, Pack

pa = pytest.importorskip("pyarrow")

REQUESTS = {
    "demande_id": ["D1", "D2", "D3"],
    "commune": ["21231", "21231", "21231"],
    "rfr_n2": [20_123, 20_124, None],
    "rfr_n1": [20_123, 20_124, None],
    "revenus_12_mois": [22_000, 22_000, None],
}
PERSONS = {
    "personne_id": ["P1", "P2", "P3"],
    "demande_id": ["D1", "D2", "D3"],
    "lien": ["demandeur"] * 3,
    "date_naissance": ["1980-02-01"] * 3,
    "a_charge": [False] * 3,
    "handicap": [False] * 3,
}
# One person in Dijon: 20,123 euros a year (arrêté du 22 décembre 2016, autres régions).
EXPECTED = [
    {"demande_id": "D1", "eligible_plus": True, "plafond_plus": 20_123},
    {"demande_id": "D2", "eligible_plus": False, "plafond_plus": 20_123},
    {"demande_id": "D3", "eligible_plus": None, "plafond_plus": 20_123},
]

pytestmark = pytest.mark.filterwarnings("ignore::logis_regles.LogisWarning")


@pytest.fixture(scope="module")
def plan():
    return Pack().plan("2017-06-30", ["eligible_plus", "plafond_plus"])


def nested():
    persons = [{key: PERSONS[key][row] for key in PERSONS if key != "demande_id"} for row in range(3)]
    return pa.table({**REQUESTS, "personnes": [[person] for person in persons]})


def test_two_tables(plan):
    decided = plan.evaluate(demandes=pa.table(REQUESTS), personnes=pa.table(PERSONS))
    assert pa.table(decided).to_pylist() == EXPECTED
    by_name = plan.evaluate({"demandes": pa.table(REQUESTS), "personnes": pa.table(PERSONS)})
    assert pa.table(by_name).to_pylist() == EXPECTED


def test_nested(plan):
    assert pa.table(plan.evaluate(nested())).to_pylist() == EXPECTED
    # Batch by batch, as Spark gives them.
    each = [pa.table(plan.evaluate(batch)) for batch in nested().to_batches(max_chunksize=1)]
    assert pa.concat_tables(each).to_pylist() == EXPECTED


def test_nested_without_identifiers_of_persons(plan):
    persons = [[{key: PERSONS[key][row] for key in PERSONS if not key.endswith("_id")}] for row in range(3)]
    table = pa.table({**REQUESTS, "personnes": persons})
    assert pa.table(plan.evaluate(table)).to_pylist() == EXPECTED


def test_a_person_inside_another_request_is_refused(plan):
    table = nested().to_pylist()
    table[1]["personnes"][0]["demande_id"] = "D1"
    table[0]["personnes"][0]["demande_id"] = "D1"
    with pytest.raises(LogisError, match="« D1 » n'est pas la ligne « D2 »"):
        plan.evaluate(pa.Table.from_pylist(table))


def test_states(plan):
    decided = pa.table(plan.evaluate(nested(), states=True))
    assert decided["eligible_plus.state"].to_pylist() == ["known", "known", "unknown"]
    assert decided["plafond_plus.state"].to_pylist() == ["known"] * 3
    assert decided.schema == pa.table(plan.schema(states=True)).schema


def test_what_is_assumed_is_told(plan):
    table = nested().drop_columns(["rfr_n1"])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        decided = plan.evaluate(table)
    assert decided.unknown == {"demandes": ["rfr_n1"]}
    assert any(one.category is LogisWarning and "`rfr_n1`" in str(one.message) for one in told)
    with pytest.raises(LogisError, match="rfr_n1"):
        plan.evaluate(table, strict=True)


def test_what_is_wrong_is_listed(plan):
    requests = {**REQUESTS, "rfr_n2": ["20123", "21 3O0", ""]}
    tables = {"demandes": pa.table(requests), "personnes": pa.table(PERSONS)}
    with pytest.raises(LogisError) as raised:
        plan.evaluate(tables)
    (issue,) = raised.value.issues
    assert (issue.code, issue.file, issue.row, issue.column) == ("D0403", "demandes", 2, "rfr_n2")
    assert (issue.found, issue.id) == ("21 3O0", "D2")
    assert issue.expected is not None
    # Left out on request, with a word and with the person that belongs to it.
    with pytest.warns(LogisWarning, match="1 ligne\\(s\\) de `demandes`"):
        decided = plan.evaluate(tables, keep_going=True)
    assert decided.dropped == {"demandes": 1, "personnes": 1}
    assert pa.table(decided).to_pylist() == [EXPECTED[0], EXPECTED[2]]
