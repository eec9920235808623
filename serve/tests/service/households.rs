//! The households of the demo as records: requests with their persons, these with their projects and employer.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The rows of a table of the demo, without empty cells.
pub fn rows(table: &str) -> Vec<Map<String, Value>> {
    let files = logis_scenarios::folder("grand-dijon-2015");
    let (_, bytes) = files.iter().find(|(name, _)| name == &format!("{table}.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let header = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        let cells = header.iter().zip(row.iter()).filter(|(_, cell)| !cell.is_empty());
        cells.map(|(name, cell)| (name.to_string(), json!(cell))).collect()
    };
    reader.records().map(|one| row(one.unwrap())).collect()
}

fn id(row: &mut Map<String, Value>, key: &str) -> String {
    row.remove(key).map_or_else(String::new, |id| id.as_str().unwrap().to_string())
}

/// The first households of the demo.
pub fn households(count: usize) -> Vec<Value> {
    let employers: BTreeMap<String, Map<String, Value>> = rows("employeurs")
        .into_iter()
        .map(|row| (row["employeur_id"].as_str().unwrap().to_string(), row))
        .collect();
    let mut projects: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut row in rows("projets") {
        projects.entry(id(&mut row, "personne_id")).or_default().push(Value::Object(row));
    }
    let mut persons: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut row in rows("personnes") {
        let request = id(&mut row, "demande_id");
        if let Some(employer) = employers.get(&id(&mut row, "employeur_id")) {
            row.insert("employeur".into(), json!(employer));
        }
        if let Some(own) = projects.get(row["personne_id"].as_str().unwrap()) {
            row.insert("projets".into(), json!(own));
        }
        persons.entry(request).or_default().push(Value::Object(row));
    }
    let request = |mut row: Map<String, Value>| {
        row.insert("personnes".into(), json!(persons[row["demande_id"].as_str().unwrap()]));
        Value::Object(row)
    };
    rows("demandes").into_iter().take(count).map(request).collect()
}
