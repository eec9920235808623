//! The aids of the pack, which the book shows first.

use std::collections::BTreeMap;

use logis::pack::Parsed;
use logis::value::{Date, french_day};
use serde::Serialize;

use super::page::{Topic, titled};
use super::rules::Rule;

/// An aid: whoever has a right to it, since when which text holds, what it gives.
#[derive(Serialize)]
pub(super) struct Aid {
    name: String,
    title: String,
    in_force: Option<String>,
    status: Option<String>,
    texts: Vec<(Option<String>, String)>,
    /// Days on which a rule behind the right changed, and those rules.
    changes: Vec<(String, Vec<String>)>,
    gives: Vec<String>,
    combined: Vec<String>,
}

/// The aids of the pack: the rights of its group `aides`, or behind it.
pub(super) fn aids(folders: &BTreeMap<String, BTreeMap<String, Topic>>, parsed: &Parsed) -> Vec<Aid> {
    let named = &parsed.manifest.documentation;
    let topics = || folders.values().flat_map(BTreeMap::iter);
    let find = |name: &str| {
        topics().find_map(|(topic, content)| {
            Some((topic, content, content.rules.iter().find(|r| r.name == name)?))
        })
    };
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in parsed.manifest.groups.get("aides").into_iter().flatten() {
        match find(name) {
            Some((_, _, rule)) if named.is_right(name) => names.push(&rule.name),
            Some((_, _, rule)) => {
                names.extend(rule.rules.iter().map(String::as_str).filter(|r| named.is_right(r)));
            }
            None => {}
        }
    }
    let aid = |name: &str| {
        let (topic, content, rule) = find(name)?;
        let near = |other: &str| other == topic || other.starts_with(&format!("{topic}_"));
        let rules: Vec<&Rule> =
            topics().filter(|(other, _)| near(other)).flat_map(|(_, content)| &content.rules).collect();
        let given = rules.iter().filter(|r| named.is_given(&r.name));
        let mut changes: BTreeMap<Date, Vec<String>> = BTreeMap::new();
        let later = |rule: &Rule| rule.texts.iter().skip(1).filter_map(|t| t.day).collect::<Vec<_>>();
        for changed in rules.iter().filter(|r| r.name != name) {
            for day in later(changed) {
                changes.entry(day).or_default().push(changed.name.clone());
            }
        }
        let mut combined: Vec<String> = rule.texts.iter().flat_map(|t| t.combined.clone()).collect();
        combined.dedup();
        Some(Aid {
            name: name.to_string(),
            title: subject(&content.about).unwrap_or_else(|| titled(topic)),
            in_force: rule.in_force.clone(),
            status: rule.status.clone(),
            changes: changes.into_iter().map(|(day, rules)| (french_day(day), rules)).collect(),
            texts: rule.texts.iter().map(|t| (t.from.clone(), t.label.clone())).collect(),
            gives: given.map(|r| r.name.clone()).collect(),
            combined,
        })
    };
    names.into_iter().filter_map(aid).collect()
}

/// What a topic is about, in its first words: « Garantie Visale » of « Garantie Visale : qui … ».
fn subject(about: &str) -> Option<String> {
    let first = about.split([':', ',', '.']).next().map(str::trim).filter(|words| !words.is_empty())?;
    Some(first.to_string())
}
