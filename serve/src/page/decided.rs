//! An outcome and why, as the page shows it.

use std::collections::BTreeMap;

use logis::counterfactual::{OtherDates, counterfactual, other_dates};
use logis::data::Dataset;
use logis::diagnostic::fold;
use logis::explain::{Because, Explanation, MemberRule, Shown, Words};
use logis::pack::Parsed;
use logis::plan::Plan;
use logis::plan::ir::NodeId;
use logis::value::{Value, french_day, parse_date};
use serde::Serialize;

use super::words::label_of;
use crate::book;

/// An outcome.
#[derive(Serialize)]
pub struct Decided {
    pub rule: String,
    pub label: String,
    /// `oui`, `non`, `valeur`, `inconnu`, `erreur`.
    pub state: &'static str,
    pub value: String,
    pub conclusion: Vec<String>,
    pub sections: Vec<Section>,
    pub law: Vec<Law>,
    pub dates: Vec<String>,
}

/// A part of an explanation.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Section {
    pub title: String,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub depth: usize,
    pub text: String,
}

/// A text of the law, and where it opens.
#[derive(Serialize)]
pub struct Law {
    pub written: String,
    pub links: Vec<String>,
}

/// An outcome of a row, in words.
pub fn decided(
    plan: &Plan,
    explanation: &Explanation,
    node: NodeId,
    (dataset, row): (&Dataset, u64),
    words: &Words<'_>,
) -> Decided {
    let (state, value) = match &explanation.outcome {
        Shown::Value(Value::Bool(true)) => ("oui", "Oui".to_string()),
        Shown::Value(Value::Bool(false)) => ("non", "Non".to_string()),
        Shown::Value(value) => ("valeur", words.value(value, explanation.unit.as_deref())),
        Shown::Unknown(_) => ("inconnu", "On ne peut pas répondre".to_string()),
        Shown::Error(_) => ("erreur", "Pas de réponse".to_string()),
    };
    let mut text = words.explanation(explanation);
    let mut dates = Vec::new();
    if state == "non" {
        text.push_str(&counterfactual(plan, dataset, node, row).to_words(words));
        // Of many rules together the search over all days would be long.
        if plan.selected.len() == 1 {
            dates = other_days(&other_dates(plan, dataset, &explanation.rule, row));
        }
    }
    let (conclusion, mut sections) = sections(&text);
    // The texts are shown with where they open.
    sections.retain(|section| section.title != "Les textes");
    let mut lines = Vec::new();
    sources(explanation, &mut lines);
    Decided {
        rule: explanation.rule.clone(),
        label: label_of(&plan.parsed, &explanation.rule, plan.date),
        state,
        value,
        conclusion,
        sections,
        law: law(&plan.parsed, &lines),
        dates,
    }
}

/// The texts that are cited, each once, those that open first.
fn law(parsed: &Parsed, lines: &[String]) -> Vec<Law> {
    let mut found: BTreeMap<String, Law> = BTreeMap::new();
    for citation in lines.iter().flat_map(|line| book::references(parsed, line)) {
        let law = Law { written: citation.written.clone(), links: citation.links() };
        found.entry(fold(&citation.written)).or_insert(law);
    }
    let mut all: Vec<Law> = found.into_values().collect();
    all.sort_by_key(|law| law.links.is_empty());
    all
}

/// The nearest days with another answer.
fn other_days(dates: &OtherDates) -> Vec<String> {
    let one = |(when, other): (&str, &logis::counterfactual::OtherDate)| {
        let day = parse_date(&other.date).map_or_else(|| other.date.clone(), french_day);
        let answer = if other.outcome { "oui" } else { "non" };
        let stale = if other.stale { " (barème peut-être périmé à cette date)" } else { "" };
        format!("La réponse serait « {answer} » {when} le {day}{stale}, à données inchangées.")
    };
    let all = [("dès", &dates.after), ("encore", &dates.before)];
    all.into_iter().filter_map(|(when, other)| Some(one((when, other.as_ref()?)))).collect()
}

/// The legal references of all that led to an outcome.
fn sources(explanation: &Explanation, into: &mut Vec<String>) {
    into.extend(explanation.sources.iter().cloned());
    because(&explanation.because, into);
}

fn because(all: &[Because], into: &mut Vec<String>) {
    for one in all {
        match one {
            Because::Parameter { source, .. } => into.push(source.clone()),
            Because::Members { rules, parameters, .. } => {
                rules.iter().for_each(|MemberRule { sources, .. }| into.extend(sources.iter().cloned()));
                because(parameters, into);
            }
            Because::Rule(rule) => sources(rule, into),
            _ => {}
        }
    }
}

/// An explanation in words as its conclusion and its sections: a line at the margin that ends with a colon begins one.
fn sections(text: &str) -> (Vec<String>, Vec<Section>) {
    let (mut conclusion, mut sections) = (Vec::new(), Vec::<Section>::new());
    for line in text.lines() {
        let depth = (line.len() - line.trim_start().len()) / 3;
        let told = line.trim().to_string();
        match (sections.last_mut(), told.strip_suffix(" :")) {
            (_, Some(title)) if depth == 0 && !conclusion.is_empty() => {
                sections.push(Section { title: title.to_string(), lines: Vec::new() });
            }
            (Some(section), _) => section.lines.push(Line { depth, text: told }),
            (None, _) => conclusion.push(told),
        }
    }
    (conclusion, sections)
}
