//! Every text of every rule, checked: on each day on which one begins, all rules are lowered, and what is wrong in
//! any of them is reported.
//!
//! From one of those days to the next few rules change. So the rules are wired once, put into one order that holds
//! on all days, and only those are lowered again whose own text, or that of a rule or function that they read, is
//! another one; nodes are shared between the days. Where anything is wrong, all is done again day by day
//! ([`one_by_one`]), which words each problem as of the first day on which it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::algo::toposort;
use petgraph::graph::DiGraph;

use super::lower::Lowering;
use super::units;
use crate::diagnostic::Diagnostics;
use crate::graph::{Link, RuleGraph, RuleId, Target, Wired, Wiring, called, wire_text};
use crate::pack::Parsed;
use crate::pack::script::RuleText;
use crate::value::{Date, Type};

/// Lowers every rule on every day on which a text begins, to report what is wrong in any of them; gives the types
/// of the rules without error. Between two of those days nothing changes: a rule that is whole on them is whole
/// on every day.
pub(crate) fn check_all(parsed: &Parsed, out: &mut Diagnostics) -> BTreeMap<RuleId, Type> {
    let mut days: BTreeSet<Date> = [Date::constant(1, 1, 1)].into();
    days.extend(parsed.rules.iter().flat_map(|r| &r.texts).filter_map(|t| t.from));
    together(parsed, &days).unwrap_or_else(|| one_by_one(parsed, &days, out))
}

/// Each day by itself, with a graph of its own.
fn one_by_one(parsed: &Parsed, days: &BTreeSet<Date>, out: &mut Diagnostics) -> BTreeMap<RuleId, Type> {
    let mut types = BTreeMap::new();
    for &day in days {
        let graph = RuleGraph::wire(parsed, day, None, out);
        let mut lowering = Lowering::new(&graph.wiring, out);
        for &rule in &graph.order {
            let node = lowering.rule(rule).and_then(|node| lowering.nodes.get(node as usize));
            types.extend(node.map(|node| (rule, node.ty.clone())));
        }
        let nodes = lowering.nodes;
        units::check(parsed, &nodes, out);
    }
    // A rule not yet in force is no error of the pack: only of a plan that asks for it.
    out.items.retain(|d| d.code != NOT_YET);
    types
}

/// The code of a rule that has no text yet on the day.
const NOT_YET: &str = "L0111";

/// All days in one pass; `None` if anything is wrong on any of them, or if no one order of the rules holds on all.
fn together(parsed: &Parsed, days: &BTreeSet<Date>) -> Option<BTreeMap<RuleId, Type>> {
    let mut found = Diagnostics::default();
    let texts = Texts::of(parsed, &mut found)?;
    // Where the rules are wired on each day; they outlive the lowering that goes from one to the next.
    let wirings: Vec<Wiring<'_>> = days.iter().map(|day| texts.on(parsed, *day)).collect();
    let mut before: Vec<State> = vec![None; parsed.rules.len()];
    let mut lowering = Lowering::new(wirings.first()?, &mut found);
    let mut types = BTreeMap::new();
    for wiring in &wirings {
        let states: Vec<State> =
            parsed.rules.iter().map(|rule| number_at(&rule.texts, wiring.date)).collect();
        // In order, a rule comes after all that it reads: one pass finds all that a change reaches.
        let mut changed = vec![false; states.len()];
        for &rule in &texts.order {
            let reads = texts.reads(rule, states.get(rule).copied().flatten());
            let reached = reads.iter().any(|read| changed.get(*read) == Some(&true));
            if let Some(changed) = changed.get_mut(rule) {
                *changed = reached || states.get(rule) != before.get(rule);
            }
        }
        let reached = || texts.order.iter().copied().filter(|rule| changed.get(*rule) == Some(&true));
        lowering.go_on(wiring, reached());
        for rule in reached().filter(|rule| wiring.rules.get(*rule).is_some_and(Option::is_some)) {
            let node = lowering.rule(rule).and_then(|node| lowering.nodes.get(node as usize));
            types.extend(node.map(|node| (rule, node.ty.clone())));
        }
        before = states;
    }
    let nodes = lowering.nodes;
    units::check(parsed, &nodes, &mut found);
    found.items.iter().all(|d| d.code == NOT_YET).then_some(types)
}

/// The number of the text of a rule or function among its texts; `None` before its first. Until a pack is checked
/// no rule is out of force: its texts must be right on all days.
type State = Option<usize>;

/// The texts of all rules and functions, each wired once.
struct Texts {
    /// By rule and text: what its parameters stand for; nothing of a function that decides nothing by itself.
    links: Vec<Vec<Option<Arc<[Link]>>>>,
    /// By rule and text: the rules and functions that it reads or calls.
    reads: Vec<Vec<Vec<RuleId>>>,
    /// Rules and functions, each after all that any of its texts reads or calls.
    order: Vec<RuleId>,
}

impl Texts {
    /// Wires all texts; `None` if one does not wire, or if their order is a circle.
    fn of(parsed: &Parsed, out: &mut Diagnostics) -> Option<Texts> {
        let mut graph = DiGraph::<RuleId, ()>::new();
        let nodes: Vec<_> = (0..parsed.rules.len()).map(|rule| graph.add_node(rule)).collect();
        let (mut links, mut reads) = (Vec::new(), Vec::new());
        for (rule, &node) in parsed.rules.iter().zip(&nodes) {
            let (mut links_of_rule, mut reads_of_rule) = (Vec::new(), Vec::new());
            for text in &rule.texts {
                let wired = match text.helper {
                    true => None,
                    false if rule.nowhere => Some(Arc::default()),
                    false => Some(wire_text(parsed, rule, text, None, out)?),
                };
                let mut read = if rule.nowhere { BTreeSet::new() } else { called(parsed, text) };
                read.extend(rule.local.iter().copied());
                read.extend(wired.iter().flat_map(|links| links.iter()).filter_map(|l| match l.target {
                    Target::Rule(rule) => Some(rule),
                    _ => None,
                }));
                for needed in &read {
                    graph.update_edge(*nodes.get(*needed)?, node, ());
                }
                links_of_rule.push(wired);
                reads_of_rule.push(read.into_iter().collect());
            }
            links.push(links_of_rule);
            reads.push(reads_of_rule);
        }
        let order = toposort(&graph, None).ok()?.into_iter().map(|node| graph[node]).collect();
        Some(Texts { links, reads, order })
    }

