//! Columns that a package lacks: what they can change, and what they cannot.

use std::collections::{BTreeMap, BTreeSet};

use logis::Pack;
use logis::data::{Dataset, InputFile, Needs, read};
use logis::evaluate::{Context, Outcome, certain, evaluate};
use logis::pack::schema::FieldId;
use logis::plan::Plan;
use logis::value::{Value, parse_date};

/// A column besides, with a value for each row.
type Added<'a> = (&'a str, &'a dyn Fn(usize) -> String);

/// The requests of Grand Dijon up to this one.
const LAST_OF_MANY: &str = "D0100";
const LAST_OF_SOME: &str = "D0040";

fn dataset(pack: &Pack, added: &[Added<'_>], last: &str) -> Dataset {
    let folder = "../../scenarios/grand-dijon-2015";
    let files = ["demandes", "personnes", "employeurs", "projets", "logements"].map(|name| {
        let mut text = std::fs::read_to_string(format!("{folder}/{name}.csv")).unwrap();
        let request = ["demandes", "personnes"].iter().position(|table| *table == name);
        if let Some(at) = request {
            let kept =
                |line: &&str| line.split(',').nth(at).is_some_and(|id| !id.starts_with('D') || id <= last);
            text = text.lines().filter(kept).map(|line| format!("{line}\n")).collect();
        }
        if name == "personnes" {
            let rows = text.lines().enumerate().map(|(number, line)| {
                let cells: String = added
                    .iter()
                    .map(|(column, value)| match number {
                        0 => format!(",{column}"),
                        _ => format!(",{}", value(number)),
                    })
                    .collect();
                format!("{line}{cells}\n")
            });
            text = rows.collect();
        }
        InputFile { name: format!("{name}.csv"), bytes: text.into_bytes() }
    });
    let parsed = pack.parsed();
    read(&parsed.schema, &parsed.references, files.into(), &Needs::default()).dataset
}

/// The incomes of persons are not read where the request says that it gives totals: whatever stands in them, nothing
/// changes. Where nothing is said, or that persons give theirs, they are read.
#[test]
fn what_a_default_shuts_off_changes_nothing() {
    let pack = Pack::load("../../rules").unwrap();
    let parsed = pack.parsed();
    let names = ["ressources", "categorie_menage", "eligible_plai", "eligible_plus", "eligible_pls"];
    let plan = Plan::new(parsed, parse_date("2017-06-30").unwrap(), &names).unwrap();
    let person = &parsed.schema.entities[parsed.schema.entity("personne").unwrap()];
    let field = |column: &str| -> FieldId {
        let says = parsed.schema.field_of_column(person, column).unwrap();
        parsed.schema.field(&says.name).unwrap()
    };
    let incomes = ["rfr_n2", "rfr_n1", "revenus_12_mois", "annee_rfr_n2", "part_propre_n2"];
    let incomes_read = |known: &BTreeMap<FieldId, Value>| -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let (fields, _) = plan.given(known).inputs(plan.selected.iter().map(|(_, node)| *node));
        found.extend(incomes.iter().copied().filter(|c| fields.contains(&field(c))));
        found
    };
    let totals = BTreeMap::from([(field("revenus_donnes"), Value::text("en_total"))]);
    assert_eq!(incomes_read(&totals), BTreeSet::new());
    assert!(incomes_read(&BTreeMap::new()).contains("rfr_n2"));

    let known = |data: &Dataset| -> Vec<Vec<Option<Value>>> {
        let columns = evaluate(&plan, data).columns;
        columns.iter().map(|c| (0..c.len()).map(|row| c.value(row)).collect()).collect()
    };
    let bare = known(&dataset(&pack, &[], LAST_OF_MANY));
    let amount = |row: usize| (row * 7_919 % 90_000).to_string();
    let year = |row: usize| (2_010 + row % 9).to_string();
    let added: [Added<'_>; 5] = [
        ("rfr_n2", &amount),
        ("rfr_n1", &amount),
        ("revenus_12_mois", &amount),
        ("annee_rfr_n2", &year),
        ("part_propre_n2", &amount),
    ];
    let with = |given: &'static str| {
        let given = |_: usize| given.to_string();
        let mut told = added.to_vec();
        told.push(("revenus_donnes", &given));
        known(&dataset(&pack, &told, LAST_OF_MANY))
    };
    assert_eq!(with("en_total"), bare);
    assert_ne!(with("par_annee"), bare);
    assert_ne!(known(&dataset(&pack, &added, LAST_OF_MANY)), bare);
}

