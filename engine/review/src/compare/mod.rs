//! What a change of rules does: two packs over the same rows.
//!
//! [`Structure`] says what the packs say differently. [`Comparison`] decides rows by both, as of a date,
//! and counts what differs: by rule, by what became of the outcome, by where it comes from, and by any
//! field. Rules that are equal in both, with all that they need, are not decided; the columns of the
//! others are compared block by block; only rows that differ are traced, and only one of each kind is
//! explained. [`Expected`] holds the result against a file of accepted differences.

mod align;
mod by;
mod cases;
mod distinct;
mod expected;
mod pairs;
mod reach;
mod structure;
mod tally;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use align::Align;
use by::By;
pub use distinct::{ByRows, Changed, Counts, KindRows, RuleRows, Summary};
use distinct::{Distinct, Sort};
pub use expected::{Acceptance, Accepted, Expected, Unaccepted, Unmet, draft};
use logis_data::{Dataset, Records, TextRows, from_text_rows};
use logis_decide::evaluate::{Context, Outcome, evaluate};
use logis_decide::explain::{about, explain_in, show};
use logis_decide::receipt::Receipt;
use logis_language::Pack;
use logis_language::diagnostic::nearest;
use logis_language::graph::text_at;
use logis_language::pack::script::{Doc, Sense};
use logis_language::plan::Plan;
use logis_language::value::{Date, Type, parse_date};
pub use pairs::{Pair, Pairs};
pub use reach::{outcomes, reached};
pub use structure::{CellChange, Change, FieldChange, RuleChange, Structure, reads_the_same};
use tally::{Count, Key};
pub use tally::{Difference, Effect, Example, Kind, Moved};
pub use trace::Cause;
use trace::Tracer;

/// Two packs being compared over corpora.
#[derive(Clone)]
pub struct Comparison<'p> {
    /// Before.
    pub base: &'p Pack,
    /// After.
    pub head: &'p Pack,
    /// Do both packs read data in one way ([`reads_the_same`]), so that it is read once?
    pub reads_the_same: bool,
    /// What is compared: names of rules and fields.
    names: Vec<String>,
    /// What differences are counted by.
    by: Vec<String>,
    /// By the place of the rule in `names`, and by kind of difference: how many rows, and the first of them
    /// explained.
    differences: BTreeMap<(usize, Key), (Count, Difference)>,
    /// By corpus, date and entity: what was decided.
    seen: BTreeMap<(String, String, String), Seen>,
    notes: Vec<String>,
    /// The rules that the change can reach; `None` if it may be any.
    reach: Option<BTreeSet<String>>,
    /// Rows that differ, counted once whatever the number of dates.
    distinct: Distinct,
    /// How many groups of cases were added.
    groups: usize,
    /// By corpus and by what of a receipt was not compared (in words): how many receipts.
    aside: BTreeMap<(String, String), u64>,
}

/// What was decided of one corpus as of one date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The corpus.
    pub corpus: String,
    /// The date.
    pub date: String,
    /// The entity.
    pub entity: String,
    /// Rows decided by both packs.
    pub rows: u64,
    /// Rules that could differ, and were decided.
    pub rules: Vec<String>,
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// What was decided.
    pub seen: Vec<Seen>,
    /// What differs, by corpus, date, and rule in the order in which they were asked for.
    pub differences: Vec<Difference>,
    /// What could not be compared, and why.
    pub notes: Vec<String>,
    /// Rows that differ, each counted once whatever the number of dates.
    pub summary: Summary,
}

/// One outcome that differs: the place of the rule among those of the pair, the row in the base's data and
/// in the head's, the outcome before and after.
type Found = (usize, (u64, u64), Outcome, Outcome);

/// How many kinds of what receipts hold and nobody reads are told; the others are counted.
const KINDS: usize = 20;

/// Differing outcomes that one thread traces at a time.
const CHUNK: usize = 64;

