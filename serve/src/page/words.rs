//! Cells and rules of a pack in the words of the page: what a cell is called, whose it is, how its answer is written.

use logis::Pack;
use logis::pack::Parsed;
use logis::pack::schema::{FieldKind, Schema};
use logis::value::{Date, french_day, parse_date};
use serde::Serialize;

use super::household::Cell;
use super::kin::Kin;
use super::questions::{field_of, table_of};

/// A name of the pack as people read it: `sans_logement` is « Sans logement ».
pub fn titled(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// The label of a rule without details, if it has one.
pub fn label(pack: &Pack, rule: &str, date: Date) -> String {
    label_of(pack.parsed(), rule, date)
}

/// [`label`] of what a pack is read to.
pub fn label_of(parsed: &Parsed, rule: &str, date: Date) -> String {
    let text = parsed.rule(rule).and_then(|id| parsed.rules.get(id)).and_then(|rule| rule.text_near(date));
    let label = text.map_or("", |text| text.doc.label.as_str());
    let label = label.split(" : ").next().unwrap_or_default().trim().trim_end_matches('.');
    if label.is_empty() { titled(rule) } else { label.to_string() }
}

/// A value of a closed list.
#[derive(Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// A question.
#[derive(Default, Serialize)]
pub struct Asked {
    pub path: String,
    pub who: String,
    pub label: String,
    pub hint: String,
    pub form: String,
    /// `choix`, `nombre`, `date`, `texte`.
    pub kind: &'static str,
    pub choices: Vec<Choice>,
    pub unit: String,
    pub value: String,
    pub error: String,
    pub may_ignore: bool,
}

/// The cells of a pack's households.
#[derive(Clone, Copy)]
pub struct Cells<'s> {
    pub schema: &'s Schema,
    pub kin: &'s Kin,
    /// Is it another who asks about the household, and not one of it?
    pub of_others: bool,
}

impl Cells<'_> {
    /// Whose cell it is.
    pub fn who(&self, cell: &Cell) -> String {
        let entity = self.schema.entities.get(cell.entity);
        let noun = entity.map_or_else(String::new, |entity| entity.name.replace('_', " "));
        let member = self.kin.members.as_ref().is_some_and(|members| members.entity == cell.entity);
        match cell.at {
            None if self.of_others => "Le ménage".to_string(),
            None => "Votre ménage".to_string(),
            Some(0) if self.of_others && member => "Qui demande".to_string(),
            Some(0) if self.of_others => format!("Qui demande, {noun}"),
            Some(0) if member => "Vous".to_string(),
            Some(0) => format!("Vous, {noun}"),
            Some(at) if member => titled(&format!("{noun} {}", at + 1)),
            Some(at) => titled(&format!("{noun}, personne {}", at + 1)),
        }
    }

    /// The question for a cell, not yet answered.
    pub fn asked(&self, cell: &Cell) -> Asked {
        let mut asked =
            Asked { path: cell.to_string(), who: self.who(cell), may_ignore: true, ..Asked::default() };
        (asked.label, asked.hint) = self.label(cell);
        let Some(field) = field_of(self.schema, cell) else {
            asked.kind = "texte";
            asked.hint = match table_of(self.schema, cell) {
                Some(_) => "Le nom, ou le code si plusieurs ont ce nom.".to_string(),
                None => String::new(),
            };
            return asked;
        };
        asked.form = field.form.clone().unwrap_or_default();
        asked.unit = field.unit.as_deref().map_or_else(String::new, unit_in_words);
        match &field.kind {
            FieldKind::Boolean => {
                let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
                asked.kind = "choix";
                asked.choices = vec![choice("true", "Oui"), choice("false", "Non")];
            }
            FieldKind::Enum(values) => {
                asked.kind = "choix";
                let choice =
                    |value: &std::sync::Arc<str>| Choice { value: value.to_string(), label: titled(value) };
                asked.choices = values.iter().map(choice).collect();
            }
            FieldKind::Number { .. } => asked.kind = "nombre",
            FieldKind::Date => asked.kind = "date",
            FieldKind::Text | FieldKind::Codes => asked.kind = "texte",
        }
        asked
    }

    /// What people call a cell, and what its label says besides.
    pub fn label(&self, cell: &Cell) -> (String, String) {
        let schema = self.schema;
        let field = field_of(schema, cell).map(|field| field.label.clone());
        let target = || {
            let entity = schema.entities.get(table_of(schema, cell)?)?;
            Some(entity.label.clone())
        };
        // A relation to a table of the pack: a field reads the same column, or the table says what it is.
        let beside = || {
            let entity = schema.entities.get(cell.entity)?;
            schema.field_of_column(entity, &cell.column).map(|field| field.label.clone())
        };
        let whole = field.or_else(beside).or_else(target).filter(|label| !label.is_empty());
        let whole = whole.unwrap_or_else(|| titled(&cell.column));
        match whole.split_once(" : ") {
            Some((head, rest)) => (head.to_string(), titled(rest)),
            None => (whole, String::new()),
        }
    }

    /// An answer as people read it.
    pub fn answer(&self, cell: &Cell, value: &str) -> String {
        let field = field_of(self.schema, cell);
        match field.map(|field| &field.kind) {
            _ if value.is_empty() => "Je ne sais pas".to_string(),
            Some(FieldKind::Boolean) if value == "true" => "Oui".to_string(),
            Some(FieldKind::Boolean) if value == "false" => "Non".to_string(),
            Some(FieldKind::Enum(_)) => titled(value),
            Some(FieldKind::Date) => parse_date(value).map_or_else(|| value.to_string(), french_day),
            _ => {
                let unit =
                    field.and_then(|field| field.unit.as_deref()).map_or_else(String::new, unit_in_words);
                format!("{value} {unit}").trim_end().to_string()
            }
        }
    }
}

/// `EUR/an` as people read it.
fn unit_in_words(unit: &str) -> String {
    match unit {
        "EUR" => "euros".to_string(),
        "EUR/an" => "euros par an".to_string(),
        "EUR/mois" => "euros par mois".to_string(),
        other => other.to_string(),
    }
}
