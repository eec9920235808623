//! The walk from a rule's outcome to what decided it.
//!
//! It goes where evaluation went: into the branch taken and to the operand that settled an `&&` or `||`;
//! where a missing cell leaves that open, into all that it could have been. Each expression is told once
//! for a rule, each rule once for the outcome that is explained.

use std::collections::BTreeSet;

use super::marks::Marks;
use super::moot::Doubter;
use super::prepared::Prepared;
use super::shown::{row_name, show};
use super::{Because, Explanation, Member, MemberRule, RowName, Shown, text_of};
use crate::evaluate::possible::Possible;
use crate::evaluate::{Context, Evaluator, OfWhat, outcome};
use crate::reserves::Reserves;
use logis_data::visible_cell;
use logis_language::deep::deep;
use logis_language::exchange::Written;
use logis_language::graph::{RuleId, Step};
use logis_language::pack::doubt::{self, Kind};
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::plan::Choice;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::Value;

/// Explains outcomes of the rows of one data package.
pub(super) struct Explainer<'c, 'd> {
    context: &'c Context<'d>,
    evaluator: Evaluator<'c, 'd>,
    doubter: Doubter<'c, 'd>,
    /// Nothing if no selected outcome can rest on reserves.
    reserves: Option<Reserves<'c, 'd>>,
    /// What is doubted of in the outcome that is explained, in the order in which it is met.
    doubts: Vec<OfWhat>,
    /// Rules explained already in this outcome, with their rows.
    explained: Marks,
    /// Is it a member that is walked? Of what led to its value only rules and cells of parameters are told, so that nothing
    /// else is put into words.
    cited: Option<Cited>,
    /// Expressions told already, with their rows, in the frame of each rule: a `let` that is used twice in a rule is told
    /// once.
    told: Marks,
    /// The frame of the rule being explained.
    frame: u32,
    /// How many frames there were.
    frames: u32,
    /// Rows by their names, as far as they were told.
    names: Vec<((EntityId, u64), RowName)>,
}

/// What led to the values of members: rules and cells of parameters, each once.
#[derive(Default)]
struct Cited {
    ids: BTreeSet<RuleId>,
    rules: Vec<MemberRule>,
    parameters: Vec<Because>,
}

/// The frame of [`Explainer::explained`] for rules that are explained, and that of those walked for the sake of members, of
/// which only texts and doubts are told.
const EXPLAINED: u32 = 0;
const BESIDE: u32 = 1;

/// How many rows are remembered by their names: a row and those that it belongs to.
const NAMES: usize = 8;

impl<'c, 'd> Explainer<'c, 'd> {
    pub fn new(context: &'c Context<'d>, prepared: &'c Prepared, row: u64) -> Self {
        Explainer {
            context,
            evaluator: Evaluator::new(context),
            doubter: Doubter::new(context, &prepared.doubts, row),
            reserves: prepared.touched.as_ref().map(|touched| Reserves::with(context, touched.clone())),
            doubts: Vec::new(),
            explained: Marks::default(),
            cited: None,
            told: Marks::default(),
            frame: 0,
            frames: 0,
            names: Vec::new(),
        }
    }

    /// The explanation of a selected name: a rule, or a field by itself.
    pub fn selected(&mut self, name: &str, (number, node): (usize, NodeId), row: u64) -> Explanation {
        self.explained.clear();
        self.doubts.clear();
        self.told.clear();
        if let Some(mut explanation) = self.rule(node, row) {
            let moot = self.doubter.moot((number, node), &explanation.outcome, &self.doubts);
            moot.take_from(&mut explanation);
            return explanation;
        }
        // A field has no sentence and no source: only its value is told.
        let mut because = Vec::new();
        self.walk(node, row, &mut because);
        Explanation {
            rule: name.to_string(),
            label: String::new(),
            about: self.about(self.context.plan.entity, row),
            outcome: self.shown(node, row),
            unit: None,
            sources: Vec::new(),
            doubts: Vec::new(),
            combined: Vec::new(),
            reserves: Vec::new(),
            in_force: None,
            written: None,
            because,
        }
    }

