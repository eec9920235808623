//! The rows of a package decide alike whatever they come from: CSV, JSON, Parquet, or a record handed to the library.

use std::collections::BTreeMap;

use logis::data::{InputFile, Needs, Output, OutputColumn, read, to_parquet};
use logis::evaluate::evaluate;
use logis::pack::schema::{FieldKind, Origin, Schema};
use logis::plan::Plan;
use logis::value::{Type, Value, parse_date};
use logis::{Decider, Pack};
use serde_json::{Map, Value as Json, json};

/// A table as text: its header, then its rows.
struct Table {
    name: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn shipped(name: &'static str, rows: impl Fn(&[String]) -> bool) -> Table {
        let text = std::fs::read_to_string(format!("../../scenarios/grand-dijon-2015/{name}.csv")).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_string).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        Table { name, header, rows: lines.filter(|row| rows(row)).collect() }
    }

    fn put(&mut self, column: &str, value: impl Fn(usize, &[String]) -> &'static str) {
        let at = self.header.iter().position(|c| c == column).unwrap_or_else(|| {
            self.header.push(column.to_string());
            self.rows.iter_mut().for_each(|row| row.push(String::new()));
            self.header.len() - 1
        });
        self.rows.iter_mut().enumerate().for_each(|(number, row)| row[at] = value(number, row).to_string());
    }

    fn csv(&self) -> InputFile {
        let lines = std::iter::once(&self.header).chain(&self.rows).map(|row| row.join(",") + "\n");
        InputFile { name: format!("{}.csv", self.name), bytes: lines.collect::<String>().into_bytes() }
    }

    /// A row as an object, each cell of the kind that its column has.
    fn object(&self, schema: &Schema, row: &[String]) -> Map<String, Json> {
        let cell = |(column, text): (&String, &String)| {
            (
                column.clone(),
                typed(schema, self.name, column, text).map_or(Json::Null, |value| json_of(&value)),
            )
        };
        self.header.iter().zip(row).map(cell).collect()
    }

    fn json(&self, schema: &Schema) -> InputFile {
        let rows: Vec<_> = self.rows.iter().map(|row| self.object(schema, row)).collect();
        InputFile { name: format!("{}.json", self.name), bytes: json!(rows).to_string().into_bytes() }
    }

    fn parquet(&self, schema: &Schema) -> InputFile {
        let column = |(at, name): (usize, &String)| {
            let cells: Vec<_> =
                self.rows.iter().map(|row| typed(schema, self.name, name, &row[at])).collect();
            let kind = cells.iter().flatten().next().map_or(Type::Text(None), |value| match value {
                Value::Bool(_) => Type::Bool,
                Value::Number(_) => Type::Number,
                Value::Date(_) => Type::Date,
                _ => Type::Text(None),
            });
            OutputColumn { name: name.clone(), cells, kind }
        };
        let columns = self.header.iter().enumerate().map(column).collect();
        let bytes = to_parquet(&Output { name: self.name.to_string(), columns }).unwrap();
        InputFile { name: format!("{}.parquet", self.name), bytes }
    }
}

/// A cell of the kind that any field of its column has that is no text.
fn typed(schema: &Schema, table: &str, column: &str, text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let of_table = |origin: &Origin| matches!(origin, Origin::Data { table: name } if name == table);
    let entity = schema.entities.iter().position(|e| of_table(&e.origin)).unwrap();
    let kinds = schema.fields.iter().filter(|f| f.entity == entity && f.column == column).map(|f| &f.kind);
    let mut values = kinds.filter_map(|kind| match kind {
        FieldKind::Boolean => Some(Value::Bool(text == "true")),
        FieldKind::Number { .. } => Some(Value::int(text.parse().unwrap())),
        FieldKind::Date => Some(Value::Date(parse_date(text).unwrap())),
        _ => None,
    });
    Some(values.next().unwrap_or_else(|| Value::text(text)))
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Number(n) => json!(i64::try_from(n.to_integer()).unwrap()),
        Value::Date(date) => json!(date.to_string()),
        other => json!(other.to_string().trim_matches('"')),
    }
}

/// Columns that two fields read are filled and empty in turn.
fn tables() -> [Table; 3] {
    let first = |row: &[String]| row[0].as_str() <= "D0024";
    let requests = Table::shipped("demandes", first);
    let mut persons = Table::shipped("personnes", |row| row[1].as_str() <= "D0024");
    let mut employers = Table::shipped("employeurs", |_| true);
    // No lease of a child begins before its birth.
    persons.put("date_bail", |number, row| match row[2].as_str() {
        "enfant" => "",
        _ => ["", "2012-03-09", "2019-09-01", "2026-09-01"][number % 4],
    });
    persons.put("grande_agglomeration", |number, _| ["", "true", "false"][number % 3]);
    employers.put("annee_franchissement_seuil", |number, _| ["", "2018", "2024"][number % 3]);
    [requests, persons, employers]
}

