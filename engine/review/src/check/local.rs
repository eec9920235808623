//! Territories: the rules that they replace, and the tables that they do not give.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::uses;
use logis_language::diagnostic::Diagnostic;
use logis_language::diagnostic::texts::findings as texts;
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
    let mut readers: BTreeMap<String, Vec<&RuleTexts>> = BTreeMap::new();
    for rule in parsed.rules.iter().filter(|r| !r.nowhere) {
        for table in rule.texts.iter().flat_map(|text| uses(text, &parsed.sources).tables) {
            let rules = readers.entry(table).or_default();
            if rules.last().is_none_or(|last| last.name != rule.name) {
                rules.push(rule);
            }
        }
    }
    let asked = || parsed.parameters.iter().filter(|p| p.territory.is_none() && p.versions.is_empty());
    for (id, territory) in parsed.territories.all.iter().enumerate() {
        let given = |local: &usize| parsed.parameters.get(*local).is_some_and(|p| p.territory == Some(id));
        // Its rows are decided by its own rules, and by the national ones that it does not replace.
        let own: BTreeSet<&str> = (parsed.rules.iter())
            .filter(|rule| rule.territory == Some(id))
            .map(|rule| national_path(&rule.name))
            .collect();
        let decides = |rule: &&&RuleTexts| match rule.territory {
            Some(other) => other == id,
            None => !own.contains(rule.name.as_str()),
        };
        let missing = asked().filter(|table| !table.local.iter().any(given));
        let missing: Vec<(&str, Vec<&str>)> = missing
            .filter_map(|table| {
                let rules = readers.get(&table.path)?.iter().filter(decides);
                Some((table.path.as_str(), rules.map(|rule| rule.name.as_str()).collect()))
            })
            .filter(|(_, rules): &(_, Vec<&str>)| !rules.is_empty())
            .collect();
        if !missing.is_empty() {
            into.push(texts::not_given(&territory.name, &missing, territory.span.clone()));
        }
    }
}
