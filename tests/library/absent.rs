//! Columns that a package lacks: what they can change, and what they cannot.

use std::collections::{BTreeMap, BTreeSet};

use logis::Pack;
use logis::data::{Dataset, InputFile, Needs, read};
use logis::evaluate::evaluate;
use logis::pack::schema::FieldId;
use logis::plan::Plan;
use logis::value::{Value, parse_date};

/// A column besides, with a value for each row.
type Added<'a> = (&'a str, &'a dyn Fn(usize) -> String);

fn dataset(pack: &Pack, added: &[Added<'_>]) -> Dataset {
    let folder = "../../scenarios/grand-dijon-2015";
    let files = ["demandes", "personnes", "employeurs", "projets", "logements"].map(|name| {
        let mut text = std::fs::read_to_string(format!("{folder}/{name}.csv")).unwrap();
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

/// The incomes of persons are not read where the request gives totals, which is what an absent `revenus_donnes`
/// says: whatever stands in them, nothing changes. Where persons give theirs, they are read.
#[test]
fn what_a_default_shuts_off_changes_nothing() {
    let pack = Pack::load("../../rules").unwrap();
    let parsed = pack.parsed();
    let names = ["ressources", "categorie_menage", "eligible_plai", "eligible_plus", "eligible_pls"];
    let plan = Plan::new(parsed, parse_date("2017-06-30").unwrap(), &names).unwrap();
    let person = &parsed.schema.entities[parsed.schema.entity("personne").unwrap()];
    let field = |column: &str| -> FieldId {
        let of = |f: &&FieldId| parsed.schema.fields[**f].column == column;
        *person.fields.iter().find(of).unwrap()
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
    let bare = known(&dataset(&pack, &[]));
    let amount = |row: usize| (row * 7_919 % 90_000).to_string();
    let year = |row: usize| (2_010 + row % 9).to_string();
    let added: [Added<'_>; 5] = [
        ("rfr_n2", &amount),
        ("rfr_n1", &amount),
        ("revenus_12_mois", &amount),
        ("annee_rfr_n2", &year),
        ("part_propre_n2", &amount),
    ];
    assert_eq!(known(&dataset(&pack, &added)), bare);
    let given = |_: usize| "par_annee".to_string();
    let mut told = added.to_vec();
    told.push(("revenus_donnes", &given));
    assert_ne!(known(&dataset(&pack, &told)), bare);
}
