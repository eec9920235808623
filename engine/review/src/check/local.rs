//! Territories: the rules that they replace, and the tables that they do not give.

use std::collections::BTreeMap;

use super::syntax::uses;
use logis_language::diagnostic::Diagnostic;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::pack::Parsed;
use logis_language::pack::territory::national_path;

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
    let mut readers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for rule in parsed.rules.iter().filter(|r| !r.nowhere) {
        for table in rule.texts.iter().flat_map(|text| uses(text, &parsed.sources).tables) {
            let rules = readers.entry(table).or_default();
            if rules.last() != Some(&rule.name.as_str()) {
                rules.push(&rule.name);
            }
        }
    }
    let asked = || parsed.parameters.iter().filter(|p| p.territory.is_none() && p.versions.is_empty());
    for (id, territory) in parsed.territories.all.iter().enumerate() {
        let given = |local: &usize| parsed.parameters.get(*local).is_some_and(|p| p.territory == Some(id));
        let missing = asked().filter(|table| !table.local.iter().any(given));
        let missing: Vec<(&str, Vec<&str>)> = missing
            .filter_map(|table| Some((table.path.as_str(), readers.get(&table.path)?.clone())))
            .collect();
        if !missing.is_empty() {
            into.push(texts::not_given(&territory.name, &missing, territory.span.clone()));
        }
    }
}
