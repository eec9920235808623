//! What the cases of a pack reach: its rules, their branches, and each single condition.
//!
//! A condition is *shown* to matter on its own by two cases: one in which it is true, one in which it
//! is false, and in each of which the decision would be another if this condition alone were. That is
//! masking MC/DC: the other conditions may differ between the two cases, as long as each case shows it.

pub(crate) mod decisions;
mod lcov;
pub(crate) mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::testing::groups::{Group, groups};
use decisions::{Decision, decisions};
pub use lcov::to_lcov;
use logis_data::Dataset;
use logis_decide::evaluate::Evaluator;
use logis_decide::explain::text_of;
use logis_language::Pack;
use logis_language::diagnostic::{PackError, Span};
use logis_language::pack::Parsed;
use logis_language::pack::mutants::AcceptedCondition;
use logis_language::plan::ir::Op;
use logis_language::plan::{Apart, Plan};
use logis_language::value::Date;
use trace::{Trace, trace};

/// What the cases reach.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// How many cases were run.
    pub cases: usize,
    /// By text of a rule or helper, in the order of the files.
    pub texts: Vec<TextCoverage>,
    /// Conditions of `mutants.toml` that there are no more, or that the cases show by now, and which.
    pub stale: Vec<(AcceptedCondition, &'static str)>,
}

/// What the cases reach of one text of a rule.
#[derive(Clone, Debug)]
pub struct TextCoverage {
    /// The rule.
    pub rule: String,
    /// From when the text holds.
    pub from: Option<Date>,
    /// Place of its name.
    pub span: Span,
    /// Cases that reach it.
    pub cases: usize,
    /// Its branches, two for each `if`.
    pub branches: Vec<Branch>,
    /// Its conditions, in the order of the text.
    pub conditions: Vec<Condition>,
    /// By line of the file, from 1: cases that reach what is written there.
    pub lines: BTreeMap<usize, usize>,
}

/// One branch of an `if`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Where the `if` is.
    pub span: Span,
    /// What it asks.
    pub text: String,
    /// The branch of which answer.
    pub taken: bool,
    /// Cases that take it.
    pub cases: usize,
}

/// One condition of a decision.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Where it is.
    pub span: Span,
    /// As it is written.
    pub text: String,
    /// Cases in which it is false, and in which it is true.
    pub cases: [usize; 2],
    /// The first case in which it decides by being false, and by being true.
    pub shown: [Option<String>; 2],
    /// Why no case has to show it, if `mutants.toml` says so and none does.
    pub accepted: Option<String>,
}

impl Condition {
    /// Do the cases show that it matters on its own?
    pub fn is_shown(&self) -> bool {
        self.shown.iter().all(Option::is_some)
    }
}

impl Coverage {
    /// Rules reached, branches taken, conditions seen both ways, conditions shown to matter: for each, how
    /// many, and of how many.
    pub fn totals(&self) -> [(usize, usize); 4] {
        let share = |items: &mut dyn Iterator<Item = bool>| {
            items.fold((0, 0), |(some, all), yes| (some + usize::from(yes), all + 1))
        };
        let conditions = || self.texts.iter().flat_map(|t| &t.conditions);
        [
            share(&mut self.texts.iter().map(|t| t.cases > 0)),
            share(&mut self.texts.iter().flat_map(|t| &t.branches).map(|b| b.cases > 0)),
            share(&mut conditions().map(|c| c.cases.iter().all(|n| *n > 0))),
            share(&mut conditions().map(Condition::is_shown)),
        ]
    }
}

impl Coverage {
    /// Conditions shown to matter, in percent of all, rounded down to tenths; 100 if there are none.
    /// Accepted ones count as not shown.
    pub fn score(&self) -> f64 {
        let [.., (shown, all)] = self.totals();
        let per_mille = (shown * 1000).checked_div(all).unwrap_or(1000);
        f64::from(u32::try_from(per_mille).unwrap_or(0)) / 10.0
    }