/// By row and rule: the value, or none where it is unknown.
type Outcomes = Vec<BTreeMap<String, Option<Value>>>;

fn decided(pack: &Pack, plan: &Plan, files: Vec<InputFile>) -> Outcomes {
    let parsed = pack.parsed();
    let found = read(&parsed.schema, &parsed.references, files, &Needs::default());
    let errors: Vec<_> = found.issues.iter().filter(|i| i.is_error()).map(ToString::to_string).collect();
    assert_eq!(errors, Vec::<String>::new());
    let decisions = evaluate(plan, &found.dataset);
    let rows = found.dataset.tables[plan.entity].rows();
    let names = plan.selected.iter().map(|(name, _)| name.clone());
    let columns: Vec<_> = names.zip(&decisions.columns).collect();
    let of = |row: usize| columns.iter().map(|(name, column)| (name.clone(), column.value(row))).collect();
    (0..rows).map(of).collect()
}

/// All rules of the requests that can be planned on a day.
fn rules<'p>(pack: &'p Pack, day: &str) -> Vec<&'p str> {
    let parsed = pack.parsed();
    let (request, date) = (parsed.schema.entity("demande").unwrap(), parse_date(day).unwrap());
    let names = parsed.rules.iter().filter(|r| r.entity == request).map(|r| r.name.as_str());
    names.filter(|name| Plan::new(parsed, date, &[name]).is_ok()).collect()
}

#[test]
fn csv_json_parquet_and_records_decide_alike() {
    let pack = Pack::load("../../rules").unwrap();
    let schema = &pack.parsed().schema;
    let [requests, persons, employers] = &tables();
    let all = [requests, persons, employers];
    for day in ["2019-06-30", "2026-02-01"] {
        let plan = pack.plan(parse_date(day).unwrap(), &rules(&pack, day)).unwrap();
        let csv = decided(&pack, &plan, all.map(Table::csv).into());
        assert_eq!(decided(&pack, &plan, all.map(|t| t.json(schema)).into()), csv, "{day}: JSON");
        assert_eq!(decided(&pack, &plan, all.map(|t| t.parquet(schema)).into()), csv, "{day}: Parquet");

        let decider = Decider::new(plan.clone());
        for (row, request) in requests.rows.iter().enumerate() {
            let mut record = requests.object(schema, request);
            let own = persons.rows.iter().filter(|person| person[1] == request[0]);
            let members = own.map(|person| {
                let mut person = persons.object(schema, person);
                person.remove("demande_id");
                if let Some(Json::String(id)) = person.remove("employeur_id") {
                    let employer = employers.rows.iter().find(|e| e[0] == id).unwrap();
                    person.insert("employeur".into(), employers.object(schema, employer).into());
                }
                Json::from(person)
            });
            record.insert("personnes".into(), members.collect::<Vec<_>>().into());
            let decision = decider.decide(&record).unwrap();
            for (rule, outcome) in decision.iter() {
                let value = outcome.value().cloned();
                assert_eq!(value, csv[row][rule], "{day}: {}, {rule}: record, then CSV", request[0]);
            }
        }
    }
}

/// A lease that has begun shuts Visale, one to come does not (F33453: before the lease is signed).
#[test]
fn a_record_with_a_lease_that_has_begun_has_no_visale() {
    let pack = Pack::load("../../rules").unwrap();
    let decider = Decider::new(pack.plan(parse_date("2019-06-30").unwrap(), &["visale"]).unwrap());
    let visale = |lease: Json| {
        let person = json!({
            "lien": "demandeur", "date_naissance": "1995-02-01", "a_charge": false, "handicap": false,
            "type_contrat": "cdi", "periode_essai": false, "mobilite_professionnelle": false, "date_bail": lease,
            "bail_mobilite": false, "intermediation_locative": false,
            "employeur": { "secteur": "prive_non_agricole", "effectif": 100 }
        });
        decider.decide(&json!({ "commune": "21231", "personnes": [person] })).unwrap().is_true("visale")
    };
    assert!(visale(Json::Null));
    assert!(visale(json!("2019-07-15")));
    assert!(!visale(json!("2019-01-15")));
}