    /// The rules as they are wired on a day.
    fn on<'p>(&self, parsed: &'p Parsed, day: Date) -> Wiring<'p> {
        let rules = parsed.rules.iter().zip(&self.links).map(|(rule, links)| {
            let number = number_at(&rule.texts, day)?;
            let (text, links) = (rule.texts.get(number)?, links.get(number)?.clone()?);
            let local = rule.local.iter().copied().filter(|id| has_text(parsed, *id, day)).collect();
            Some(Wired { text, links, local, outside: false })
        });
        Wiring { parsed, date: day, dated: false, rules: rules.collect() }
    }

    /// What a rule reads or calls in a state.
    fn reads(&self, rule: RuleId, state: State) -> &[RuleId] {
        state.and_then(|text| self.reads.get(rule)?.get(text)).map_or(&[], Vec::as_slice)
    }
}

/// The number of the text in force on a day, of texts sorted by the day on which they begin.
fn number_at(texts: &[RuleText], day: Date) -> State {
    texts.iter().rposition(|t| t.from.is_none_or(|from| from <= day))
}

/// Has a rule a text on a day? While a pack is checked its territories are there on all days.
fn has_text(parsed: &Parsed, rule: RuleId, day: Date) -> bool {
    parsed.rules.get(rule).is_some_and(|rule| number_at(&rule.texts, day).is_some())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SCHEMA: &str = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
        fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\nfields.loyer = { type = \"amount\", unit = \"EUR/mois\" }\n";

    fn parsed(files: &[(&str, &str)]) -> Parsed {
        let mut out = Diagnostics::default();
        let files = files.iter().chain(&[("schema.toml", SCHEMA)]);
        let files =
            files.map(|(path, text)| (path.to_string(), text.to_string().into_bytes().into())).collect();
        let parsed = crate::pack::read("", files, false, &mut out);
        assert!(!out.has_errors(), "{:?}", out.items);
        parsed
    }

    fn days(parsed: &Parsed) -> BTreeSet<Date> {
        let from = parsed.rules.iter().flat_map(|r| &r.texts).filter_map(|t| t.from);
        from.chain([Date::constant(1, 1, 1)]).collect()
    }

    /// What is computed on all days at once is what is computed day by day.
    #[test]
    fn all_days_at_once_give_the_types_of_each_day_by_itself() {
        let files = logis_rules_files();
        let mut out = Diagnostics::default();
        let shipped = crate::pack::read("rules", files, false, &mut out);
        let days = days(&shipped);
        assert!(days.len() > 20, "{}", days.len());
        let types = together(&shipped, &days).unwrap();
        assert_eq!(types, one_by_one(&shipped, &days, &mut out));
        assert!(!out.has_errors(), "{:?}", out.items);
    }

    fn logis_rules_files() -> Vec<(String, bytes::Bytes)> {
        let files = crate::Pack::files("../../rules").unwrap();
        files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect()
    }

    /// A mistake that shows on a later day only, through whatever it is reached, keeps the days from being
    /// checked at once, and is reported.
    #[test]
    fn a_mistake_of_a_later_day_is_seen_through_all_that_it_is_reached_by() {
        let head = "//! entité: menage\n";
        let good: [(&str, String); 3] = [
            ("f.rhai", format!("{head}private fn f(x) {{ g(x) }}\nprivate fn g(x) {{ x + 1 }}\n")),
            ("a.rhai", format!("{head}/// unité: EUR/an\nfn a(revenu) {{ f(revenu) }}\n")),
            ("b.rhai", format!("{head}fn b(a, revenu) {{ a < revenu }}\n")),
        ];
        let later = [
            // A function that a function calls gives another type.
            ("g.2020-01-01.rhai", format!("{head}private fn g(x) {{ x > 1 }}\n")),
            // A rule that a rule reads gives another type.
            ("a.2020-01-01.rhai", format!("{head}fn a(revenu) {{ revenu > 1 }}\n")),
            // The unit of a rule changes, its code does not.
            ("a.2020-01-01.rhai", format!("{head}/// unité: EUR/mois\nfn a(revenu) {{ f(revenu) }}\n")),
            // A rule reads what it did not read, and so they go round in a circle.
            (
                "a.2020-01-01.rhai",
                format!("{head}/// unité: EUR/an\nfn a(b, revenu) {{ if b {{ 1 }} else {{ revenu }} }}\n"),
            ),
            // A rule itself is wrong.
            ("b.2020-01-01.rhai", format!("{head}fn b(a, loyer) {{ a < loyer }}\n")),
        ];
        let texts = |more: &[(&'static str, String)]| {
            let all: Vec<(&str, String)> = good.iter().chain(more).cloned().collect();
            parsed(&all.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>())
        };
        let whole = texts(&[]);
        assert!(together(&whole, &days(&whole)).is_some());
        for file in later {
            let broken = texts(std::slice::from_ref(&file));
            assert_eq!(together(&broken, &days(&broken)), None, "{file:?}");
            let mut out = Diagnostics::default();
            check_all(&broken, &mut out);
            assert!(out.has_errors(), "{file:?}");
        }
    }
}
