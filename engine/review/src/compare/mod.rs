//! What a change of rules does: two packs over the same rows.
//!
//! [`Structure`] says what the packs say differently. [`Comparison`] decides rows by both, as of a date,
//! and counts what differs: by rule, by what became of the outcome, by where it comes from, and by any
//! field. Rules that are equal in both, with all that they need, are not decided; the columns of the
//! others are compared block by block; only rows that differ are traced, and only one of each kind is
//! explained. [`Expected`] holds the result against a file of accepted differences.

mod asked;
mod found;
mod kept;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use align::Align;
pub use asked::{compared, counted_by, note_left_out};
use distinct::Distinct;
pub use distinct::{ByRows, Changed, Counts, KindRows, RuleRows, Summary};
pub use expected::{Acceptance, Accepted, Expected, Unaccepted, Unmet, draft};
use found::Found;
use logis_data::Dataset;
use logis_decide::evaluate::{Context, evaluate};
use logis_language::Pack;
use logis_language::diagnostic::nearest;
use logis_language::value::Date;
pub use pairs::{Pair, Pairs};
pub use reach::{outcomes, reached};
pub use reserves::ReserveRows;
pub use structure::{
    CellChange, Change, FieldChange, ForceChange, ReserveChange, RuleChange, Structure, reads_the_same,
};
use tally::{Count, Key};
pub use tally::{Difference, Effect, Example, Kind, Moved};
pub use trace::Cause;

mod align;

mod by;

mod cases;

mod distinct;

mod expected;

mod pairs;

mod reach;

mod reserves;

mod structure;

mod tally;

mod trace;

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
    /// The rules of which some row may stand under other reserves.
    reserved: BTreeSet<String>,
    /// By corpus, date, entity, rule and reserve: on how many rows it is new, on how many it is gone.
    reserves: BTreeMap<reserves::Of, (u64, u64)>,
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
    /// Rows that stand under other reserves, where days in force or reserves of rules changed.
    pub reserves: Vec<ReserveRows>,
    /// Rows that differ, each counted once whatever the number of dates.
    pub summary: Summary,
}

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
        let reserved = reach::reserved(&structure, base.parsed(), head.parsed());
        let reach = if same { reached(&structure, base.parsed(), head.parsed()) } else { None };
        Ok(Comparison {
            base,
            head,
            reads_the_same: same,
            reach,
            reserved,
            reserves: BTreeMap::new(),
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
        let pairs = Pairs::new(self.base, self.head, date, &names, self.reads_the_same, &self.reserved);
        self.note(pairs.notes);
        pairs.pairs
    }

    /// Those of `names` that could differ as of a date, whether they are compared or not; each with its
    /// entity.
    pub fn could_differ(&self, date: Date, names: &[String]) -> Vec<(String, String)> {
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|n| self.could(n)).collect();
        let pairs =
            Pairs::new(self.base, self.head, date, &names, self.reads_the_same, &BTreeSet::new()).pairs;
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
        self.reserves_of(corpus, pair, &align, (base, head));
        self.add(corpus, pair, &align, (&old, &new), found, None);
    }
}
