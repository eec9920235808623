//! What the rules say otherwise: texts, values, fields, days in force, reserves.

use logis::compare::{CellChange, Change, ForceChange, ReserveChange, Structure};
use serde::Serialize;

/// What is said differently, in a line.
#[derive(Serialize)]
pub(super) struct Said {
    pub what: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Are before and after texts of several lines?
    pub long: bool,
}

impl Said {
    pub fn values(&self) -> String {
        if self.long {
            return String::new();
        }
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "aucune valeur".to_string());
        format!(" : {} → {}", side(&self.before), side(&self.after))
    }
}

pub(super) fn said(structure: &Structure) -> Vec<Said> {
    let mut all = Vec::new();
    let since =
        |from: &Option<String>| from.as_ref().map_or_else(String::new, |from| format!(" depuis le {from}"));
    for rule in &structure.rules {
        let what = match rule.change {
            Change::Added => "règle ajoutée",
            Change::Removed => "règle retirée",
            Change::Changed => "texte changé",
        };
        all.push(Said {
            what: format!("{what} : {}{}", rule.rule, since(&rule.from)),
            before: rule.before.clone(),
            after: rule.after.clone(),
            long: true,
        });
    }
    for CellChange { path, keys, from, before, after } in &structure.parameters {
        all.push(Said {
            what: format!("paramètre {path}{keys}{}", since(from)),
            before: before.as_ref().map(ToString::to_string),
            after: after.as_ref().map(ToString::to_string),
            long: false,
        });
    }
    for field in &structure.fields {
        let what = match field.change {
            Change::Added => "champ ajouté",
            Change::Removed => "champ retiré",
            Change::Changed => "champ changé",
        };
        all.push(Said {
            what: format!("{what} : {}", field.field),
            before: field.before.clone(),
            after: field.after.clone(),
            long: true,
        });
    }
    for ForceChange { rule, before, after, .. } in &structure.in_force {
        let side = |days: &Option<String>| Some(days.clone().unwrap_or_else(|| "toujours".to_string()));
        let what = format!("en vigueur : {rule}");
        all.push(Said { what, before: side(before), after: side(after), long: false });
    }
    for ReserveChange { rule, from, added, removed } in &structure.reserves {
        for (what, texts) in [("réserve ajoutée", added), ("réserve retirée", removed)] {
            for text in texts {
                let what = format!("{what} : {rule}{} : {text}", since(from));
                all.push(Said { what, before: None, after: None, long: true });
            }
        }
    }
    for table in &structure.references {
        let what = format!("table de référence changée : {table}");
        all.push(Said { what, before: None, after: None, long: true });
    }
    all
}
