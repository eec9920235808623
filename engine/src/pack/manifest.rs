//! `pack.toml`: the name of the pack, what it shows by default, which rules drive the matching.

use std::collections::BTreeMap;

use super::toml_reader::{Reader, parse};
use crate::diagnostic::{Diagnostics, FileId, Span};

/// What `pack.toml` says. Names are checked against the pack when it is wired.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Identifier of the pack.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The entity that is decided when nothing is selected.
    pub entity: Option<(String, Span)>,
    /// The rules shown by default, in order.
    pub results: Vec<(String, Span)>,
    /// Rules that are asked for together, by the name of the group.
    pub groups: BTreeMap<String, Vec<(String, Span)>>,
    /// The matching, if the pack has one.
    pub matching: Option<Matching>,
    /// What the pack asks of each of its rules.
    pub asked: Asked,
}

/// What a pack asks of each of its rules, beyond that it loads: see `Pack::shortfalls`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Does each version of a rule need a `source:`?
    pub sources: bool,
    /// How many cases must expect an outcome of each rule.
    pub cases_per_rule: usize,
}

/// Which rules drive the matching.
#[derive(Clone, Debug)]
pub struct Matching {
    /// The pair entity: one request facing one unit.
    pub candidature: (String, Span),
    /// Boolean rule of the pair: may this unit be proposed to this request?
    pub suitable: (String, Span),
    /// Fields or rules of the request, smallest served first; ties by identifier.
    pub order: Vec<(String, Span)>,
}

/// Reads `pack.toml`.
pub(super) fn read(file: FileId, text: &str, out: &mut Diagnostics) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(root) = parse(file, text, out) else { return manifest };
    let mut reader = Reader::new(file, 0..0, "the pack", root.get_ref());
    manifest.name = reader.string("name", out).unwrap_or_default();
    manifest.title = reader.string("title", out).unwrap_or_default();
    let own = |text: (&str, Span)| (text.0.to_string(), text.1);
    manifest.entity = reader.str("entity", out).map(own);
    manifest.results = reader.strings("results", out).unwrap_or_default();
    if let Some(table) = reader.table("matching", out) {
        let span = reader.get("matching").map_or(0..0, toml::Spanned::span);
        let mut matching = Reader::new(file, span, "`matching`", table);
        let candidature = matching.required_str("candidature", out).map(own);
        let suitable = matching.required_str("suitable", out).map(own);
        let order = matching.strings("order", out).unwrap_or_default();
        matching.finish(out);
        if let (Some(candidature), Some(suitable)) = (candidature, suitable) {
            manifest.matching = Some(Matching { candidature, suitable, order });
        }
    }
    if let Some(table) = reader.table("groups", out) {
        let span = reader.get("groups").map_or(0..0, toml::Spanned::span);
        for (name, item) in table.iter() {
            let groups = Reader::new(file, span.clone(), "`groups`", table);
            if let Some(rules) = groups.strings_of(name.get_ref(), item, out) {
                manifest.groups.insert(name.get_ref().to_string(), rules);
            }
        }
    }
    if let Some(table) = reader.table("check", out) {
        let span = reader.get("check").map_or(0..0, toml::Spanned::span);
        let mut check = Reader::new(file, span, "`check`", table);
        manifest.asked.sources = check.bool("sources", out);
        let cases = check.int("cases_per_rule", out).unwrap_or(0);
        manifest.asked.cases_per_rule = usize::try_from(cases).unwrap_or(0);
        check.finish(out);
    }
    reader.finish(out);
    manifest
}
