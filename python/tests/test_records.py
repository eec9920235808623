"""Records of Python's own values, errors and warnings as Python has them."""

import datetime
import decimal
import doctest
import pickle
import threading

import pytest

import logis_regles
from logis_regles import LogisError, LogisWarning, Pack

pytestmark = pytest.mark.filterwarnings("ignore::logis_regles.LogisWarning")


def request(**changes):
    person = {
        "lien": "demandeur", "date_naissance": datetime.date(1980, 2, 1), "a_charge": False, "handicap": False
    }
    return {
        "demande_id": "D1", "commune": "21231", "rfr_n2": 20_124, "rfr_n1": 20_124, "revenus_12_mois": 22_000,
        "personnes": [person], **changes,
    }


@pytest.fixture(scope="module")
def plan(pack):
    return pack.plan("2017-06-30", ["eligible_plus", "plafond_plus"])


@pytest.mark.parametrize(
    "value",
    [20_123, 20_123.0, "20123", "20 123", decimal.Decimal("20123.00")],
    ids=["int", "float", "text", "as people write", "decimal"],
)
def test_numbers(plan, value):
    assert plan.decide(request(rfr_n2=value))["eligible_plus"].value is True
    assert plan.decide(request(rfr_n2=value))


def test_a_decimal_is_exact(plan):
    assert not plan.decide(request(rfr_n2=decimal.Decimal("20123.01"), rfr_n1=decimal.Decimal("20123.01")))[
        "eligible_plus"
    ]


def test_unknown_says_what_is_missing(plan):
    decision = plan.decide(request(rfr_n2=None, rfr_n1=None, revenus_12_mois=None))
    outcome = decision["eligible_plus"]
    assert (outcome.state, outcome.value, bool(outcome)) == ("unknown", None, False)
    assert {one["field"] for one in outcome.missing} >= {"rfr_n2"}
    assert decision["plafond_plus"].unit == "EUR/an"


def test_an_error_lists_all(plan):
    with pytest.raises(LogisError) as raised:
        plan.decide(request(rfr_n2="21 3O0", comune="x"))
    issues = {issue.column: issue for issue in raised.value.issues}
    assert issues["rfr_n2"].found == "21 3O0" and issues["comune"].nearest == "commune"
    assert "rfr_n2" in str(raised.value) and isinstance(raised.value, ValueError)
    again = pickle.loads(pickle.dumps(raised.value))
    assert again.issues == raised.value.issues and str(again) == str(raised.value)


def test_wrong_records_of_many(plan):
    with pytest.raises(LogisError) as raised:
        plan.evaluate([request(), request(demande_id="D2", rfr_n2="x"), request(rfr_n2="y")])
    assert [(issue.row, issue.id) for issue in raised.value.issues] == [(2, "D2"), (3, "D1")]
    with pytest.warns(LogisWarning, match="1 ligne"):
        decided = plan.evaluate([request(), request(demande_id="D2", rfr_n2="x")], keep_going=True)
    assert len(decided) == 1 and decided.dropped == {"demandes": 1}


@pytest.mark.filterwarnings("error")
def test_a_plan_warns_of_its_figures(pack):
    with pytest.warns(LogisWarning, match="premier_quartile"):
        pack.plan("2015-12-31", ["premier_quartile"])


def test_no_date_and_two_dates(pack):
    with pytest.raises(TypeError):
        pack.plan(rules=["eligible_plus"])
    with pytest.raises(LogisError, match="« 30/02/2017 » n'est pas une date"):
        pack.plan("30/02/2017")


def test_each_row_as_of_its_own_date(pack):
    pa = pytest.importorskip("pyarrow")
    records = {"demande_id": ["D1", "D2"], "date_demande": ["2016-06-30", "2017-06-30"], "commune": ["21231"] * 2}
    person = {"lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": "non", "handicap": "non"}
    persons = {"personne_id": ["P1", "P2"], "demande_id": ["D1", "D2"], **{key: [cell] * 2 for key, cell in person.items()}}
    dated = pack.plan(as_of_field="date_demande", rules=["plafond_plus"])
    own = pa.table(dated.evaluate(demandes=records, personnes=persons)).to_pylist()
    # Arrêtés du 22 décembre 2015 et du 22 décembre 2016, annexe I, autres régions.
    assert [int(row["plafond_plus"]) for row in own] == [20_111, 20_123]


def test_threads_share_a_plan(plan):
    decided = []

    def work():
        decided.extend(plan.decide(request())["plafond_plus"].value for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert decided == [20_123] * 200


def test_a_pack_of_a_folder_and_its_faults(tmp_path):
    with pytest.raises(LogisError, match="absent"):
        Pack(tmp_path / "absent")
    (tmp_path / "schema.toml").write_text('[menage]\ntable = "menages"\nkey = "menage_id"\n', encoding="utf-8")
    (tmp_path / "a.rhai").write_text("//! entité: menage\n/// source: art. 1\nfn r(revenu) { revenu > 1 }\n", encoding="utf-8")
    with pytest.raises(LogisError) as raised:
        Pack(tmp_path)
    (issue,) = [issue for issue in raised.value.issues if issue.level == "error"]
    assert issue.code.startswith("L") and issue.file.endswith("a.rhai") and issue.row == 3


def test_examples_of_the_docstrings():
    """Every example runs and gives what it says."""
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    documented = [logis_regles, *(getattr(logis_regles, name) for name in logis_regles.__all__)]
    members = [(f"{one.__name__}.{name}", member) for one in documented[1:] for name, member in getattr(one, "__dict__", {}).items()]
    examples = 0
    for name, one in [(one.__name__, one) for one in documented] + members:
        text = getattr(one, "__doc__", None)
        if isinstance(text, str) and ">>>" in text:
            test = parser.get_doctest(text, {}, name, None, None)
            examples += len(test.examples)
            runner.run(test)
    assert runner.failures == 0 and examples > 15


def test_every_public_name_is_documented():
    for name in logis_regles.__all__:
        one = getattr(logis_regles, name)
        assert one.__doc__, name
        for member, value in getattr(one, "__dict__", {}).items():
            if not member.startswith("_") and callable(value):
                assert value.__doc__, f"{name}.{member}"
