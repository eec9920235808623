//! Lowering: from the syntax tree of the rules to the typed expression graph.
//!
//! The allowed subset of Rhai is what these modules understand; all else is reported where it
//! stands. Types are inferred from the fields, parameters and constants upwards, and checked here,
//! before anything runs.
//!
//! A rule is lowered after all rules that it needs. Its parameters become nodes ([`names`]); its body
//! is followed statement by statement ([`statements`]) and expression by expression ([`expressions`],
//! [`calls`], [`operators`], [`parameter`]); each of them adds nodes ([`nodes`]), and says what is wrong
//! at the place where it is written ([`places`]).

mod calls;
mod expressions;
mod names;
mod nodes;
mod operators;
mod parameter;
mod places;
mod statements;

use std::collections::HashMap;

use super::ir::{Node, NodeId, Op};
use super::{Apart, Places};
use crate::diagnostic::{Diagnostics, FileId, Span, texts};
use crate::graph::{RuleId, Wired, Wiring};
use crate::pack::RuleTexts;
use crate::pack::force::value_outside;
use crate::pack::schema::EntityId;
use nodes::Traits;

/// The nodes of a plan being built.
pub(super) struct Lowering<'g, 'p, 'o> {
    pub wiring: &'g Wiring<'p>,
    pub nodes: Vec<Node>,
    /// Where the operands of connectors and branches are written; empty unless expressions stay apart.
    pub places: Places,
    /// Do equal expressions that are written in two places stay two nodes?
    pub apart: Apart,
    /// Hash consing: the node that computes an operation for an entity. The span is part of the key
    /// of a rule's outcome, since each of its texts declares its own unit; of others only if equal expressions
    /// stay apart.
    interned: HashMap<(Op, EntityId, Option<Span>), NodeId>,
    /// By node: what is known of it without evaluating it.
    traits: Vec<Traits>,
    /// Calls of the pack's functions that were replaced by the function's body: where the function is
    /// written (file, byte), the entity, the arguments; and the node, or `None` if it has an error.
    inlined: HashMap<(FileId, usize, EntityId, Vec<NodeId>), Option<NodeId>>,
    /// Was a limit on nodes or levels met? Then nothing more is lowered.
    pub(super) too_large: bool,
    /// The outcome node of each rule lowered so far; `None` if it has an error.
    rules: HashMap<RuleId, Option<NodeId>>,
    /// Functions whose bodies are being inlined, outermost first: one that is called again is a cycle.
    calls: Vec<String>,
    /// Is the next expression the direct argument of a rounding? A division there needs no exact result.
    in_rounding: bool,
    out: &'o mut Diagnostics,
}

/// The names that a function's code sees, with their nodes; a later one hides an earlier one.
type Env = Vec<(String, NodeId)>;

/// Where code being lowered stands.
#[derive(Clone, Copy)]
struct Place {
    /// The entity whose rows the code speaks of.
    entity: EntityId,
    file: FileId,
}

impl<'g, 'p, 'o> Lowering<'g, 'p, 'o> {
    pub fn new(wiring: &'g Wiring<'p>, out: &'o mut Diagnostics) -> Self {
        Lowering {
            wiring,
            nodes: Vec::new(),
            places: Places::new(),
            apart: Apart::No,
            interned: HashMap::new(),
            traits: Vec::new(),
            inlined: HashMap::new(),
            too_large: false,
            rules: HashMap::new(),
            calls: Vec::new(),
            in_rounding: false,
            out,
        }
    }

    /// The outcome node of a rule; `None` if it has an error (reported) or needs a rule that has.
    /// The rules that it needs must have been lowered before: call it in an order of evaluation.
    pub fn rule(&mut self, id: RuleId) -> Option<NodeId> {
        if let Some(done) = self.rules.get(&id) {
            return *done;
        }
        let node = self.lower_rule(id);
        self.rules.insert(id, node);
        node
    }

