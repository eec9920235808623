//! `/// monotone: décroissante en ressources`: does the outcome only fall as a value rises?
//!
//! The proof goes over the expression: a sum rises with its terms, `a <= b` falls with `a`, an `if`
//! whose condition turns must turn towards smaller outcomes. What it does not follow is looked for at
//! the thresholds: every number that the rule compares with, one below and one above, the other inputs
//! drawn from their own thresholds. A fall that is a rise there is a counterexample, with its inputs.

mod proof;
mod search;

use std::collections::HashMap;

use super::walk::Walk;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Span};
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::script::RuleText;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Date;
use proof::Proof;
use search::Search;

/// What a text says of its outcome.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// Does it say that the outcome never falls (true) or never rises (false)?
    rising: bool,
    /// The field or rule that it rises or falls with.
    target: Target,
    /// The name that it rises or falls with.
    pub name: String,
    /// Where it is said.
    pub span: Span,
}

/// Reads the tags of a text; what cannot be read is a finding.
pub(super) fn claims(parsed: &Parsed, text: &RuleText, into: &mut Vec<Diagnostic>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (said, span) in &text.doc.monotone {
        let mut rising = None;
        // `croissante en A, B, décroissante en C`
        for part in said.split(',').map(str::trim) {
            let name = match part.split_once(" en ") {
                Some((how, name)) => {
                    rising = direction(how.trim());
                    name.trim()
                }
                None => part,
            };
            let Some(rising) = rising else {
                into.push(texts::unreadable_claim(said, span.clone()));
                break;
            };
            let Some((target, _)) = Target::find(parsed, name) else {
                let known = parsed.rules.iter().map(|r| r.name.as_str());
                let known = known.chain(parsed.schema.fields.iter().map(|f| f.name.as_str()));
                into.push(texts::claim_of_nothing(name, known, span.clone()));
                continue;
            };
            claims.push(Claim { rising, target, name: name.to_string(), span: span.clone() });
        }
    }
    claims
}

/// Rising or falling, if it is one of these words.
fn direction(word: &str) -> Option<bool> {
    match word {
        "croissante" | "croissant" => Some(true),
        "décroissante" | "décroissant" | "decroissante" | "decroissant" => Some(false),
        _ => None,
    }
}

/// How an outcome moves as the value rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Not at all.
    Still,
    /// It never falls.
    Up,
    /// It never rises.
    Down,
    /// Not followed; the node where the trace is lost.
    Lost(NodeId),
}

impl Way {
    /// How the negative moves.
    fn turned(self) -> Way {
        match self {
            Way::Up => Way::Down,
            Way::Down => Way::Up,
            same => same,
        }
    }

    /// How a sum moves, or anything else that rises with both of its inputs; `at` is its node.
    fn with(self, other: Way, at: NodeId) -> Way {
        match (self, other) {
            (Way::Lost(n), _) | (_, Way::Lost(n)) => Way::Lost(n),
            (Way::Still, w) | (w, Way::Still) => w,
            (a, b) if a == b => a,
            _ => Way::Lost(at),
        }
    }
}

/// What is found of a claim in one period: nothing, if it is proved.
pub(super) enum Answer {
    /// It holds.
    Proved,
    /// It does not hold: an example.
    Refuted(String),
    /// Neither; where the proof is lost.
    Open(Span),
}

/// Proves or refutes a claim on a rule in one period.
pub(super) fn answer(
    parsed: &Parsed,
    whole: &Plan,
    walk: &mut Walk<'_>,
    rule: NodeId,
    claim: &Claim,
    day: Date,
) -> Answer {
    let mut proof = Proof { parsed, whole, walk, target: claim.target, day, ways: HashMap::new() };
    match proof.way(rule) {
        Way::Still => Answer::Proved,
        Way::Up if claim.rising => Answer::Proved,
        Way::Down if !claim.rising => Answer::Proved,
        // Not proved: what is not true is mostly shown by an example.
        way => {
            let search = Search { parsed, whole, claim, day };
            match search.counterexample(rule) {
                Some(example) => Answer::Refuted(example),
                None => {
                    let at = if let Way::Lost(node) = way { node } else { rule };
                    Answer::Open(whole.node(at).map(|n| n.span.clone()).unwrap_or_default())
                }
            }
        }
    }
}

/// Is this node the field or rule that a claim speaks of?
fn is_target(op: &Op, target: Target) -> bool {
    match (op, target) {
        (Op::Field(field), Target::Field(wanted)) => *field == wanted,
        (Op::Rule(rule, _), Target::Rule(wanted)) => *rule == wanted,
        (Op::DecisionDate, Target::DecisionDate) => true,
        _ => false,
    }
}
