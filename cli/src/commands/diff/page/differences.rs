//! Each kind of difference, with an example that both packs explain.

use std::collections::{BTreeMap, BTreeSet};

use logis::compare::{Cause, Difference, Effect, Kind, KindRows};
use logis::explain::{Explanation, to_text};
use logis::value::format_number;
use serde::Serialize;

use super::{count, dates};
use crate::commands::replay::shown;

/// A kind of difference.
#[derive(Serialize)]
pub(super) struct Shown {
    pub corpus: String,
    /// The dates as of which it happens.
    pub dates: String,
    pub rule: String,
    pub label: String,
    pub kind: String,
    pub effect: String,
    pub count: String,
    pub moved: String,
    pub cause: String,
    /// A row; none, if the rows of the corpus are those of people.
    pub example: Option<ShownExample>,
    /// Rows that no entry accepts.
    pub left: Option<String>,
}

/// A row of a kind of difference.
#[derive(Serialize)]
pub(super) struct ShownExample {
    pub about: String,
    pub date: String,
    pub before: String,
    pub after: String,
    pub explained_before: Vec<Line>,
    pub explained_after: Vec<Line>,
}

/// A line of an explanation; does the other side say it otherwise?
#[derive(Serialize)]
pub(super) struct Line {
    pub text: String,
    pub other: bool,
}

/// Differences of one kind; those of each date are `own`.
pub(super) fn difference(
    rows: &KindRows,
    own: &[(usize, &Difference)],
    withheld: &BTreeSet<String>,
    left: &BTreeMap<usize, u64>,
) -> Option<Shown> {
    let (_, first) = own.first()?;
    let unit = first.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
    let moves: BTreeSet<(String, String, String)> = own
        .iter()
        .filter_map(|(_, d)| d.moved.as_ref())
        .map(|m| (format_number(&m.least), format_number(&m.most), format_number(&m.total)))
        .collect();
    let moved = moves.iter().map(|(least, most, total)| match least == most {
        true => format!("{}{unit} chacun", signed(least)),
        false => format!("de {} à {}, en tout {}{unit}", signed(least), signed(most), signed(total)),
    });
    // What moves otherwise on another date is said after it.
    let moved = moved.take(3).collect::<Vec<_>>().join(" ; ");
    let moved = if moves.len() > 3 { format!("{moved} ; … selon la date") } else { moved };
    let left: u64 = own.iter().filter_map(|(at, _)| left.get(at)).sum();
    Some(Shown {
        corpus: rows.corpus.clone(),
        dates: dates(&rows.dates),
        rule: rows.rule.clone(),
        label: first.label.clone(),
        kind: kind(rows.kind).to_string(),
        effect: match rows.effect {
            Effect::Gain => "gain",
            Effect::Loss => "perte",
            Effect::Neutral => "neutre",
        }
        .to_string(),
        count: count(rows.rows),
        moved,
        cause: cause(&rows.cause, &rows.rule),
        example: (!withheld.contains(&rows.corpus)).then(|| example(first)),
        left: (left > 0).then(|| count(left)),
    })
}

/// The example of a difference, its lines marked where the other side says otherwise.
fn example(d: &Difference) -> ShownExample {
    let (before, after) = (lines(&d.example.explained_before), lines(&d.example.explained_after));
    let marked = |own: &[String], other: &[String]| -> Vec<Line> {
        own.iter().map(|text| Line { text: text.clone(), other: !other.contains(text) }).collect()
    };
    ShownExample {
        about: d.example.about.clone(),
        date: d.date.clone(),
        before: shown(&d.example.before),
        after: shown(&d.example.after),
        explained_before: marked(&before, &after),
        explained_after: marked(&after, &before),
    }
}

/// A kind of difference in words.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::BecomesTrue => "vrai",
        Kind::BecomesFalse => "faux",
        Kind::Rises => "plus grand",
        Kind::Falls => "plus petit",
        Kind::Other => "autre",
        Kind::BecomesKnown => "connu",
        Kind::BecomesUnknown => "inconnu",
        Kind::Error => "une erreur",
        Kind::ErrorLifted => "sans erreur",
    }
}

/// The rule is said only if it is another than the decided one.
fn cause(cause: &Cause, rule: &str) -> String {
    let text = cause.in_full();
    if cause.rule == rule {
        text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_string())
    } else {
        text
    }
}

fn signed(number: &str) -> String {
    if number.starts_with('-') { number.replacen('-', "−", 1) } else { format!("+{number}") }
}

fn lines(explanation: &Option<Explanation>) -> Vec<String> {
    let text = explanation.as_ref().map_or_else(String::new, to_text);
    text.lines().map(str::to_string).collect()
}
