//! The recorded cases of both packs as a corpus.

use std::collections::{BTreeMap, BTreeSet};

use super::align::Align;
use super::{Comparison, Pairs};
use crate::testing::groups::{Group, GroupKey, own_references};
use logis_data::Dataset;
use logis_decide::evaluate::{Evaluator, outcome};
use logis_language::Pack;
use logis_language::diagnostic::{Diagnostics, PackError};
use logis_language::pack::cases::Case;
use logis_language::plan::Plan;

/// Decides each case by both packs: the rules whose outcomes it expects; if `asked`, only those that are
/// compared.
pub(super) fn compare(
    comparison: &mut Comparison<'_>,
    corpus: &str,
    references: (&Dataset, &Dataset),
    asked: bool,
) -> Result<(), PackError> {
    let cases = all(comparison.base, comparison.head)?;
    let mut groups: BTreeMap<GroupKey<'_>, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        // Without what the change cannot reach: those cases need not be decided.
        let wanted =
            |name: &&str| comparison.could(name) && (!asked || comparison.names.iter().any(|n| n == name));
        let mut names: Vec<&str> = case.expected.iter().map(|e| e.0.as_str()).filter(wanted).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            let own = own_references(comparison.head.parsed(), case);
            groups.entry((case.date, names, own)).or_default().push(case);
        }
    }
    // Cases of one date, one selection and one set of own reference tables are decided together.
    for ((date, names, _), cases) in groups {
        let pairs = Pairs::new(
            comparison.base,
            comparison.head,
            date,
            &names,
            comparison.reads_the_same,
            &BTreeSet::new(),
        );
        comparison.note(pairs.notes);
        for pair in &pairs.pairs {
            // What does not fit one of the packs is left out there: it is checked by `testing`.
            let mut unfit = Diagnostics::default();
            let mut lay =
                |plan: &Plan, references| Group::new(plan.clone(), cases.clone(), references, &mut unfit);
            let (before, after) = (lay(&pair.base, references.0), lay(&pair.head, references.1));
            let (old, new) = (before.context(&pair.base), after.context(&pair.head));
            let (mut a, mut b) = (Evaluator::new(&old), Evaluator::new(&new));
            let mut found = Vec::new();
            let rows: Vec<(u64, u64)> =
                (0..cases.len()).map(|case| (before.row(&old, case), after.row(&new, case))).collect();
            for &rows in &rows {
                let nodes = pair.base.selected.iter().zip(&pair.head.selected).enumerate();
                for (rule, ((_, node), (_, other))) in nodes {
                    let (before, after) = (outcome(&mut a, *node, rows.0), outcome(&mut b, *other, rows.1));
                    if !before.same_as(&after) {
                        found.push((rule, rows, before, after));
                    }
                }
            }
            comparison.say(corpus, pair, cases.len() as u64, false);
            let name = |row: u64| {
                let case = rows.iter().position(|(_, other)| *other == row).and_then(|n| cases.get(n));
                case.map_or_else(String::new, |case| format!("cas « {} »", case.name))
            };
            comparison.add(corpus, pair, &Align::default(), (&old, &new), found, Some(&name));
        }
    }
    Ok(())
}

/// The cases of the head, then those of the base that the head does not have. Cases of one name and date that
/// give the same inputs to the same rules are one.
fn all(base: &Pack, head: &Pack) -> Result<Vec<Case>, PackError> {
    let cases = |pack: &Pack| -> Result<Vec<Case>, PackError> {
        Ok(pack.parsed().cases()?.iter().flat_map(|file| file.cases.iter().cloned()).collect())
    };
    let mut all = cases(head)?;
    let same = |a: &Case, b: &Case| a.name == b.name && a.date == b.date && said(a) == said(b);
    let old = cases(base)?.into_iter().filter(|old| !all.iter().any(|new| same(old, new)));
    let old: Vec<Case> = old.collect();
    all.extend(old);
    Ok(all)
}

/// The inputs that a case gives, and the rules whose outcomes it expects.
fn said(case: &Case) -> (Vec<String>, Vec<&str>) {
    let rows = case.inputs.iter().flat_map(|(entity, rows)| rows.iter().map(move |row| (entity, row)));
    let texts = rows.map(|(entity, row)| {
        let cells: Vec<String> = row.iter().map(|(name, (value, _))| format!("{name}={value:?}")).collect();
        format!("{entity}: {}", cells.join(", "))
    });
    let mut rules: Vec<&str> = case.expected.iter().map(|e| e.0.as_str()).collect();
    rules.sort_unstable();
    (texts.collect(), rules)
}
