//! The tables of the book: values over time, or those of its day with what is to be known of them.

use std::collections::BTreeSet;

use logis::pack::cases::CaseValue;
use logis::pack::params::{Parameter, ParameterVersion};
use logis::value::{Date, Value, french_day};
use serde::Serialize;

use super::chart::{Chart, chart};
use super::index::{Collector, Source};
use super::rules::{Doubt, shown};

/// A parameter over time.
#[derive(Serialize)]
pub(super) struct Table {
    pub path: String,
    pub label: String,
    pub unit: Option<String>,
    /// Keys of the columns.
    pub keys: Vec<String>,
    pub versions: Vec<Version>,
    /// Until when the values were seen to hold, and by what.
    pub verified: Option<(String, String)>,
    /// What is to be known of the value of the day of the book.
    pub notes: Vec<String>,
    pub chart: Option<Chart>,
    pub used_by: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Version {
    pub from: String,
    pub until: Option<String>,
    pub cells: Vec<String>,
    pub sources: Vec<Source>,
    pub doubt: Option<Doubt>,
}

/// A table with all its values, or that of the day of the book.
pub(super) fn table(
    parameter: &Parameter,
    used_by: Vec<String>,
    day: Option<Date>,
    index: &mut Collector<'_>,
) -> Table {
    let versions: Vec<&ParameterVersion> = match day {
        None => parameter.versions.iter().collect(),
        Some(day) => parameter.at(day).into_iter().collect(),
    };
    let all: BTreeSet<&Vec<Value>> = versions.iter().flat_map(|v| v.cells.keys()).collect();
    let key = |key: &&Vec<Value>| key.iter().map(Value::to_string).collect::<Vec<_>>().join(" · ");
    let cell = |version: &ParameterVersion, key: &Vec<Value>| {
        version.cells.get(key).map_or_else(|| "–".to_string(), |c| shown(&CaseValue::Typed(c.value.clone())))
    };
    Table {
        path: parameter.path.clone(),
        label: parameter.label.clone(),
        unit: parameter.unit.clone(),
        keys: all.iter().map(key).collect(),
        verified: parameter.verified.as_ref().map(|v| (french_day(v.on), v.by.clone())),
        notes: day.map(|day| notes(parameter, day)).unwrap_or_default(),
        versions: versions
            .iter()
            .map(|version| Version {
                from: french_day(version.from),
                until: version.until.map(french_day),
                cells: all.iter().map(|key| cell(version, key)).collect(),
                sources: version
                    .sources()
                    .flat_map(|source| index.source(&parameter.path, version.from, source))
                    .collect(),
                doubt: version.doubt.as_deref().map(Doubt::of),
            })
            .collect(),
        // One value does not move.
        chart: if day.is_none() { chart(parameter, &all) } else { None },
        used_by,
    }
}

/// What is to be known of the value of a day: that there is none, that it is an earlier year's, that it was not seen
/// to hold so late.
fn notes(parameter: &Parameter, day: Date) -> Vec<String> {
    let mut notes = Vec::new();
    if parameter.at(day).is_none() {
        let before = parameter.versions.iter().rev().find(|v| v.from <= day).and_then(|v| v.until);
        let after = parameter.versions.iter().find(|v| v.from > day);
        let ended = before.map(|until| format!("la précédente cesse le {}", french_day(until)));
        let begins = after.map(|v| format!("la suivante vaut depuis le {}", french_day(v.from)));
        let around: Vec<String> = ended.into_iter().chain(begins).collect();
        let around = if around.is_empty() { String::new() } else { format!(" : {}", around.join(", ")) };
        notes.push(format!("Pas de valeur ce jour{around}."));
    }
    if parameter.is_stale(day) {
        notes.push(
            "Table renouvelée chaque année : celle de ce jour manque, une année d'avant en tient lieu."
                .into(),
        );
    }
    if let Some(verified) = parameter.verified.as_ref().filter(|v| v.on < day) {
        notes.push(format!(
            "Ce jour est après le {}, dernier où ces valeurs ont été vues.",
            french_day(verified.on)
        ));
    }
    notes
}
