"""Frames of every library go in and come out, with the types that each of them has."""

import datetime
import decimal

import pytest
from logis_regles import LogisWarning

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas")
duckdb = pytest.importorskip("duckdb")

pytestmark = pytest.mark.filterwarnings("ignore::logis_regles.LogisWarning")

REQUESTS = {
    "demande_id": ["D1", "D2", "D3"],
    "commune": ["21231", "21231", "21231"],
    "rfr_n2": [20_123.0, 20_124.0, None],
    "rfr_n1": [20_123, 20_124, 30_000],
    "revenus_12_mois": [decimal.Decimal("22000.50"), decimal.Decimal("22000.50"), None],
}
DAY = datetime.date(1980, 2, 1)
PERSONS = {
    "personne_id": ["P1", "P2", "P3"],
    "demande_id": ["D1", "D2", "D3"],
    "lien": ["demandeur"] * 3,
    "date_naissance": [DAY] * 3,
    "a_charge": [False] * 3,
    "handicap": [False] * 3,
}
EXPECTED = [("D1", True, 20_123), ("D2", False, 20_123), ("D3", None, 20_123)]


@pytest.fixture(scope="module")
def plan(pack):
    return pack.plan("2017-06-30", ["eligible_plus", "plafond_plus"])


def relation(columns):
    table = pa.table(columns)
    return duckdb.connect().from_arrow(table).select("*")


@pytest.mark.parametrize(
    "make",
    [
        pl.DataFrame,
        lambda columns: pl.DataFrame(columns).lazy(),
        pd.DataFrame,
        pa.table,
        lambda columns: pa.table(columns).to_reader(max_chunksize=1),
        lambda columns: pa.record_batch(columns),
        relation,
        dict,
    ],
    ids=["polars", "lazy", "pandas", "pyarrow", "reader", "batch", "duckdb", "dict"],
)
def test_in(plan, make):
    decided = plan.evaluate(demandes=make(REQUESTS), personnes=make(PERSONS))
    assert [tuple(row.values()) for row in pa.table(decided).to_pylist()] == EXPECTED


def test_out(plan):
    decided = plan.evaluate(demandes=pl.DataFrame(REQUESTS), personnes=pl.DataFrame(PERSONS))
    assert pl.DataFrame(decided).rows() == decided.to_polars().rows() == EXPECTED
    assert decided.to_pyarrow().equals(pa.table(decided))
    frame = decided.to_pandas()
    assert list(frame.columns) == decided.columns and frame["plafond_plus"].tolist() == [20_123] * 3
    connection = duckdb.connect()
    count = connection.sql("select count(*) filter (eligible_plus), sum(plafond_plus) from decided").fetchall()
    assert count == [(1, 3 * 20_123)]


def test_types_of_outcomes(pack, dijon):
    plan = pack.plan("2015-12-31")
    schema = pa.table(plan.schema()).schema
    decided = pa.table(plan.evaluate(dijon))
    assert decided.schema == schema
    assert schema.field("plafond_plus").type == pa.int64()
    assert schema.field("eligible_plus").type == pa.bool_()
    assert schema.field("ressources").type == pa.decimal128(38, 2)
    assert schema.field("zone_plafond").type == pa.string()


def test_a_frame_is_left_as_it_was(plan):
    frame = pd.DataFrame(REQUESTS)
    before = frame.copy()
    plan.evaluate(demandes=frame, personnes=pd.DataFrame(PERSONS))
    pd.testing.assert_frame_equal(frame, before)


def test_the_index_of_pandas_is_nobodys(plan):
    with pytest.warns(LogisWarning) as told:
        plan.evaluate(
            demandes=pd.DataFrame(REQUESTS, index=[7, 8, 9]).drop(columns="rfr_n1"), personnes=pd.DataFrame(PERSONS)
        )
    assert not any("__index_level" in str(one.message) for one in told)


def test_what_is_no_table_is_refused(plan):
    with pytest.raises(TypeError, match="n'est pas une table"):
        plan.evaluate(demandes=3)
    with pytest.raises(TypeError, match="aucune table"):
        plan.evaluate()


def test_columns_of_a_plan(plan):
    assert plan.columns["demandes"][:2] == ["demande_id", "commune"]
    only = {key: value for key, value in REQUESTS.items() if key in plan.columns["demandes"]}
    persons = {key: value for key, value in PERSONS.items() if key in plan.columns["personnes"]}
    decided = plan.evaluate(demandes=only, personnes=persons)
    assert [tuple(row.values()) for row in pa.table(decided).to_pylist()] == EXPECTED