    /// The explanation of a rule's node; `None` for a node of another kind.
    fn rule(&mut self, node: NodeId, row: u64) -> Option<Explanation> {
        let plan = self.context.plan;
        let expression = plan.node(node)?;
        let Op::Rule(id, body) = expression.op else { return None };
        self.explained.insert(EXPLAINED, node, row);
        let rule = plan.parsed.rules.get(id)?;
        let text = rule.text_near(plan.date)?;
        let mut because = Vec::new();
        self.in_own_frame(|this| this.walk(body, row, &mut because));
        self.doubt(id, &text.doc.doubts);
        Some(Explanation {
            rule: rule.name.clone(),
            label: text.doc.label.clone(),
            about: self.about(expression.entity, row),
            outcome: self.shown(node, row),
            unit: text.doc.unit.clone(),
            sources: text.doc.sources.clone(),
            doubts: self.doubts_of(id, &text.doc.doubts).cloned().collect(),
            combined: text.doc.combined.clone(),
            reserves: self.reserves.as_mut().map_or_else(Vec::new, |r| r.of(node, row)),
            in_force: rule.outside(plan.date).map(|why| why.to_string()),
            written: Written::of(&plan.parsed.sources, &text.span),
            because,
        })
    }

    /// Calls `f` for another rule, which tells its expressions for itself.
    fn in_own_frame(&mut self, f: impl FnOnce(&mut Self)) {
        self.frames += 1;
        let outer = std::mem::replace(&mut self.frame, self.frames);
        deep(|| f(self));
        self.frame = outer;
    }

    /// Cites a rule that led to the value of a member, before those that led to its own.
    fn cited_rule(&mut self, node: NodeId, row: u64) {
        let plan = self.context.plan;
        let Some(&Op::Rule(id, body)) = plan.node(node).map(|n| &n.op) else { return };
        if !self.explained.insert(BESIDE, node, row) {
            return;
        }
        let Some(rule) = plan.parsed.rules.get(id) else { return };
        let Some(text) = rule.text_near(plan.date) else { return };
        if self.cited.as_mut().is_some_and(|cited| cited.ids.insert(id)) {
            let found = MemberRule {
                rule: rule.name.clone(),
                label: text.doc.label.clone(),
                sources: text.doc.sources.clone(),
                doubts: self.doubts_of(id, &text.doc.doubts).cloned().collect(),
            };
            if let Some(cited) = &mut self.cited {
                cited.rules.push(found);
            }
        }
        self.in_own_frame(|this| this.walk(body, row, &mut Vec::new()));
        self.doubt(id, &text.doc.doubts);
    }

    /// Adds what led to the value of a node.
    fn walk(&mut self, node: NodeId, row: u64, into: &mut Vec<Because>) {
        let Some(expression) = self.context.plan.node(node) else { return };
        // A rule that comes again says so itself (`Because::Above`).
        if !matches!(expression.op, Op::Rule(..)) && !self.told.insert(self.frame, node, row) {
            return;
        }
        deep(|| self.tell(node, &expression.op, row, into));
    }

    /// Tells one node, by the kind of its operation.
    fn tell(&mut self, node: NodeId, op: &Op, row: u64, into: &mut Vec<Because>) {
        match op {
            Op::Const(_) | Op::DecisionDate => {}
            Op::Rule(id, _) => self.needed_rule(node, *id, row, into),
            Op::Field(id) => self.input(node, *id, row, into),
            Op::Up(step, inner) => self.row_elsewhere(*step, *inner, row, into),
            Op::Members(child, _, inner) => self.members(node, *child, *inner, row, into),
            Op::Compare(comparison, a, b) => self.comparison(node, *comparison, (*a, *b), row, into),
            Op::And(a, b) => self.connective(false, *a, *b, row, into),
            Op::Or(a, b) => self.connective(true, *a, *b, row, into),
            Op::If(condition, a, b) => match self.context.plan.choice(node) {
                Some(choice) => self.of_territory(choice, row, into),
                None => self.conditional(*condition, *a, *b, row, into),
            },
            Op::Param(id, keys) => self.parameter(node, *id, keys, row, into),
            // What is computed beside the value, only because Rhai computes it, decides nothing.
            Op::Strict(_, value) => self.walk(*value, row, into),
            Op::Not(_) | Op::Negate(_) | Op::Arithmetic(..) | Op::Call(..) => {
                for input in op.inputs() {
                    self.walk(input, row, into);
                }
            }
        }
    }