    /// Conditions that no cases show and that are not accepted, each with its rule.
    pub fn unshown(&self) -> impl Iterator<Item = (&TextCoverage, &Condition)> {
        let all = self.texts.iter().flat_map(|t| t.conditions.iter().map(move |c| (t, c)));
        all.filter(|(_, c)| !c.is_shown() && c.accepted.is_none())
    }

    /// Notes which conditions are accepted. Entries without a condition to accept are told only if all
    /// cases were run (`whole`).
    fn accept(&mut self, accepted: &[AcceptedCondition], whole: bool) {
        for entry in accepted {
            // An entry may name a condition that a text writes twice, or in several of its dated texts.
            let (mut all, mut open) = (0, 0);
            let texts = self
                .texts
                .iter_mut()
                .filter(|t| t.rule == entry.rule && (entry.from.is_none() || entry.from == t.from));
            for condition in texts.flat_map(|t| &mut t.conditions).filter(|c| c.text == entry.condition) {
                all += 1;
                if !condition.is_shown() {
                    open += 1;
                    condition.accepted.get_or_insert_with(|| entry.reason.clone());
                }
            }
            if whole && open == 0 {
                let why = if all == 0 { "n'existe plus" } else { "décide seule : des cas le montrent" };
                self.stale.push((entry.clone(), why));
            }
        }
    }
}

/// A place as a key: file, first byte, and the byte after the last. It is equal in all plans of a pack.
type At = (usize, usize, usize);

fn at(span: &Span) -> At {
    (span.file, span.range.start, span.range.end)
}

/// What one case reached, by place.
#[derive(Default)]
struct Reached {
    /// What is written there was computed.
    places: BTreeSet<At>,
    /// The branch (by truth of the condition) of the `if` there was taken.
    branches: BTreeSet<(At, bool)>,
    /// The condition of that place and text had this value.
    seen: BTreeSet<((At, String), bool)>,
    /// And decided by it.
    shown: BTreeSet<((At, String), bool)>,
}

/// Runs the cases whose name or file contains `filter` and says what they reach. Whether their
/// outcomes are as expected is not looked at.
///
/// # Errors
/// Cases that name what is not in the pack, or that cannot be planned on their date.
pub fn coverage(pack: &Pack, references: &Dataset, filter: &str) -> Result<Coverage, PackError> {
    let parsed = pack.parsed();
    let groups = groups(pack, references, filter, Apart::Yes)?;
    let mut all: Vec<(Span, String, Reached)> = groups.par_iter().flat_map_iter(reached).collect();
    // In the order of the files, so that the first case that shows a condition is always the same one.
    all.sort_by_key(|(span, ..)| (span.file, span.range.start));
    let lines = Lines::of(parsed);
    let mut texts = written(parsed, &lines);
    for (_, case, reached) in &all {
        count(&mut texts, &lines, case, reached);
    }
    let texts = texts.into_iter().map(Counting::done).collect();
    let mut coverage = Coverage { cases: all.len(), texts, stale: Vec::new() };
    coverage.accept(&parsed.unseen.conditions, filter.is_empty());
    Ok(coverage)
}

/// The walk of each case of a group; `decisions` are those of its plan.
pub(crate) fn traces(group: &Group<'_>, decisions: &[Decision]) -> Vec<Trace> {
    let context = group.context(&group.plan);
    let mut evaluator = Evaluator::new(&context);
    let cases = group.cases.iter().enumerate().map(|(number, case)| {
        // What a case gives reasons for is asked too, but only outcomes can fail a mutant.
        let expected = case.expected.iter().map(|(name, ..)| name);
        let names: Vec<&String> = expected.chain(case.reasons.iter().map(|(name, ..)| name)).collect();
        let asked = group.plan.selected.iter().filter(|(name, _)| names.contains(&name));
        let nodes: Vec<_> = asked.map(|(_, node)| *node).collect();
        trace(&context, &mut evaluator, &nodes, group.row(&context, number), decisions)
    });
    cases.collect()
}