impl<'p> Comparison<'p> {
    /// Compares `names` (rules, fields or groups of either pack) and counts differences by `by`: fields,
    /// rules, groups of rules, entities of the head. By groups are counted gains and losses only.
    ///
    /// # Errors
    /// A name that neither pack has; something that nothing can be counted by.
    pub fn new(
        base: &'p Pack,
        head: &'p Pack,
        names: &[&str],
        by: &[&str],
    ) -> Result<Comparison<'p>, String> {
        let mut expanded: Vec<String> = Vec::new();
        for name in [base, head].iter().flat_map(|pack| pack.expand(names)) {
            if !expanded.iter().any(|n| n == name) {
                expanded.push(name.to_string());
            }
        }
        let group = |pack: &Pack, name: &str| pack.parsed().manifest.groups.contains_key(name);
        // A name that one pack has is compared; one that neither has is a slip.
        for name in &expanded {
            let known = |pack: &Pack| logis_language::graph::Target::find(pack.parsed(), name).is_some();
            if !known(base) && !known(head) && !group(base, name) && !group(head, name) {
                let rules = [base, head].into_iter().flat_map(|pack| pack.parsed().rules.iter());
                let near = nearest(name, rules.map(|rule| rule.name.as_str()));
                let hint = near.map_or_else(String::new, |n| format!(" ; vouliez-vous dire `{n}` ?"));
                return Err(format!("`{name}` n'est une règle d'aucun des deux paquets de règles{hint}"));
            }
        }
        for name in by {
            by::check(head, name)?;
        }
        let same = reads_the_same(base.parsed(), head.parsed());
        let structure = Structure::new(base.parsed(), head.parsed());
        let reach = if same { reached(&structure, base.parsed(), head.parsed()) } else { None };
        Ok(Comparison {
            base,
            head,
            reads_the_same: same,
            reach,
            distinct: Distinct::default(),
            groups: 0,
            names: expanded,
            by: by.iter().map(|b| b.to_string()).collect(),
            differences: BTreeMap::new(),
            seen: BTreeMap::new(),
            notes: Vec::new(),
            aside: BTreeMap::new(),
        })
    }

    /// The rules that could differ as of a date.
    pub fn pairs(&mut self, date: Date) -> Vec<Pair> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).filter(|n| self.could(n)).collect();
        let pairs = Pairs::new(self.base, self.head, date, &names, self.reads_the_same);
        self.note(pairs.notes);
        pairs.pairs
    }

    /// Those of `names` that could differ as of a date, whether they are compared or not; each with its
    /// entity.
    pub fn could_differ(&self, date: Date, names: &[String]) -> Vec<(String, String)> {
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|n| self.could(n)).collect();
        let pairs = Pairs::new(self.base, self.head, date, &names, self.reads_the_same).pairs;
        let of = |pair: Pair| pair.names.into_iter().map(move |name| (name, pair.entity.clone()));
        pairs.into_iter().flat_map(of).collect()
    }

    /// Is a rule or field among what is compared?
    pub fn compares(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// Was a rule decided on any row?
    pub fn has_decided(&self, name: &str) -> bool {
        self.seen.values().any(|seen| seen.rows > 0 && seen.rules.iter().any(|rule| rule == name))
    }

    /// Ends a part of the data: no row that comes now is one of those before, so that the identifiers kept
    /// to count each row once are forgotten.
    pub fn end_part(&mut self) {
        self.distinct.end_part();
    }

    /// Can the change reach a rule?
    fn could(&self, name: &str) -> bool {
        self.reach.as_ref().is_none_or(|reach| reach.contains(name))
    }

    /// Adds what is to be known of the comparison, each once.
    pub fn note(&mut self, notes: impl IntoIterator<Item = String>) {
        for note in notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// Decides the rows of a data set by both packs, each with the data as read for it (one data set, if
    /// `reads_the_same`); may be called for one part after the other.
    pub fn rows(&mut self, corpus: &str, pair: &Pair, base: &Dataset, head: &Dataset) {
        let align = Align::new((self.base.parsed(), base), (self.head.parsed(), head));
        let (old, new) = (Context::new(&pair.base, base), Context::new(&pair.head, head));
        let (before, after) = (evaluate(&pair.base, base), evaluate(&pair.head, head));
        let mut found: Vec<Found> = Vec::new();
        let count = usize::try_from(old.rows()).unwrap_or(usize::MAX);
        let mut compared = count as u64;
        // Where rows stand in one order, columns are compared block by block; else row by row, found by
        // identifier.
        for (rule, (before, after)) in before.columns.iter().zip(&after.columns).enumerate() {
            let outcomes = |row: usize, other: usize| Some((before.get(row)?, after.get(other)?));
            if align.same(pair.base.entity) {
                let rows = before.differing(after);
                found.extend(rows.into_iter().filter_map(|row| {
                    let (before, after) = outcomes(row, row)?;
                    Some((rule, (row as u64, row as u64), before, after))
                }));
            } else {
                let other = |row: usize| align.head(pair.base.entity, row as u64);
                let both = |row| {
                    let there = other(row)?;
                    let (before, after) = outcomes(row, usize::try_from(there).ok()?)?;
                    (!before.same_as(&after)).then_some((rule, (row as u64, there), before, after))
                };
                found.extend((0..count).filter_map(both));
                compared = (0..count).filter(|&row| other(row).is_some()).count() as u64;
            }
        }
        self.say(corpus, pair, compared, true);
        self.add(corpus, pair, &align, (&old, &new), found, None);
    }

    /// Decides receipts again by both packs, each as of its own date.
    pub fn receipts(&mut self, corpus: &str, receipts: &[Receipt]) {
        let mut groups: BTreeMap<(&str, &str, Vec<&str>), Vec<&Receipt>> = BTreeMap::new();
        for receipt in receipts {
            let asked = |name: &&str| self.names.iter().any(|n| n == name);
            let names: Vec<&str> =
                receipt.outcomes.iter().map(|(name, _)| name.as_str()).filter(asked).collect();
            if names.is_empty() {
                self.set_aside(corpus, "aucun de leurs résultats n'est comparé".to_string());
                continue;
            }
            // Receipts of one date, entity and selection are decided in one pass.
            groups.entry((&receipt.date, &receipt.entity, names)).or_default().push(receipt);
        }
        let records = |pack: &Pack| Records::new(&pack.parsed().schema, &pack.parsed().references);
        let (old, new) = (records(self.base), records(self.head));
        for ((date, entity, names), receipts) in groups {
            let Some(date) = parse_date(date) else {
                self.note([format!("{corpus}: « {date} » n'est pas une date")]);
                continue;
            };
            let names: Vec<&str> = names.into_iter().filter(|n| self.could(n)).collect();
            let pairs = Pairs::new(self.base, self.head, date, &names, self.reads_the_same);
            self.note(pairs.notes);
            let packages: Vec<(&TextRows, &str)> =
                receipts.iter().map(|r| (&r.inputs, r.id.as_str())).collect();
            for pair in pairs.pairs.iter().filter(|pair| pair.entity == entity) {
                let read = |pack: &Pack, records: &Records, plan: &Plan| {
                    from_text_rows(&pack.parsed().schema, records, plan.entity, &packages)
                };
                let before = read(self.base, &old, &pair.base);
                let after = read(self.head, &new, &pair.head);
                let issues: BTreeSet<(usize, String)> =
                    after.issues.iter().map(|(package, issue)| (*package, issue.to_string())).collect();
                for (_, issue) in issues {
                    self.set_aside(corpus, issue);
                }
                let contexts =
                    (Context::new(&pair.base, &before.dataset), Context::new(&pair.head, &after.dataset));
                let rows = before.rows.iter().zip(&after.rows);
                let rows: Vec<(u64, u64)> =
                    rows.filter_map(|(a, b)| Some(((*a)? as u64, (*b)? as u64))).collect();
                let outcomes = (evaluate(&pair.base, &before.dataset), evaluate(&pair.head, &after.dataset));
                let mut found: Vec<Found> = Vec::new();
                for (rule, (a, b)) in outcomes.0.columns.iter().zip(&outcomes.1.columns).enumerate() {
                    for &rows in &rows {
                        let place = |row| usize::try_from(row).unwrap_or(usize::MAX);
                        let (Some(a), Some(b)) = (a.get(place(rows.0)), b.get(place(rows.1))) else {
                            continue;
                        };
                        if !a.same_as(&b) {
                            found.push((rule, rows, a, b));
                        }
                    }
                }
                self.say(corpus, pair, rows.len() as u64, false);
                // Packages have their rows in the same order for both.
                self.add(corpus, pair, &Align::default(), (&contexts.0, &contexts.1), found, None);
            }
        }
    }

    /// Counts a receipt of which something was not compared.
    fn set_aside(&mut self, corpus: &str, what: String) {
        *self.aside.entry((corpus.to_string(), what)).or_default() += 1;
    }

    /// Decides the recorded cases of both packs by both: the rules whose outcomes they expect, as of their
    /// dates; if `asked`, only those that are compared. `references` are data sets of the packs' reference
    /// tables alone.
    pub fn cases(&mut self, corpus: &str, references: (&Dataset, &Dataset), asked: bool) {
        cases::compare(self, corpus, references, asked);
    }

    /// Notes what was decided; `dated`, if the rows are decided as of other dates too.
    fn say(&mut self, corpus: &str, pair: &Pair, rows: u64, dated: bool) {
        let date = pair.date.to_string();
        self.distinct.decided(corpus, &pair.entity, dated.then_some(date.as_str()), rows);
        let key = (corpus.to_string(), pair.date.to_string(), pair.entity.clone());
        let seen = self.seen.entry(key.clone()).or_insert_with(|| Seen {
            corpus: key.0,
            date: key.1,
            entity: key.2,
            ..Seen::default()
        });
        seen.rows += rows;
        for name in &pair.names {
            if !seen.rules.contains(name) {
                seen.rules.push(name.clone());
            }
        }
    }

    /// Traces and counts what was found. `names` gives the names of rows that are not named by their
    /// identifiers.
    fn add(
        &mut self,
        corpus: &str,
        pair: &Pair,
        align: &Align,
        (base, head): (&Context<'_>, &Context<'_>),
        mut found: Vec<Found>,
        names: Option<&dyn Fn(u64) -> String>,
    ) {
        if found.is_empty() {
            return;
        }
        // Row by row: what a row is counted by is found once for all its rules.
        found.sort_by_key(|(rule, rows, ..)| (rows.0, *rule));
        let bys: Vec<Option<By>> =
            self.by.iter().map(|by| By::new(self.head, pair.date, pair.head.entity, by)).collect();
        let rows = usize::try_from(head.rows()).unwrap_or(usize::MAX);
        // With more differing outcomes than a sixteenth of the rows, what rows are counted by is decided
        // by columns: by then that costs less than row by row.
        let many = found.len() > rows / 16;
        let bound: Vec<_> = bys.iter().map(|by| by.as_ref().map(|by| by.bind(head.dataset, many))).collect();
        let senses: Vec<Sense> = pair.names.iter().map(|name| sense(pair, name)).collect();
        // By rule: its cause, where there can be no other.
        let only: Vec<Option<&Cause>> = pair.names.iter().map(|name| pair.only.get(name)).collect();
        type Counts = BTreeMap<(usize, Kind, Option<Cause>), Count>;
        let one = |found: &[Found]| -> Counts {
            let mut tracer = Tracer::new(pair, align, base, head);
            let mut values: Vec<_> = bound.iter().map(|b| b.as_ref().map(|b| b.values())).collect();
            let mut counts = Counts::new();
            // What the last row is counted by, as far as it was asked.
            let mut last: (u64, Vec<Option<Vec<Arc<str>>>>) = (u64::MAX, Vec::new());
            for (rule, rows, before, after) in found {
                let Some((kind, moved)) = Kind::of(before, after) else { continue };
                let cause = match only.get(*rule) {
                    Some(Some(_)) => None,
                    _ => Some(tracer.cause(pair.names.get(*rule).map_or("", String::as_str), *rows)),
                };
                if last.0 != rows.1 {
                    last = (rows.1, vec![None; values.len()]);
                }
                let neutral = senses.get(*rule).is_none_or(|sense| kind.effect(*sense) == Effect::Neutral);
                for (known, values) in last.1.iter_mut().zip(&mut values) {
                    // Whether a public is of somebody who neither gains nor loses is not asked.
                    if let Some(values) = values.as_mut().filter(|v| !(neutral && v.is_group())) {
                        known.get_or_insert_with(|| values.of(head, rows.1));
                    }
                }
                let asked = |(known, values): (&'_ Option<Vec<Arc<str>>>, &Option<by::Values<'_, '_>>)| {
                    let asked = values.as_ref().is_some_and(|v| !(neutral && v.is_group()));
                    known.clone().filter(|_| asked).unwrap_or_default()
                };
                let by: Vec<Vec<Arc<str>>> = last.1.iter().zip(&values).map(asked).collect();
                counts.entry((*rule, kind, cause)).or_default().add(*rows, moved, &by);
            }
            counts
        };
        // An evaluator remembers what rows have in common: each thread has one for its share.
        let share = found.len().div_ceil(rayon::current_num_threads().max(1)).max(CHUNK);
        // Shares are merged in the order of the rows, so that the first example is always the same row.
        let parts: Vec<Counts> = found.par_chunks(share).map(one).collect();
        let mut all: BTreeMap<(usize, Kind, Cause), Count> = BTreeMap::new();
        for ((rule, kind, cause), count) in parts.into_iter().flatten() {
            let cause = cause.or_else(|| only.get(rule).copied().flatten().cloned()).unwrap_or_default();
            all.entry((rule, kind, cause)).or_default().merge(count);
        }
        let group = names.map(|_| self.groups);
        self.groups += 1;
        let ids = head.dataset.tables.get(pair.head.entity).map(|table| &table.ids);
        // Cases have no identifiers of their own.
        let id = |row: &u64| -> Arc<str> {
            let own = usize::try_from(*row).ok().and_then(|row| ids?.get(row)).filter(|id| !id.is_empty());
            match (group, own) {
                (Some(group), _) => format!("{group} {row}").into(),
                (None, Some(id)) => id.clone(),
                (None, None) => row.to_string().into(),
            }
        };
        for ((rule, kind, cause), mut count) in all {
            let Some(name) = pair.names.get(rule) else { continue };
            let order = self.names.iter().position(|n| n == name).unwrap_or(usize::MAX);
            let (corpus, date) = (corpus.to_string(), pair.date.to_string());
            let effect = kind.effect(senses.get(rule).copied().unwrap_or(Sense::Neutral));
            let (entity, of, why) = (pair.entity.clone(), name.clone(), cause.clone());
            let sort = Sort { corpus: corpus.clone(), entity, order, rule: of, kind, effect, cause: why };
            let rows: Vec<Arc<str>> = std::mem::take(&mut count.rows).iter().map(id).collect();
            self.distinct.on(&sort, &date, rows);
            for (by, values) in std::mem::take(&mut count.by_rows).into_iter().enumerate() {
                for (value, rows) in values {
                    self.distinct.by(&sort, by, &value, rows.iter().map(id));
                }
            }
            let key = (order, Key { corpus, date, rule: name.clone(), kind, cause });
            match self.differences.get_mut(&key) {
                Some((known, _)) => known.merge(count),
                None => {
                    let Some(rows) = count.first else { continue };
                    let difference = described(&key.1, pair, (base, head), rows, names);
                    self.differences.insert(key, (count, difference));
                }
            }
        }
    }

    /// What differs.
    pub fn report(self) -> Report {
        let mut differences: Vec<(usize, Difference)> = Vec::new();
        for ((order, _), (count, mut difference)) in self.differences {
            difference.count = count.count;
            difference.moved = count.moved();
            let by = self.by.iter().cloned().zip(count.by);
            let by = by.filter(|(_, counts)| !counts.is_empty());
            let texts = |counts: BTreeMap<Arc<str>, u64>| counts.into_iter().map(|(v, n)| (v.to_string(), n));
            difference.by = by.map(|(name, counts)| (name, texts(counts).collect())).collect();
            differences.push((order, difference));
        }
        differences.sort_by(|(a, x), (b, y)| (&x.corpus, &x.date, a).cmp(&(&y.corpus, &y.date, b)));
        let mut notes = self.notes;
        let more = self.aside.len().saturating_sub(KINDS);
        let aside = self.aside.into_iter().take(KINDS);
        notes.extend(aside.map(|((corpus, what), count)| format!("{corpus}: {count} reçu(s): {what}")));
        if more > 0 {
            notes.push(format!("… et {more} autres sortes de données des reçus qui ne sont pas lues"));
        }
        Report {
            seen: self.seen.into_values().collect(),
            differences: differences.into_iter().map(|(_, d)| d).collect(),
            notes,
            summary: self.distinct.summary(&self.by),
        }
    }
}

/// The doc comment of a rule, by its text in force in the head.
fn doc(pair: &Pair, rule: &str) -> Doc {
    let parsed = pair.head.parsed.as_ref();
    let texts = parsed.rule(rule).and_then(|id| parsed.rules.get(id)).map(|rule| &rule.texts);
    texts.and_then(|texts| text_at(texts, pair.date)).map(|text| text.doc.clone()).unwrap_or_default()
}

/// Whether true, or more, is good for the household: as the rule declares; if it does not, true is, and
/// more of an amount in euros.
fn sense(pair: &Pair, rule: &str) -> Sense {
    let doc = doc(pair, rule);
    let plan = &pair.head;
    let node = plan.selected.iter().find(|(name, _)| *name == rule).and_then(|(_, node)| plan.node(*node));
    let boolean = node.is_none_or(|n| n.ty == Type::Bool);
    let money = doc.unit.as_deref().is_some_and(|unit| unit.starts_with("EUR"));
    doc.sense.unwrap_or(if boolean || money { Sense::Favourable } else { Sense::Neutral })
}

/// A kind of difference in words, with its first row explained on both sides.
fn described(
    key: &Key,
    pair: &Pair,
    (base, head): (&Context<'_>, &Context<'_>),
    rows: (u64, u64),
    names: Option<&dyn Fn(u64) -> String>,
) -> Difference {
    let plan: &Arc<Plan> = &pair.head;
    let doc = doc(pair, &key.rule);
    let side = |context: &Context<'_>, row: u64| {
        let explained = explain_in(context, row).into_iter().find(|e| e.rule == key.rule);
        let outcome = explained.as_ref().map_or_else(
            || show(context.plan, context.dataset, &Outcome::Unknown(Vec::new())),
            |e| e.outcome.clone(),
        );
        (outcome, explained)
    };
    let ((before, explained_before), (after, explained_after)) = (side(base, rows.0), side(head, rows.1));
    let about = match names {
        Some(name) => name(rows.1),
        None => about(plan, head.dataset, plan.entity, rows.1),
    };
    Difference {
        corpus: key.corpus.clone(),
        date: key.date.clone(),
        entity: pair.entity.clone(),
        rule: key.rule.clone(),
        label: doc.label,
        unit: doc.unit,
        kind: key.kind,
        effect: key.kind.effect(sense(pair, &key.rule)),
        cause: key.cause.clone(),
        count: 0,
        moved: None,
        by: BTreeMap::new(),
        example: Example { about, before, after, explained_before, explained_after },
    }
}