    /// A rule that was needed: explained in its place, or above.
    fn needed_rule(&mut self, node: NodeId, id: RuleId, row: u64, into: &mut Vec<Because>) {
        if self.cited.is_some() {
            self.cited_rule(node, row);
        } else if self.explained.contains(EXPLAINED, node, row) {
            let rule = self.context.plan.parsed.rules.get(id).map_or(String::new(), |r| r.name.clone());
            into.push(Because::Above { rule, outcome: self.shown(node, row) });
        } else if let Some(explanation) = self.rule(node, row) {
            into.push(Because::Rule(Box::new(explanation)));
        }
    }

    fn input(&mut self, node: NodeId, id: FieldId, row: u64, into: &mut Vec<Because>) {
        if self.cited.is_some() {
            return;
        }
        let Some(field) = self.context.plan.parsed.schema.fields.get(id) else { return };
        let input = Because::Input {
            field: field.name.clone(),
            label: field.label.clone(),
            about: self.about(field.entity, row),
            value: self.shown(node, row),
            unit: field.unit.clone(),
        };
        // Two nodes may read one cell: where equal expressions stay apart.
        if !into.contains(&input) {
            into.push(input);
        }
    }

    /// A value of the row that a step leads to; nothing if it leads to none, which the outcome says.
    fn row_elsewhere(&mut self, step: Step, inner: NodeId, row: u64, into: &mut Vec<Because>) {
        if let Ok(parent) = self.context.step(step, row) {
            self.walk(inner, parent, into);
        }
    }

    /// The values of all members; of what led to each, only the texts and the doubts.
    fn members(&mut self, node: NodeId, child: EntityId, inner: NodeId, row: u64, into: &mut Vec<Because>) {
        // What led to each would be as long again as the explanation of a row.
        let context = self.context;
        let members = context.members(node, row);
        if self.cited.is_some() {
            return members.iter().for_each(|member| self.walk(inner, u64::from(*member), into));
        }
        let values = members
            .iter()
            .map(|m| {
                let id = self.context.dataset.tables.get(child).and_then(|t| t.ids.text(*m as usize));
                let id = id.map_or_else(String::new, |id| visible_cell(id).into_owned());
                Member { id, value: self.shown(inner, u64::from(*m)) }
            })
            .collect();
        // What is walked here is not shown, so that nothing may say that it was explained above.
        self.cited = Some(Cited::default());
        self.in_own_frame(|this| {
            members.iter().for_each(|member| this.walk(inner, u64::from(*member), &mut Vec::new()));
        });
        let Cited { rules, parameters, .. } = self.cited.take().unwrap_or_default();
        into.push(Because::Members {
            name: text_of(context.plan, inner),
            values,
            rules,
            parameters,
            of: inner,
        });
    }

    /// A comparison, and what led to its two sides.
    fn comparison(
        &mut self,
        node: NodeId,
        comparison: Comparison,
        (a, b): (NodeId, NodeId),
        row: u64,
        into: &mut Vec<Because>,
    ) {
        if self.cited.is_none() {
            into.push(Because::Comparison {
                text: text_of(self.context.plan, node),
                left: self.shown(a, row),
                sign: comparison.symbol(),
                right: self.shown(b, row),
                holds: self.shown(node, row),
                sides: (a, b),
            });
        }
        self.walk(a, row, into);
        self.walk(b, row, into);
    }

    /// `a && b` or `a || b`. An operand of the value `settling` (false for `&&`, true for `||`) decides
    /// alone, and only it is told: the left one if both are, as it is evaluated first.
    fn connective(&mut self, settling: bool, a: NodeId, b: NodeId, row: u64, into: &mut Vec<Because>) {
        let left = self.truth(a, row) == Some(settling);
        let right = !left && self.truth(b, row) == Some(settling);
        if !right {
            self.walk(a, row, into);
        }
        if !left {
            self.walk(b, row, into);
        }
    }