    /// Goes on with the rules as they are wired on another day. What was lowered stays: the outcomes of all rules
    /// but `changed`, whose own text, or that of a rule or function that they read, is another one now.
    pub(super) fn go_on(&mut self, wiring: &'g Wiring<'p>, changed: impl IntoIterator<Item = RuleId>) {
        self.wiring = wiring;
        for rule in changed {
            self.rules.remove(&rule);
        }
        // A function that was inlined may call one that has another text now.
        self.inlined.clear();
    }

    fn lower_rule(&mut self, id: RuleId) -> Option<NodeId> {
        let wiring = self.wiring;
        let rule = wiring.parsed.rules.get(id)?;
        let wired = wiring.rules.get(id)?.as_ref()?;
        if wired.outside {
            return self.absent(id, rule, wired.text.span.clone());
        }
        if rule.nowhere {
            return self.local_rule(id, rule, wired, None);
        }
        let place = Place { entity: rule.entity, file: wired.text.span.file };
        // Every parameter is linked before giving up, so that all that is wrong is reported at once.
        let mut env = Env::new();
        let mut complete = true;
        for ((name, span), link) in wired.text.params.iter().zip(wired.links.iter()) {
            match self.link(link, rule.entity, span) {
                Some(node) => env.push((name.clone(), node)),
                None => complete = false,
            }
        }
        if !complete {
            return None;
        }
        let body = self.function_body(wired.text, env, place)?;
        self.local_rule(id, rule, wired, Some(body))
    }

    /// The outcome node of a rule: its body, or the outcome of the rule that the territory of the row gives in its place.
    /// Without a body it is unknown where no territory gives it.
    fn local_rule(
        &mut self,
        id: RuleId,
        rule: &RuleTexts,
        wired: &Wired<'_>,
        body: Option<NodeId>,
    ) -> Option<NodeId> {
        let parsed = self.wiring.parsed;
        let (place, span) = (Place { entity: rule.entity, file: wired.text.span.file }, &wired.text.span);
        // Every local rule has an outcome node by now; one with an error was reported.
        let local: Option<Vec<(RuleId, NodeId)>> =
            wired.local.iter().map(|local| Some((*local, *self.rules.get(local)?.as_ref()?))).collect();
        let local = local?;
        let mut chosen = match (body, local.first()) {
            (Some(body), _) => body,
            // Read as a parameter beyond all, which has no value on any day.
            (None, first) => {
                let ty = match first {
                    Some((_, first)) => self.ty(*first),
                    None => parsed.kind(id)?.clone(),
                };
                self.node(Op::Param(parsed.parameters.len() + id, Vec::new()), rule.entity, ty, span.clone())
            }
        };
        let ty = self.ty(chosen);
        for (local, node) in local {
            let own = parsed.rules.get(local)?;
            if !self.ty(node).matches(&ty) {
                let at = own.texts.first().map(|t| t.span.clone()).unwrap_or_default();
                self.out.push(texts::territories::rule_differs(&rule.name, at, span.clone()));
                return None;
            }
            let here = self.in_territory(own.territory?, place, span)?;
            chosen = self.node(Op::If(here, node, chosen), rule.entity, ty.clone(), span.clone());
        }
        Some(self.node(Op::Rule(id, chosen), rule.entity, ty, span.clone()))
    }

    /// The outcome node of a rule that is not in force: false, 0, or a value that is never known.
    fn absent(&mut self, id: RuleId, rule: &RuleTexts, span: Span) -> Option<NodeId> {
        let ty = self.wiring.parsed.kind(id)?.clone();
        let body = match value_outside(&ty) {
            Some(value) => Op::Const(value),
            // Read as a parameter beyond all, which has no value on any day.
            None => Op::Param(self.wiring.parsed.parameters.len() + id, Vec::new()),
        };
        let body = self.node(body, rule.entity, ty.clone(), span.clone());
        Some(self.node(Op::Rule(id, body), rule.entity, ty, span))
    }
}
