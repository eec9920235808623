//! The texts of the messages on packs and rules, in French, each beside its code.
//!
//! A function is a message: it takes the facts and the places, and gives the whole diagnostic: its code, the
//! sentence, the words at each place, the notes. The code that finds a problem names the message and holds no
//! words of its own, so that a lawyer or a translator reads these files alone. What a code means and how to mend
//! it stands in `codes.md`, from which the level of each message is taken.
//!
//! How messages are worded: the sentence says what is wrong and names what it speaks of; the words at a place say
//! what was found there, what was expected or what to write; the remedy is an infinitive. Names and what is to be
//! typed stand in backticks. Words that are keys of files (`off`, `amount`, `true`) are not translated.

pub(crate) mod agreement;
pub mod cases;
pub mod files;
pub mod findings;
pub(crate) mod grids;
pub mod matching;
pub mod names;
pub mod rules;
pub mod schema;
pub mod territories;

use super::{Diagnostic, Severity, Span, codes, nearest};
use crate::value::Type;

/// A message at a place, at the level that its code has in `codes.md`.
fn at(code: &'static str, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
    let severity = codes::get(code).map_or(Severity::Error, |c| c.severity);
    Diagnostic {
        severity,
        code,
        message: message.into(),
        labels: vec![(span, label.into())],
        notes: Vec::new(),
    }
}

/// A message that has no place in a file.
fn nowhere(code: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic { labels: Vec::new(), ..at(code, message, Span::default(), "") }
}

/// What a level is called in messages; in files and reports for programs it is [`Severity::name`].
pub fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "remarque",
        Severity::Warning => "avertissement",
        Severity::Error => "erreur",
    }
}

/// The words at a misspelt name: the nearest right one, or nothing where none is near.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |c| format!("vouliez-vous dire `{c}` ?"))
}

/// The end of a sentence that has no place to point to: the nearest right name, or nothing.
fn or_meant<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |c| format!(" ; vouliez-vous dire `{c}` ?"))
}

/// A type with its article: `un nombre`, `une liste de dates`.
pub(crate) fn a_type(ty: &Type) -> String {
    match ty {
        Type::Bool => "vrai ou faux".to_string(),
        Type::Number => "un nombre".to_string(),
        Type::Date => "une date".to_string(),
        Type::Text(None) => "un texte".to_string(),
        Type::Text(Some(values)) => format!("un texte parmi {}", values.join(", ")),
        Type::List(item) => format!("une liste de {}", several(item)),
    }
}

/// The items of a list of this type: `nombres`.
fn several(ty: &Type) -> String {
    match ty {
        Type::Bool => "vrai ou faux".to_string(),
        Type::Number => "nombres".to_string(),
        Type::Date => "dates".to_string(),
        Type::Text(None) => "textes".to_string(),
        Type::Text(Some(values)) => format!("textes parmi {}", values.join(", ")),
        Type::List(item) => format!("listes de {}", several(item)),
    }
}

/// `1 clé`, `2 clés`
fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number > 1 { "s" } else { "" })
}

/// `a, b ou c`
fn one_of(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} ou {last}", first.join(", ")),
    }
}