    /// Of which territory the row is, and what holds there; nothing of what holds in others.
    fn of_territory(&mut self, mut choice: Choice, row: u64, into: &mut Vec<Because>) {
        let plan = self.context.plan;
        loop {
            self.walk(choice.territory, row, into);
            let here = self.shown(choice.territory, row);
            let Some(name) = choice.name(plan) else { return };
            match here {
                Shown::Value(value) if value == *name => return self.walk(choice.here, row, into),
                Shown::Value(_) => {}
                Shown::Unknown(_) | Shown::Error(_) => return,
            }
            match plan.choice(choice.elsewhere) {
                Some(next) => choice = next,
                None => return self.walk(choice.elsewhere, row, into),
            }
        }
    }

    /// The condition, and the branch that it chooses; both if it is not known.
    fn conditional(&mut self, condition: NodeId, a: NodeId, b: NodeId, row: u64, into: &mut Vec<Because>) {
        self.walk(condition, row, into);
        let chosen = self.truth(condition, row);
        if chosen != Some(false) {
            self.walk(a, row, into);
        }
        if chosen != Some(true) {
            self.walk(b, row, into);
        }
    }

    /// A cell of a parameter's table, and what led to its keys.
    fn parameter(
        &mut self,
        node: NodeId,
        id: ParameterId,
        keys: &[NodeId],
        row: u64,
        into: &mut Vec<Because>,
    ) {
        let plan = self.context.plan;
        let (Some(parameter), Some(version)) = (plan.parsed.parameters.get(id), plan.parameter(id)) else {
            return;
        };
        // The line of the cell itself if all keys are known, else of the version of the table.
        let known: Option<Vec<Value>> = keys
            .iter()
            .map(|k| self.evaluator.eval(*k, row).ok().as_ref().and_then(|p| p.known().cloned()))
            .collect();
        let cell = known.as_ref().and_then(|k| version.cells.get(k));
        let written = cell.map_or(&version.span, |c| &c.span);
        let shown = Because::Parameter {
            path: parameter.path.clone(),
            label: parameter.label.clone(),
            keys: keys.iter().map(|k| self.shown(*k, row)).collect(),
            value: self.shown(node, row),
            unit: parameter.unit.clone(),
            from: version.from.to_string(),
            source: version.cited(),
            doubt: version.doubt.clone(),
            verified: parameter.verified.as_ref().map(|v| v.on.to_string()),
            written: Written::of(&plan.parsed.sources, written),
        };
        if let Some(doubt) = &version.doubt {
            self.doubts.push(OfWhat::Parameter(id, doubt::split(doubt).0));
        }
        let into_parameters = match &mut self.cited {
            Some(cited) => &mut cited.parameters,
            None => &mut *into,
        };
        if !into_parameters.contains(&shown) {
            into_parameters.push(shown);
        }
        for key in keys {
            self.walk(*key, row, into);
        }
    }

    /// The doubts of a rule; where it is not in force, only those on dates.
    fn doubts_of<'t>(
        &self,
        rule: RuleId,
        doubts: &'t [String],
    ) -> impl Iterator<Item = &'t String> + use<'t> {
        let plan = self.context.plan;
        let outside = plan.parsed.rules.get(rule).is_some_and(|r| r.outside(plan.date).is_some());
        doubts.iter().filter(move |doubt| !outside || doubt::split(doubt).0 == Kind::Date)
    }

    /// A rule was met: so were its doubts.
    fn doubt(&mut self, rule: RuleId, doubts: &[String]) {
        if self.doubts_of(rule, doubts).next().is_some() {
            self.doubts.push(OfWhat::Rule(rule));
        }
    }

    /// The value of a boolean node; `None` if it is not known or an error.
    fn truth(&mut self, node: NodeId, row: u64) -> Option<bool> {
        self.evaluator.eval(node, row).ok().as_ref().and_then(Possible::known_bool)
    }

    fn shown(&mut self, node: NodeId, row: u64) -> Shown {
        let outcome = outcome(&mut self.evaluator, node, row);
        show(self.context.plan, self.context.dataset, &outcome)
    }

    fn about(&mut self, entity: EntityId, row: u64) -> RowName {
        if let Some((_, name)) = self.names.iter().find(|(at, _)| *at == (entity, row)) {
            return name.clone();
        }
        let name = row_name(self.context.plan, self.context.dataset, entity, row);
        if self.names.len() < NAMES {
            self.names.push(((entity, row), name.clone()));
        }
        name
    }
}
