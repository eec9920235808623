//! What nobody uses: parameters, fields, helpers, rules, names of a signature, variables.

use std::collections::BTreeSet;

use super::syntax::{Uses, uses};
use logis_language::diagnostic::Diagnostic;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::agreement::Target as Wanted;
use logis_language::pack::schema::{Field, Origin};
use logis_language::pack::territory::national_path;

/// The findings on all that nobody uses.
pub(super) fn findings(parsed: &Parsed, into: &mut Vec<Diagnostic>) {
    let quotas = parsed.manifest.matching.iter().flat_map(|m| &m.quotas);
    let mut tables: BTreeSet<String> = quotas.map(|q| q.value.0.clone()).collect();
    // A review holds what is counted against them.
    let indicators = parsed.agreements.iter().flat_map(|agreement| &agreement.indicators);
    tables.extend(indicators.filter_map(|indicator| match &indicator.target {
        Some(Wanted::Parameter(path, _)) => Some(path.clone()),
        _ => None,
    }));
    let mut calls: BTreeSet<String> = BTreeSet::new();
    let shown = asked(parsed);
    let mut names: BTreeSet<&str> = shown.clone();
    for rule in parsed.rules.iter() {
        for text in &rule.texts {
            let used = uses(text, &parsed.sources);
            if !text.helper {
                names.extend(text.params.iter().map(|(name, _)| name.as_str()).filter(|n| *n != rule.name));
            }
            signature(text, &used, into);
            tables.extend(used.tables);
            calls.extend(used.calls.into_iter().filter(|c| *c != rule.name));
        }
    }
    for parameter in parsed.parameters.iter().filter(|p| !tables.contains(national_path(&p.path))) {
        into.push(texts::unread_parameter(&parameter.path, parameter.span.clone()));
    }
    // What a reference table of the pack says of its rows is asked of nobody.
    let is_asked = |f: &&Field| {
        let entity = parsed.schema.entities.get(f.entity);
        entity.is_some_and(|e| !matches!(e.origin, Origin::Reference { .. }))
    };
    let fields = parsed.schema.fields.iter().filter(is_asked);
    // A field that names a territory is read by every choice of a local value.
    for field in fields.filter(|f| !f.territory && !names.contains(f.name.as_str())) {
        into.push(texts::unread_field(&field.name, field.span.clone()));
    }
    for rule in parsed.rules.iter() {
        let Some(first) = rule.texts.first() else { continue };
        // A rule that stands in place of another is read as that one.
        let name = national_path(&rule.name);
        if rule.territory.is_some() && !rule.texts.iter().all(|t| t.helper) {
            continue;
        }
        let called = calls.contains(name);
        if rule.texts.iter().all(|t| t.helper) {
            if !called {
                into.push(texts::uncalled(&rule.name, first.span.clone()));
            }
        } else if !called
            && !names.contains(rule.name.as_str())
            && !rule.texts.iter().any(|t| t.doc.result || t.doc.invariant.is_some())
        {
            into.push(texts::unread_rule(&rule.name, first.span.clone()));
        }
        let result = rule.texts.iter().find(|t| !t.helper && t.doc.result);
        if let Some(text) = result.filter(|_| !shown.contains(rule.name.as_str())) {
            into.push(texts::in_no_group(&rule.name, text.span.clone()));
        }
    }
}

/// The names that `pack.toml` asks for.
pub(super) fn asked(parsed: &Parsed) -> BTreeSet<&str> {
    let manifest = &parsed.manifest;
    let lists = manifest.results.iter().chain(manifest.groups.values().flatten());
    let mut names: BTreeSet<&str> =
        lists.chain(manifest.measures.names()).map(|(name, _)| name.as_str()).collect();
    if let Some(matching) = &manifest.matching {
        let rules = [&matching.suitable].into_iter().chain(&matching.priority).chain(&matching.fit);
        names.extend(
            rules
                .chain(&matching.blocks)
                .chain(&matching.presented)
                .chain(&matching.acceptance)
                .chain(&matching.held)
                .chain(&matching.tie)
                .chain(matching.counted())
                .map(|(name, _)| name.as_str()),
        );
    }
    // Without a list of results, the rules of the main entity are all shown.
    if manifest.results.is_empty() {
        let main = match &manifest.entity {
            Some((name, _)) => parsed.schema.entity(name),
            None => parsed.rules.first().map(|r| r.entity),
        };
        names.extend(parsed.rules.iter().filter(|r| Some(r.entity) == main).map(|r| r.name.as_str()));
    }
    names.retain(|name| Target::find(parsed, name).is_some());
    names
}

/// Names of a signature and variables that the text does not use.
fn signature(text: &logis_language::pack::script::RuleText, used: &Uses, into: &mut Vec<Diagnostic>) {
    for (name, span) in text.params.iter().filter(|(name, _)| !used.names.contains(name)) {
        into.push(texts::unused_name(&text.name, name, span.clone()));
    }
    for (name, span) in used.lets.iter().filter(|(name, _)| !used.names.contains(name)) {
        into.push(texts::unused_let(name, span.clone()));
    }
}
