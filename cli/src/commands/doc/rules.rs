//! The rules of the book: their texts, what those name, and the cases that expect something of them.

use std::collections::{BTreeMap, BTreeSet};

use logis::diagnostic::Span;
use logis::pack::cases::CaseValue;
use logis::pack::doubt::{self, Kind};
use logis::pack::force::{InForce, Outside};
use logis::pack::script::{RuleText, text_at};
use logis::pack::{Parsed, RuleTexts};
use logis::value::{Date, Value, french_day};
use serde::Serialize;

use super::index::{Collector, Source};

#[derive(Serialize)]
pub(super) struct Rule {
    pub name: String,
    pub entity: String,
    pub unit: Option<String>,
    /// The days on which it is in force, if it says them.
    pub in_force: Option<String>,
    /// Why it is not in force on the day of the book.
    pub status: Option<String>,
    pub texts: Vec<Text>,
    /// Days from which other texts hold, that a book of one day does not show.
    pub other_texts: Vec<String>,
    pub fields: Vec<String>,
    pub rules: Vec<String>,
    pub parameters: Vec<String>,
    pub used_by: Vec<String>,
    pub cases: Vec<Expected>,
}

/// The text of a rule from a day on.
#[derive(Serialize)]
pub(super) struct Text {
    #[serde(skip)]
    pub day: Option<Date>,
    pub from: Option<String>,
    pub label: String,
    pub sources: Vec<Source>,
    pub reserves: Vec<String>,
    pub doubts: Vec<Doubt>,
    pub combined: Vec<String>,
    pub code: String,
    pub place: String,
}

/// Why something may be wrong.
#[derive(Serialize)]
pub(super) struct Doubt {
    /// As the tag writes it; none if it says none.
    kind: Option<String>,
    said: String,
}

impl Doubt {
    pub fn of(written: &str) -> Doubt {
        let (kind, said) = doubt::split(written);
        Doubt { kind: (kind != Kind::Other).then(|| kind.to_string()), said: said.to_string() }
    }
}

/// What a case expects of a rule.
#[derive(Clone, Serialize)]
pub(super) struct Expected {
    name: String,
    date: String,
    given: String,
    outcome: String,
}

/// What the texts of a rule name: all of them, or that of the day of the book.
#[derive(Default)]
pub(super) struct Uses {
    pub fields: BTreeSet<String>,
    pub rules: BTreeSet<String>,
    pub parameters: BTreeSet<String>,
}

impl Uses {
    pub fn of(parsed: &Parsed, rule: &RuleTexts, day: Option<Date>) -> Uses {
        let mut uses = Uses::default();
        for text in shown_texts(rule, day) {
            for (name, _) in &text.params {
                match parsed.rule(name) {
                    Some(_) => uses.rules.insert(name.clone()),
                    // The date of decision is every row's, and no column.
                    None if parsed.schema.field(name).is_none() => false,
                    None => uses.fields.insert(name.clone()),
                };
            }
            for read in code(parsed, &text.span).split("param(\"").skip(1) {
                let path = read.split('"').next().unwrap_or("");
                uses.parameters.insert(path.to_string());
            }
        }
        uses
    }
}

/// The function whose name stands at a place.
fn code(parsed: &Parsed, name: &Span) -> String {
    let Some(file) = parsed.sources.get(name.file) else { return String::new() };
    let rest = file.text.get(name.range.start..).unwrap_or("");
    let end = rest.find("\n}").map_or(rest.len(), |at| at + 2);
    format!("fn {}", rest.get(..end).unwrap_or(rest))
}

/// The texts of a rule that the book shows: all, or that of its day; of a rule that has none yet, the first.
pub(super) fn shown_texts(rule: &RuleTexts, day: Option<Date>) -> Vec<&RuleText> {
    match day {
        None => rule.texts.iter().collect(),
        Some(day) => rule.text_near(day).into_iter().collect(),
    }
}

/// Why a rule says nothing, or no, on a day whatever the data.
pub(super) fn outside(rule: &RuleTexts, day: Date) -> Option<String> {
    match (rule.outside(day), text_at(&rule.texts, day), rule.texts.first()) {
        (Some(Outside::NotYet(first)), _, _) => {
            Some(format!("n'est pas encore en vigueur (à partir du {})", french_day(first)))
        }
        (Some(Outside::NoLonger(since)), _, _) => {
            Some(format!("n'est plus en vigueur depuis le {}", french_day(since)))
        }
        (None, None, Some(RuleText { from: Some(first), .. })) => {
            Some(format!("n'a pas de texte avant le {}", french_day(*first)))
        }
        _ => None,
    }
}

/// The days on which a rule is in force, as a sentence ends.
pub(super) fn french_days(days: InForce) -> String {
    match (days.from, days.until) {
        (Some(first), Some(last)) => format!("du {} au {}", french_day(first), french_day(last)),
        (Some(first), None) => format!("depuis le {}", french_day(first)),
        (None, Some(last)) => format!("jusqu'au {}", french_day(last)),
        (None, None) => "toujours".to_string(),
    }
}

/// A text of a rule, whose sources enter the index if it is in force.
pub(super) fn text(
    parsed: &Parsed,
    rule: &RuleTexts,
    text: &RuleText,
    index: &mut Collector<'_>,
    enters: bool,
) -> Text {
    let lines = text.doc.sources.iter();
    Text {
        day: text.from,
        from: text.from.map(french_day),
        label: text.doc.label.clone(),
        sources: lines.flat_map(|line| index.line(&rule.name, text.from, line, enters)).collect(),
        reserves: text.doc.reserves.clone(),
        doubts: text.doc.doubts.iter().map(|doubt| Doubt::of(doubt)).collect(),
        combined: text.doc.combined.clone(),
        code: code(parsed, &text.span),
        place: parsed.sources.locate(&text.span),
    }
}

/// The cases of each rule, in the order of the files.
pub(super) fn expected(parsed: &Parsed) -> BTreeMap<&str, Vec<Expected>> {
    let mut found: BTreeMap<&str, Vec<Expected>> = BTreeMap::new();
    // What is wrong in them was said before.
    for case in parsed.cases().unwrap_or_default().iter().flat_map(|file| &file.cases) {
        let rows = case.inputs.iter().flat_map(|(entity, rows)| rows.iter().map(move |row| (entity, row)));
        let given: Vec<String> = rows
            .map(|(entity, row)| {
                let cells: Vec<String> =
                    row.iter().map(|(name, (value, _))| format!("{name} = {}", shown(value))).collect();
                format!("{entity} ({})", cells.join(", "))
            })
            .collect();
        for (rule, value, _) in &case.expected {
            found.entry(rule).or_default().push(Expected {
                name: case.name.clone(),
                date: french_day(case.date),
                given: given.join(" ; "),
                outcome: shown(value),
            });
        }
    }
    found
}

pub(super) fn shown(value: &CaseValue) -> String {
    match value {
        CaseValue::Typed(Value::Bool(true)) => "oui".to_string(),
        CaseValue::Typed(Value::Bool(false)) => "non".to_string(),
        CaseValue::Typed(value) => value.to_string(),
        CaseValue::Text(text) => text.clone(),
        CaseValue::Unknown => "inconnu".to_string(),
    }
}
