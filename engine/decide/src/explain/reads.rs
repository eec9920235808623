//! What an outcome was computed from, as lists: cells of parameters, names, inputs.

use std::collections::BTreeSet;

use super::shown::{cell_name, plain};
use super::{Because, Explanation, RowName};

/// Members of whom a message shows what was read; of the others it says how many there are.
const MEMBERS_READ: usize = 8;

impl Explanation {
    /// The parameter cells that the outcome was computed from, each with its value and place.
    pub fn cells(&self) -> Vec<String> {
        let mut found = Vec::new();
        for because in &self.because {
            match because {
                Because::Parameter { path, keys, value, written, .. } => {
                    let written = written.as_ref().map(ToString::to_string).unwrap_or_default();
                    found.push(format!("{} = {} ({written})", cell_name(path, keys), plain(value)));
                }
                Because::Rule(rule) => found.extend(rule.cells()),
                _ => {}
            }
        }
        found
    }

    /// Does the outcome rest on amounts of a year in the data?
    pub fn reads_yearly(&self) -> bool {
        let is_yearly = |unit: &Option<String>| unit.as_deref().is_some_and(|unit| unit.ends_with("/an"));
        self.because.iter().any(|because| match because {
            Because::Input { unit, .. } => is_yearly(unit),
            // What the members have a year.
            Because::Members { .. } => is_yearly(&self.unit),
            Because::Rule(rule) => rule.reads_yearly(),
            _ => false,
        })
    }

    /// The names of all that the outcome rests on: rules, fields and parameters.
    pub fn reasons(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for because in &self.because {
            match because {
                Because::Parameter { path, .. } => drop(found.insert(path.as_str())),
                Because::Input { field, .. } => drop(found.insert(field.as_str())),
                Because::Members { name, .. } => drop(found.insert(name.as_str())),
                Because::Above { rule, .. } => drop(found.insert(rule.as_str())),
                Because::Rule(rule) => {
                    found.insert(rule.rule.as_str());
                    found.extend(rule.reasons());
                }
                Because::Comparison { .. } => {}
            }
        }
        found
    }

    /// The inputs that the outcome was computed from: `lien = enfant`, of other rows with what they are of, of
    /// members with the identifier of each: `est_demandeur = true (P1), false (P2)`. Of many members the first
    /// ones, and how many more there are.
    pub fn read(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.inputs_of(&self.about, &mut found);
        found
    }

    /// Adds the inputs of this rule and of those that it needed; `row` is the row that the whole explanation
    /// is about, whose inputs are told without naming it.
    fn inputs_of(&self, row: &RowName, found: &mut Vec<String>) {
        for because in &self.because {
            let text = match because {
                Because::Input { field, about, value, .. } if about == row => {
                    format!("{field} = {}", plain(value))
                }
                Because::Input { field, about, value, .. } => format!("{field} = {} ({about})", plain(value)),
                Because::Members { name, values, .. } => {
                    let shown = values.iter().take(MEMBERS_READ);
                    let mut shown: Vec<String> =
                        shown.map(|m| format!("{} ({})", plain(&m.value), m.id)).collect();
                    if values.len() > MEMBERS_READ {
                        shown.push(format!("et {} autres lignes", values.len() - MEMBERS_READ));
                    }
                    let values = if shown.is_empty() { "aucune ligne".to_string() } else { shown.join(", ") };
                    format!("{name} = {values}")
                }
                Because::Rule(rule) => {
                    rule.inputs_of(row, found);
                    continue;
                }
                Because::Comparison { .. } | Because::Parameter { .. } | Because::Above { .. } => continue,
            };
            // Rules read the same cells again and again: each is told once.
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }
}
