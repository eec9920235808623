//! The fast way for plain records against the general one, on records drawn from the schema of the shipped pack.

use serde_json::{Map, Value as Json, json};

use super::*;
use logis_language::Pack;
use logis_language::pack::schema::{Field, FieldKind, Origin, Schema};
use logis_language::value::{add_days, parse_date};

/// A drawing of numbers, by splitmix.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }

    fn of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }
}

/// What is drawn: how many cells of a hundred are missing, and how many are written oddly.
#[derive(Clone, Copy)]
struct Kind {
    missing: usize,
    odd: usize,
}

const CODES: [&str; 4] = ["21231", "21166", "33063", "21054"];

/// A record of an entity, with the rows that belong to it and those that it belongs to.
fn record(draw: &mut Draw, of: (&Records, &Schema), entity: EntityId, kind: Kind, depth: usize) -> Json {
    let schema = of.1;
    let own = &schema.entities[entity];
    let mut all = Map::new();
    for column in own.fields.iter().map(|field| schema.fields[*field].column.clone()) {
        let field = schema.field_of_column(own, &column).unwrap();
        if draw.below(100) >= kind.missing && !all.contains_key(&column) {
            let value = if draw.below(100) < kind.odd { odd(draw) } else { cell(draw, of.0, field) };
            all.insert(column, value);
        }
    }
    for relation in &own.belongs_to {
        match &schema.entities[relation.target].origin {
            Origin::Reference { .. } if draw.below(100) >= kind.missing => {
                all.insert(relation.column.clone(), json!(draw.of(&CODES)));
            }
            Origin::Data { .. } if depth > 0 && draw.below(3) > 0 => {
                let name = schema.entities[relation.target].name.clone();
                all.insert(name, record(draw, of, relation.target, kind, 0));
            }
            _ => {}
        }
    }
    for (child, other) in schema.entities.iter().enumerate() {
        if let Origin::Data { table } = &other.origin
            && depth > 0
            && other.belongs_to.iter().any(|r| r.target == entity)
        {
            let count = if draw.below(60) == 0 { 70 } else { draw.below(5) };
            let mut rows: Vec<Json> = (0..count).map(|_| record(draw, of, child, kind, depth - 1)).collect();
            // Half of the households are such that nothing is to be told of most.
            if draw.below(2) == 0 {
                for (at, row) in rows.iter_mut().enumerate().filter(|_| table == "personnes") {
                    row["lien"] = json!(if at == 0 { "demandeur" } else { "autre" });
                    row["date_naissance"] = json!("1980-02-01");
                }
            }
            all.insert(table.clone(), Json::Array(rows));
        }
    }
    if draw.below(3) == 0 {
        all.insert(own.key.clone(), json!(draw.of(&["A1", "une clé\u{202e}", ""])));
    }
    if kind.odd > 0 && draw.below(12) == 0 {
        let value = odd(draw);
        all.insert("inconnue".into(), value);
    }
    Json::Object(all)
}

/// A cell as programs write it.
fn cell(draw: &mut Draw, records: &Records, field: &Field) -> Json {
    let (low, high) = field
        .range
        .map_or((0, i128::MAX), |(low, high)| (low.ceil().to_integer(), high.floor().to_integer()));
    let mut within = |most: usize| i64::try_from((low + draw.below(most) as i128).min(high)).unwrap();
    match &field.kind {
        FieldKind::Boolean => json!(draw.below(2) == 0),
        FieldKind::Number { decimals: 0, .. } => json!(within(9)),
        FieldKind::Number { .. } => match within(4) % 4 {
            0 => json!(within(3)),
            1 if high > 60_000 => json!(within(60_000) as f64 + 0.25),
            _ => json!(within(60_000)),
        },
        FieldKind::Date => {
            let back = [draw.below(900), draw.below(30_000), draw.below(9_000)][draw.below(3)];
            let day = add_days(parse_date("2020-01-01").unwrap(), -(back as i64)).unwrap();
            json!(day.to_string())
        }
        FieldKind::Enum(values) => json!(values[draw.below(values.len())].as_ref()),
        FieldKind::Text | FieldKind::Codes => {
            let codes = field.of.and_then(|of| records.reference(of)).filter(|table| table.rows() < 30_000);
            match codes.and_then(|table| table.ids.text(draw.below(table.rows()))) {
                Some(code) => json!(code),
                None => json!(draw.of(&CODES)),
            }
        }
    }
}

