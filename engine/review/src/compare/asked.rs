//! What is compared, and counted by what, where it is not asked for by name; and what a change reaches that was not
//! compared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Comparison, Expected, outcomes};
use logis_language::Pack;
use logis_language::value::Date;

/// The rules that are compared: as asked, or all that people read in either pack; all rules, of a pack that names
/// no results.
pub fn compared(select: &[String], base: &Pack, head: &Pack) -> Vec<String> {
    if !select.is_empty() {
        return select.iter().map(|name| name.trim().to_string()).collect();
    }
    let mut names: Vec<String> = Vec::new();
    for pack in [head, base] {
        let parsed = pack.parsed();
        names.extend(outcomes(parsed));
        if parsed.manifest.results.is_empty() {
            let decides = parsed.rules.iter().filter(|r| r.texts.iter().any(|t| !t.helper));
            names.extend(decides.map(|rule| rule.name.clone()));
        }
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// By what differences are counted: as asked, or by public and commune where the pack knows them; and
/// what accepted differences speak of.
pub fn counted_by(by: &[String], head: &Pack, expected: Option<&Expected>) -> Vec<String> {
    let parsed = head.parsed();
    let mut by: Vec<String> = by.iter().map(|name| name.trim().to_string()).collect();
    if by.is_empty() {
        by.extend(parsed.manifest.groups.contains_key("publics").then(|| "publics".to_string()));
        by.extend(parsed.schema.entity("commune").map(|_| "commune".to_string()));
    }
    by.extend(expected.into_iter().flat_map(Expected::counted_by).map(str::to_string));
    let mut seen = BTreeSet::new();
    by.retain(|name| seen.insert(name.clone()));
    by
}

/// Rules of one kind that a note names.
const NAMED: usize = 12;

/// Notes what the change reaches and was not compared: outcomes that were not asked for, and those that no row
/// decided. Says whether nothing at all was.
pub fn note_left_out(comparison: &mut Comparison<'_>, dates: &BTreeSet<Date>, select: &[String]) -> bool {
    let (base, head) = (comparison.base, comparison.head);
    let mut read: BTreeSet<String> = outcomes(head.parsed()).into_iter().collect();
    read.extend(outcomes(base.parsed()));
    read.extend(compared(select, base, head));
    let read: Vec<String> = read.into_iter().collect();
    let mut reached: BTreeMap<String, String> = BTreeMap::new();
    for date in dates {
        reached.extend(comparison.could_differ(*date, &read));
    }
    let list = |names: Vec<String>| {
        let more = names.len().saturating_sub(NAMED);
        let shown = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown}… et {more} autres") } else { shown }
    };
    let asked = |name: &String| comparison.compares(name);
    let aside: Vec<String> = reached.keys().filter(|name| !asked(name)).cloned().collect();
    let decided = reached.keys().filter(|name| comparison.has_decided(name)).count();
    let mut undecided: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, entity) in reached.iter().filter(|(name, _)| asked(name) && !comparison.has_decided(name)) {
        undecided.entry(entity).or_default().push(name.clone());
    }
    let mut notes = Vec::new();
    for (entity, names) in undecided {
        notes.push(format!(
            "atteint par le changement, mais décidé sur aucune ligne de `{entity}`, donc pas comparé : {}",
            list(names)
        ));
    }
    if !aside.is_empty() {
        notes.push(format!(
            "atteint aussi par le changement, mais laissé de côté par --select : {}",
            list(aside)
        ));
    }
    comparison.note(notes);
    !reached.is_empty() && decided == 0
}
