//! Territories: the rules that they replace, and the tables that they do not give.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::{Uses, uses};
use super::unused::asked as asked_of;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Sources};
use logis_language::pack::territory::national_path;
use logis_language::pack::{Parsed, RuleTexts};

/// The findings on all territories.
pub(super) fn findings(parsed: &Parsed, into: &mut Vec<Diagnostic>) {
    for rule in parsed.rules.iter() {
        let Some(of) = rule.territory.and_then(|t| parsed.territories.all.get(t)) else { continue };
        let name = national_path(&rule.name);
        let national = parsed.rule(name).and_then(|id| parsed.rules.get(id)).filter(|r| !r.nowhere);
        if let (Some(local), Some(national)) = (rule.texts.last(), national.and_then(|r| r.texts.last())) {
            into.push(texts::replaced(name, &of.name, local.span.clone(), national.span.clone()));
        }
    }
    // Rules by name: what each reads, of tables and of other rules.
    let reads: Vec<(&RuleTexts, Uses)> = parsed
        .rules
        .iter()
        .filter(|r| !r.nowhere)
        .map(|rule| (rule, read_by(rule, &parsed.sources)))
        .collect();
    let read_by_rules: BTreeSet<&str> = (reads.iter())
        .filter(|(rule, _)| rule.territory.is_none())
        .flat_map(|(rule, uses)| uses.calls.iter().map(String::as_str).filter(|name| *name != rule.name))
        .collect();
    let shown = asked_of(parsed);
    let asked = || parsed.parameters.iter().filter(|p| p.territory.is_none() && p.versions.is_empty());
    for (id, territory) in parsed.territories.all.iter().enumerate() {
        let given = |local: &usize| parsed.parameters.get(*local).is_some_and(|p| p.territory == Some(id));
        // Its rows are decided by its own rules, and by the national ones that it does not replace: of these by what nothing
        // reads but whoever asks, and what that reads in turn. What only a rule that it replaces reads decides nothing.
        let mut own: BTreeMap<&str, &(&RuleTexts, Uses)> = BTreeMap::new();
        for read in reads.iter().filter(|(rule, _)| rule.territory.is_none_or(|of| of == id)) {
            let name = national_path(&read.0.name);
            if read.0.territory.is_some() || !own.contains_key(name) {
                own.insert(name, read);
            }
        }
        let asked_for = |name: &str, rule: &RuleTexts| {
            rule.territory.is_some() || !read_by_rules.contains(name) || shown.contains(name)
        };
        let first = own.iter().filter(|(name, (rule, _))| asked_for(name, rule));
        let mut open: Vec<String> = first.map(|(name, _)| name.to_string()).collect();
        let mut reached: BTreeSet<String> = open.iter().cloned().collect();
        let mut readers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        while let Some(name) = open.pop() {
            let Some((rule, uses)) = own.get(name.as_str()) else { continue };
            for table in &uses.tables {
                readers.entry(table).or_default().insert(&rule.name);
            }
            open.extend(uses.calls.iter().filter(|name| reached.insert((*name).clone())).cloned());
        }
        let missing = asked().filter(|table| !table.local.iter().any(given));
        let missing: Vec<(&str, Vec<&str>)> = missing
            .filter_map(|table| {
                Some((table.path.as_str(), readers.get(table.path.as_str())?.iter().copied().collect()))
            })
            .collect();
        if !missing.is_empty() {
            into.push(texts::not_given(&territory.name, &missing, territory.span.clone()));
        }
    }
}

/// What all texts of a rule read: tables, and by `calls` the rules and helpers that they name.
fn read_by(rule: &RuleTexts, sources: &Sources) -> Uses {
    let mut all = Uses::default();
    for text in &rule.texts {
        let one = uses(text, sources);
        all.tables.extend(one.tables);
        all.calls.extend(one.calls);
        if !text.helper {
            all.calls.extend(text.params.iter().map(|(name, _)| name.clone()));
        }
    }
    all
}