/// A cell as no schema expects it, or as only people write it.
fn odd(draw: &mut Draw) -> Json {
    match draw.below(22) {
        0 => json!(i64::MAX),
        1 => json!(i64::MIN),
        2 => json!(u64::MAX),
        3 => json!(-1),
        4 => json!(1e300),
        5 => json!(0.1 + 0.2),
        6 => json!(92_233_720_368_547_758_i64),
        7 => json!("21 300,50"),
        8 => json!("30/06/2017"),
        9 => json!("2017-02-29"),
        10 => json!("9999-12-31"),
        11 => json!("0000-01-01"),
        12 => json!(" cdi "),
        13 => json!("oui"),
        14 => json!(""),
        15 => json!("O"),
        16 => json!(["21231", "75056"]),
        17 => json!([]),
        18 => json!({ "a": 1 }),
        19 => json!("deux\nlignes"),
        20 => json!(["21231", 3]),
        _ => Json::Null,
    }
}

/// Every outcome that the fast way gives is that of the general way; where it says that nothing is to be told, nothing is.
/// Complete records are mostly decided by it.
#[test]
fn plain_records_are_decided_as_all_are() {
    let pack = Pack::load("../../rules").unwrap();
    let schema = &pack.parsed().schema;
    let (mut plain, mut compared, mut held, mut warned, mut wrong) = (0, 0, 0, 0, 0);
    let (mut known, mut given, mut refused) = (0, 0, 0);
    for (number, (root, day)) in
        [("demande", "2019-06-30"), ("personne", "2019-06-30"), ("demande", "2024-03-01")]
            .into_iter()
            .enumerate()
    {
        let entity = schema.entity(root).unwrap();
        let date = parse_date(day).unwrap();
        let names: Vec<&str> =
            pack.parsed().rules.iter().filter(|r| r.entity == entity).map(|r| r.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| pack.plan(date, &[name]).is_ok()).collect();
        let decider = Decider::new(pack.plan(date, &names).unwrap());
        let way = AtOnce::new(&decider.plan, &decider.records, &decider.invariants).unwrap();
        let mut draw = Draw(number as u64);
        let kinds = [(0, 0), (4, 0), (50, 0), (0, 1), (10, 1)].map(|(missing, odd)| Kind { missing, odd });
        for at in 0..10 {
            let kind = kinds[at % kinds.len()];
            let record = record(&mut draw, (&decider.records, schema), entity, kind, 1);
            let general = decider.decide_generally(&record, &[]);
            let outcomes = decider.dataset(&record).map(|dataset| {
                let context = Context::with(&decider.plan, decider.layout.clone(), &dataset);
                let mut evaluator = Evaluator::new(&context);
                let all = decider.plan.selected.iter();
                all.map(|(name, node)| (name.clone(), outcome(&mut evaluator, *node, 0))).collect::<Vec<_>>()
            });
            assert_eq!(decider.decide(&record), general, "{record}");
            wrong += usize::from(outcomes.is_err());
            let Some(decided) = way.decide(&record) else {
                refused += usize::from(kind.odd == 0 && outcomes.is_ok());
                continue;
            };
            plain += 1;
            if decided.holds {
                held += 1;
                let told = general.as_ref().map(|d| d.warnings.clone()).map_err(|e| e.issues.clone());
                assert_eq!(told, Ok(Vec::new()), "{record}");
            }
            warned += usize::from(general.is_ok_and(|general| !general.warnings.is_empty()));
            for ((name, outcome), value) in outcomes.unwrap().iter().zip(&decided.values) {
                if let Some(value) = value {
                    assert_eq!(outcome, &Outcome::Known(value.clone()), "{day}, {name}: {record}");
                    compared += 1;
                }
                if kind.missing == 0 {
                    known += usize::from(outcome.value().is_some());
                    given += usize::from(outcome.value().is_some() && value.is_some());
                }
            }
        }
    }
    eprintln!(
        "{plain} plain records, {held} hold, {warned} warned, {wrong} wrong, {refused} refused, {compared} outcomes compared, {given} of {known} of complete ones"
    );
    assert!(plain > 15 && wrong > 3 && refused == 0 && compared > 1_000);
    assert!(given * 100 > known * 80, "{given} of {known}");
}

