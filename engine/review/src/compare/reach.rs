//! What a change can reach: the outcomes that people read, and which of them could differ.

use std::collections::BTreeSet;

use super::structure::Structure;
use logis_language::fingerprint::{source, tokens};
use logis_language::pack::Parsed;
use logis_language::pack::script::RuleText;

/// The rules of a pack that people read: those of `results`, `[groups]` and `[matching]`, those marked as a result,
/// and those that no other rule reads. In that order, each once.
pub fn outcomes(parsed: &Parsed) -> Vec<String> {
    let manifest = &parsed.manifest;
    let mut names: Vec<&str> = Vec::new();
    names.extend(manifest.results.iter().map(|(name, _)| name.as_str()));
    names.extend(manifest.groups.values().flatten().map(|(name, _)| name.as_str()));
    if let Some(matching) = &manifest.matching {
        let rules = [&matching.suitable].into_iter().chain(&matching.priority).chain(&matching.fit);
        names.extend(
            rules
                .chain(&matching.presented)
                .chain(&matching.acceptance)
                .chain(&matching.tie)
                .chain(matching.counted())
                .map(|(name, _)| name.as_str()),
        );
    }
    // Names that some rule reads; a rule that reads itself is an error elsewhere.
    let read: BTreeSet<&str> = parsed
        .rules
        .iter()
        .flat_map(|rule| rule.texts.iter().map(move |text| (rule, text)))
        .flat_map(|(rule, text)| text.params.iter().filter(|p| p.0 != rule.name).map(|p| p.0.as_str()))
        .collect();
    let decides = parsed.rules.iter().filter(|rule| rule.texts.iter().any(|text| !text.helper));
    let shown = decides
        .filter(|rule| !read.contains(rule.name.as_str()) || rule.texts.iter().any(|text| text.doc.result));
    names.extend(shown.map(|rule| rule.name.as_str()));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    names.into_iter().map(str::to_string).collect()
}

/// The rules whose outcome could differ for some row, by what their texts say: those that changed, and those that
/// name anything that could differ, on any date. `None` if any rule could, since a relation of the schema differs.
///
/// Names are looked for among the tokens of texts. A local name may be taken for a rule's, so that a rule too many is
/// found, never one too few; those that are not found need not be planned.
pub fn reached(structure: &Structure, base: &Parsed, head: &Parsed) -> Option<BTreeSet<String>> {
    let rules = structure.rules.iter().map(|change| change.rule.clone());
    let parameters = structure.parameters.iter().map(|change| change.path.clone());
    let mut found: BTreeSet<String> = rules.chain(parameters).chain(said_otherwise(structure)).collect();
    for change in &structure.fields {
        // Relations are named with their entity.
        if change.field.contains('.') {
            return None;
        }
        found.insert(change.field.clone());
    }
    Some(spread(found, base, head))
}

/// The rules whose outcome may stand under other reserves for some row: those whose days in force or reserves changed,
/// and those that name them; none, if no such thing changed.
pub(super) fn reserved(structure: &Structure, base: &Parsed, head: &Parsed) -> BTreeSet<String> {
    spread(said_otherwise(structure).collect(), base, head)
}

/// The rules that say other days or other reserves.
fn said_otherwise(structure: &Structure) -> impl Iterator<Item = String> {
    let days = structure.in_force.iter().map(|change| change.rule.clone());
    days.chain(structure.reserves.iter().map(|change| change.rule.clone()))
}

/// What was found, and all rules that name any of it.
fn spread(mut found: BTreeSet<String>, base: &Parsed, head: &Parsed) -> BTreeSet<String> {
    if found.is_empty() {
        return found;
    }
    let mut left: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for parsed in [base, head] {
        for rule in parsed.rules.iter() {
            left.extend(rule.texts.iter().map(|text| (rule.name.as_str(), words(parsed, text))));
        }
    }
    // Rounds until one adds nothing (a fixed point): a text that names what was found is found itself.
    loop {
        let before = left.len();
        left.retain(|(name, words)| {
            let reached = found.contains(*name) || words.iter().any(|word| found.contains(word));
            if reached {
                found.insert(name.to_string());
            }
            !reached
        });
        if left.len() == before {
            return found;
        }
    }
}

/// All words of a text: names, and paths of parameters without their quotes.
fn words(parsed: &Parsed, text: &RuleText) -> BTreeSet<String> {
    let said = tokens(source(parsed, text)).into_iter().map(|token| token.trim_matches('"').to_string());
    said.chain(text.params.iter().map(|(name, _)| name.clone())).collect()
}