/// A column that a package lacks decides as one in which every cell says what an empty cell is: on all rules, whether
/// they are computed by columns or row by row.
#[test]
fn what_is_absent_decides_as_its_default_written_out() {
    let pack = Pack::load("../../rules").unwrap();
    let parsed = pack.parsed();
    let person = parsed.schema.entity("personne").unwrap();
    let bare = dataset(&pack, &[], LAST_OF_SOME);
    let defaults: Vec<(&str, String)> = parsed
        .schema
        .fields
        .iter()
        .filter(|f| f.entity == person && bare.tables[person].columns[place(&pack, f)].is_none())
        .filter_map(|f| Some((f.column.as_str(), f.empty_value.as_ref()?.to_string())))
        .collect();
    assert!(defaults.len() >= 5, "{defaults:?}");
    let values: Vec<_> = defaults.iter().map(|(_, value)| move |_: usize| value.clone()).collect();
    let written: Vec<Added<'_>> = defaults
        .iter()
        .zip(&values)
        .map(|((column, _), value)| (*column, value as &dyn Fn(usize) -> String))
        .collect();
    let written = dataset(&pack, &written, LAST_OF_SOME);
    for day in ["2019-06-30", "2025-02-01"] {
        let date = parse_date(day).unwrap();
        for entity in ["demande", "personne"].map(|name| parsed.schema.entity(name).unwrap()) {
            let own = parsed.rules.iter().filter(|r| r.entity == entity).map(|r| r.name.as_str());
            let names: Vec<&str> = own.filter(|name| Plan::new(parsed, date, &[name]).is_ok()).collect();
            let plan = Plan::new(parsed, date, &names).unwrap();
            let (absent, told) = (evaluate(&plan, &bare), evaluate(&plan, &written));
            for name in names {
                let of = |decisions: &logis::evaluate::Decisions| -> Vec<Option<Value>> {
                    let column = decisions.column(name).unwrap();
                    (0..column.len()).map(|row| column.value(row)).collect()
                };
                assert_eq!(of(&absent), of(&told), "{day}: {name}");
            }
        }
    }
}

/// Where a field stands among those of its entity.
fn place(pack: &Pack, field: &logis::pack::schema::Field) -> usize {
    let schema = &pack.parsed().schema;
    let id = schema.field(&field.name).unwrap();
    schema.entities[field.entity].fields.iter().position(|f| *f == id).unwrap()
}

/// What a package without the optional columns asks of the pack's results is decided by columns, but for the rows that
/// lack an income: no column that is away sends all rows the slow way.
#[test]
fn the_results_of_a_plain_package_are_decided_by_columns() {
    let pack = Pack::load("../../rules").unwrap();
    let parsed = pack.parsed();
    let names: Vec<&str> = parsed.manifest.results.iter().map(|(name, _)| name.as_str()).collect();
    let data = dataset(&pack, &[], LAST_OF_MANY);
    for day in ["2015-06-30", "2017-06-30", "2019-06-30", "2026-02-01"] {
        let plan = Plan::new(parsed, parse_date(day).unwrap(), &names).unwrap();
        let context = Context::new(&plan, &data);
        for (name, column) in names.iter().zip(certain(&context)) {
            let column = column.unwrap_or_else(|| panic!("{day}: {name} has no columnar form"));
            let rows = data.tables[plan.entity].rows();
            let decided = (0..rows).filter(|row| column.get(*row).is_some()).count();
            assert!(decided * 10 >= rows * 9, "{day}: {name}: {decided} of {rows}");
        }
    }
}