/// A household of which all is known that is asked, with one cell changed or left out: what the general way would tell, the
/// fast way leaves to it, and of most there is nothing.
#[test]
fn what_is_to_be_told_is_told() {
    let pack = Pack::load("../../rules").unwrap();
    let rules = ["ressources", "plafond_plus", "eligible_plus", "visale", "mobili_jeune", "public_ani"];
    let decider = Decider::new(pack.plan(parse_date("2019-06-30").unwrap(), &rules).unwrap());
    let way = AtOnce::new(&decider.plan, &decider.records, &decider.invariants).unwrap();
    let base = json!({
        "demande_id": "D1", "commune": "21231", "date_demande": "2019-01-05",
        "rfr_n2": 20124, "rfr_n1": 20124.5, "revenus_12_mois": 22000,
        "personnes": [
            {
                "lien": "demandeur", "date_naissance": "1990-02-01", "a_charge": false, "handicap": false,
                "type_contrat": "cdi", "periode_essai": false, "date_embauche": "2019-03-01",
                "mobilite_professionnelle": false, "difficulte_logement": false, "salaire_mensuel": 1800,
                "date_bail": "2019-07-15", "bail_mobilite": false, "intermediation_locative": false,
                "employeur": { "secteur": "prive_non_agricole", "effectif": 120 }
            },
            {
                "lien": "enfant", "date_naissance": "2012-05-01", "a_charge": true, "handicap": false,
                "type_contrat": "sans", "mobilite_professionnelle": false, "difficulte_logement": false,
                "date_bail": "2019-07-15", "bail_mobilite": false, "intermediation_locative": false
            }
        ]
    });
    let values =
        ["1970-01-01", "2005-06-30", "2019-07-01", "2021-01-01", "enfant", "demandeur", "conjoint", "true"];
    let values = values.map(Json::from).into_iter().chain([json!(0), json!(3), json!(true), Json::Null]);
    let values: Vec<Json> = values.collect();
    let (mut certain, mut told, mut refused) = (0, 0, 0);
    let mut check = |record: &Json| {
        let general = decider.decide_generally(record, &[]);
        assert_eq!(decider.decide(record), general, "{record}");
        let decided = way.decide(record);
        let is_certain = decided.is_some_and(|d| d.holds && d.values.iter().all(Option::is_some));
        certain += usize::from(is_certain);
        told += usize::from(general.as_ref().is_ok_and(|d| !d.warnings.is_empty()));
        refused += usize::from(general.is_err());
    };
    check(&base);
    for value in &values {
        for key in base.as_object().unwrap().keys().filter(|key| *key != "personnes") {
            let mut record = base.clone();
            record[key] = value.clone();
            check(&record);
        }
        for (at, person) in base["personnes"].as_array().unwrap().iter().enumerate() {
            for key in person.as_object().unwrap().keys() {
                let mut record = base.clone();
                record["personnes"][at][key] = value.clone();
                check(&record);
            }
        }
    }
    eprintln!("{certain} certain, {told} with warnings, {refused} refused");
    assert!(certain > 40 && told > 2 && refused > 100, "{certain}, {told}, {refused}");
}
