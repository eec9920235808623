//! References that cannot be opened, of the texts of rules and the values of tables.

use std::collections::BTreeMap;

use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Span};
use logis_language::pack::Parsed;
use logis_language::pack::citation::{parse, parse_parts};

/// The findings on all references, if the pack asks for sources that open: one for each text that cannot be opened.
pub(super) fn findings(parsed: &Parsed, into: &mut Vec<Diagnostic>) {
    if !parsed.manifest.asked.open_sources {
        return;
    }
    let known = &parsed.manifest.texts;
    // By what cannot be opened: what cites it, and where.
    let mut closed: BTreeMap<String, Vec<(&str, Span)>> = BTreeMap::new();
    for rule in parsed.rules.iter() {
        for text in rule.texts.iter().filter(|t| !t.helper) {
            for source in &text.doc.sources {
                if let Err(part) = parse(source, known) {
                    closed.entry(part).or_default().push((&rule.name, text.span.clone()));
                }
            }
        }
    }
    for parameter in &parsed.parameters {
        for source in parameter.versions.iter().flat_map(|v| v.sources()) {
            if let Err(part) = parse_parts(&source.title, source.id.as_deref(), source.url.as_deref(), known)
            {
                closed.entry(part).or_default().push((&parameter.path, source.span.clone()));
            }
        }
    }
    into.extend(closed.into_iter().map(|(part, cited)| texts::not_openable(&part, &cited)));
}
