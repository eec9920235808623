//! What was found to differ: traced to its cause, counted, and reported.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::align::Align;
use super::by::By;
use super::distinct::Sort;
use super::pairs::Pair;
use super::tally::{Count, Difference, Effect, Example, Key, Kind};
use super::trace::{Cause, Tracer};
use super::{CHUNK, Comparison, Report, Seen};
use logis_decide::evaluate::{Context, Outcome};
use logis_decide::explain::{about, explain_in, show};
use logis_language::graph::text_at;
use logis_language::pack::script::{Doc, Sense};
use logis_language::plan::Plan;
use logis_language::value::Type;

/// One outcome that differs: the place of the rule among those of the pair, the row in the base's data and
/// in the head's, the outcome before and after.
pub(super) type Found = (usize, (u64, u64), Outcome, Outcome);

/// How many kinds of what receipts hold and nobody reads are told; the others are counted.
const KINDS: usize = 20;

impl<'p> Comparison<'p> {
    /// Notes what was decided; `dated`, if the rows are decided as of other dates too.
    pub(super) fn say(&mut self, corpus: &str, pair: &Pair, rows: u64, dated: bool) {
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
    pub(super) fn add(
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
                let asked =
                    |(known, values): (&'_ Option<Vec<Arc<str>>>, &Option<super::by::Values<'_, '_>>)| {
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
            let own = usize::try_from(*row).ok().and_then(|row| ids?.text(row)).filter(|id| !id.is_empty());
            match (group, own) {
                (Some(group), _) => format!("{group} {row}").into(),
                (None, Some(id)) => id.into(),
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
            reserves: super::reserves::rows(self.reserves),
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