/// Puts some requests in Brest, which no territory of the pack holds.
fn in_brest(pack: &Pack, data: &mut Dataset, which: impl Fn(usize) -> bool) {
    let schema = &pack.parsed().schema;
    let request = schema.entity("demande").unwrap();
    let relations = &schema.entities[request].belongs_to;
    let commune = relations.iter().position(|relation| relation.column == "commune").unwrap();
    let brest = data.tables[relations[commune].target].ids.place("29019").unwrap();
    let links = &mut data.tables[request].links[commune];
    *links = links.iter().enumerate().map(|(row, link)| if which(row) { brest } else { *link }).collect();
}

/// A column that is away is missing in all rows alike. Where it is enough to know that an outcome is open, a rule that reads one
/// beside other cells is told by fillings, and what reads nothing else by one row: no row is looked into by itself, which would
/// tell the cells that are missing.
#[test]
fn what_a_column_that_is_away_leaves_open_is_not_looked_into_row_by_row() {
    let pack = Pack::load("../../rules").unwrap();
    let parsed = pack.parsed();
    let mut data = dataset(&pack, &[], LAST_OF_MANY);
    in_brest(&pack, &mut data, |_| true);
    let request = parsed.schema.entity("demande").unwrap();
    let field = &parsed.schema.fields[parsed.schema.field("typologie_souhaitee").unwrap()];
    assert!(data.tables[request].columns[place(&pack, field)].is_none());
    // On that day the points of some territory depend on the size that is asked for.
    let names = ["priorite", "typologie_souhaitee"];
    let plan = Plan::seen_from(parsed, parse_date("2024-12-31").unwrap(), request, &names).unwrap();
    let decided = |column: &logis::evaluate::Certain| (0..60).any(|row| column.get(row).is_some());
    assert!(!certain(&Context::new(&plan, &data)).iter().flatten().any(decided));
    let settled = logis::evaluate::evaluate_settled(&plan, &data);
    for (name, column) in names.iter().zip(&settled.columns) {
        let told =
            |row: &usize| matches!(column.get(*row), Some(Outcome::Unknown(cells)) if cells.is_empty());
        let told = (0..column.len()).filter(told).count();
        assert!(column.len() > 50 && told * 10 >= column.len() * 9, "{name}: {told} of {}", column.len());
    }
}

/// Where it is enough to know that an outcome is open, fillings of what is missing show it: each row has the outcome that
/// deciding it alone gives, or is open as that says. Half of the requests are of no territory, so that figures are
/// missing, and whole columns are.
#[test]
fn what_fillings_show_to_be_open_is_open() {
    let pack = Pack::load("../../rules").unwrap();
    let parsed = pack.parsed();
    let mut data = dataset(&pack, &[], LAST_OF_MANY);
    in_brest(&pack, &mut data, |row| row % 2 == 0);
    let (mut open, mut known) = (0, 0);
    for names in [
        &["priorite", "cotation", "cotation_situation", "delai_anormalement_long", "public_l441_1"][..],
        &["ressources", "categorie_menage", "eligible_plai", "public_ani", "premier_quartile"],
    ] {
        let plan = Plan::new(parsed, parse_date("2017-06-30").unwrap(), names).unwrap();
        let (alone, fast) = (evaluate(&plan, &data), logis::evaluate::evaluate_settled(&plan, &data));
        for (name, (alone, fast)) in names.iter().zip(alone.columns.iter().zip(&fast.columns)) {
            for row in 0..alone.len() {
                assert_eq!(alone.value(row), fast.value(row), "{name}, row {row}");
                match fast.value(row) {
                    Some(_) => known += 1,
                    None => open += 1,
                }
            }
        }
    }
    assert!(open > 100 && known > 300, "{open} open, {known} known");
}