/// What each case of a group reaches, with its place and name.
fn reached(group: &Group<'_>) -> Vec<(Span, String, Reached)> {
    let plan = &group.plan;
    let decisions = decisions(plan);
    // Numbers of a plan become places of the pack, so that the groups' plans can be added up.
    let key = |number: usize, leaf: usize| {
        let leaf = decisions.get(number)?.leaves.get(leaf)?;
        Some((at(&leaf.place), text_of(plan, leaf.node)))
    };
    let keyed = |set: &BTreeSet<(usize, usize, bool)>| {
        set.iter().filter_map(|(number, leaf, value)| Some((key(*number, *leaf)?, *value))).collect()
    };
    // A rule that only territories give, and the choice among them, stand where the name of one of them does: only that
    // one is its text.
    let rules = &plan.parsed.rules;
    let shared: BTreeSet<At> =
        rules.iter().filter(|r| r.nowhere).flat_map(|r| &r.texts).map(|text| at(&text.span)).collect();
    let stands = |op: &Op, place: At| match op {
        Op::Rule(id, _) => rules.get(*id).is_some_and(|rule| !rule.nowhere),
        op => op.is_written() && !shared.contains(&place),
    };
    let traces = traces(group, &decisions);
    let cases = group.cases.iter().zip(traces).map(|(case, trace)| {
        let nodes = plan
            .nodes
            .iter()
            .zip(&trace.nodes)
            .filter(|(n, reached)| **reached && stands(&n.op, at(&n.span)));
        let reached = Reached {
            places: nodes.map(|(n, _)| at(&n.span)).collect(),
            branches: (trace.branches.iter())
                .filter_map(|(node, taken)| Some((at(&plan.node(*node)?.span), *taken)))
                .collect(),
            seen: keyed(&trace.seen),
            shown: keyed(&trace.shown),
        };
        (case.span.clone(), case.name.clone(), reached)
    });
    cases.collect()
}

/// The days from which a text of a rule holds, and the first day there is.
pub(crate) fn text_days(parsed: &Parsed) -> BTreeSet<Date> {
    let texts = parsed.rules.iter().flat_map(|r| &r.texts);
    [Date::constant(1, 1, 1)].into_iter().chain(texts.filter_map(|t| t.from)).collect()
}

/// A text being counted: its branches and conditions by place.
struct Counting {
    text: TextCoverage,
    branches: BTreeMap<(At, bool), Branch>,
    conditions: BTreeMap<(At, String), Condition>,
}

impl Counting {
    /// The counted text, branches and conditions in the order of their places.
    fn done(mut self) -> TextCoverage {
        self.text.branches = self.branches.into_values().collect();
        self.text.conditions = self.conditions.into_values().collect();
        self.text
    }
}

/// By file: where its second line and those after it begin, in bytes.
struct Lines(Vec<Vec<usize>>);

impl Lines {
    fn of(parsed: &Parsed) -> Lines {
        let starts = |text: &str| text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Lines(parsed.sources.files().iter().map(|f| starts(&f.text)).collect())
    }

    /// The line of a place, from 1.
    fn line(&self, (file, start, _): At) -> usize {
        self.0.get(file).map_or(0, |starts| starts.partition_point(|s| *s <= start)) + 1
    }
}

/// All that is written in the rules of a pack, reached by nothing yet.
fn written(parsed: &Arc<Parsed>, lines: &Lines) -> Vec<Counting> {
    // A rule that only territories give has their texts, and none of its own.
    let mut texts: Vec<TextCoverage> = parsed
        .rules
        .iter()
        .filter(|rule| !rule.nowhere)
        .flat_map(|rule| rule.texts.iter().map(move |text| (rule, text)))
        .map(|(rule, text)| TextCoverage {
            rule: rule.name.clone(),
            from: text.from,
            span: text.span.clone(),
            cases: 0,
            branches: Vec::new(),
            conditions: Vec::new(),
            lines: BTreeMap::new(),
        })
        .collect();
    texts.sort_by_key(|t| at(&t.span));
    let counting = |text| Counting { text, branches: BTreeMap::new(), conditions: BTreeMap::new() };
    let mut texts: Vec<Counting> = texts.into_iter().map(counting).collect();
    let mut branches: BTreeMap<(At, bool), String> = BTreeMap::new();
    let mut conditions: BTreeSet<(At, String)> = BTreeSet::new();
    let mut places: BTreeSet<At> = BTreeSet::new();
    // A text stands in the plans of all days on which it holds; by place it is counted once.
    for day in text_days(parsed) {
        let plan = Plan::whole(parsed, day);
        for (id, node) in (0..).zip(&plan.nodes) {
            if let Op::If(condition, ..) = node.op
                && plan.choice(id).is_none()
            {
                for taken in [true, false] {
                    branches.entry((at(&node.span), taken)).or_insert_with(|| text_of(&plan, condition));
                }
            }
            if node.op.is_written() || matches!(node.op, Op::Rule(..)) {
                places.insert(at(&node.span));
            }
        }
        for decision in decisions(&plan) {
            let leaves = decision.leaves.iter();
            conditions.extend(leaves.map(|leaf| (at(&leaf.place), text_of(&plan, leaf.node))));
        }
    }
    // Each branch, condition and line goes to the text in which it is written.
    for ((place, taken), text) in branches {
        if let Some(owner) = owner(&mut texts, place) {
            owner.branches.insert((place, taken), Branch { span: span(place), text, taken, cases: 0 });
        }
    }
    for (place, text) in conditions {
        if let Some(owner) = owner(&mut texts, place) {
            let condition = Condition {
                span: span(place),
                text: text.clone(),
                cases: [0, 0],
                shown: [None, None],
                accepted: None,
            };
            owner.conditions.insert((place, text), condition);
        }
    }
    for place in places {
        if let Some(owner) = owner(&mut texts, place) {
            owner.text.lines.insert(lines.line(place), 0);
        }
    }
    texts
}

fn span((file, start, end): At) -> Span {
    Span::new(file, start..end)
}

/// The text in which a place stands: the last that begins before it, in its file.
fn owner(texts: &mut [Counting], place: At) -> Option<&mut Counting> {
    let start = |t: &Counting| (t.text.span.file, t.text.span.range.start);
    let after = texts.partition_point(|t| start(t) <= (place.0, place.1));
    texts.get_mut(after.checked_sub(1)?).filter(|t| t.text.span.file == place.0)
}

/// Adds what a case reaches.
fn count(texts: &mut [Counting], lines: &Lines, case: &str, reached: &Reached) {
    // Places are in order, so those of one line and of one text follow each other.
    let (mut last_line, mut last_text) = (None, None);
    for place in &reached.places {
        let Some(owner) = owner(texts, *place) else { continue };
        let (line, text) = ((place.0, lines.line(*place)), at(&owner.text.span));
        if last_line.replace(line) != Some(line) {
            *owner.text.lines.entry(line.1).or_default() += 1;
        }
        if last_text.replace(text) != Some(text) {
            owner.text.cases += 1;
        }
    }
    // A case counts once for a branch and for a value of a condition, however often it passed there.
    for key @ (place, _) in &reached.branches {
        if let Some(branch) = owner(texts, *place).and_then(|o| o.branches.get_mut(key)) {
            branch.cases += 1;
        }
    }
    for (key, value) in &reached.seen {
        let condition = owner(texts, key.0).and_then(|o| o.conditions.get_mut(key));
        if let Some(n) = condition.and_then(|c| c.cases.get_mut(usize::from(*value))) {
            *n += 1;
        }
    }
    for (key, value) in &reached.shown {
        let condition = owner(texts, key.0).and_then(|o| o.conditions.get_mut(key));
        if let Some(first) = condition.and_then(|c| c.shown.get_mut(usize::from(*value))) {
            first.get_or_insert_with(|| case.to_string());
        }
    }
}
