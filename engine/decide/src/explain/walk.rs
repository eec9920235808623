//! The walk from a rule's outcome to what decided it.
//!
//! It goes where evaluation went: into the branch taken and to the operand that settled an `&&` or `||`;
//! where a missing cell leaves that open, into all that it could have been. Each expression is told once
//! for a rule, each rule once for the outcome that is explained.

use std::collections::BTreeSet;

use super::moot::{OfWhat, all_open, moot};
use super::prepared::Prepared;
use super::shown::{row_name, show};
use super::{Because, Explanation, Member, MemberRule, RowName, Shown, text_of};
use crate::evaluate::possible::Possible;
use crate::evaluate::{Context, Evaluator, outcome};
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
    prepared: &'c Prepared,
    /// By selected outcome: what it comes to while all is open that is doubted of.
    open: Vec<Possible>,
    /// Nothing if no selected outcome can rest on reserves.
    reserves: Option<Reserves<'c, 'd>>,
    /// What is doubted of in the outcome that is explained, in the order in which it is met.
    doubts: Vec<OfWhat>,
    /// Rules explained already in this outcome, with their rows.
    explained: BTreeSet<(NodeId, u64)>,
    /// Rules walked already in this outcome for the sake of members: of them only texts and doubts are told.
    beside: BTreeSet<(NodeId, u64)>,
    /// Is it a member that is walked? Of what led to its value only rules and cells of parameters are told, so that nothing
    /// else is put into words: see [`cited`].
    in_member: bool,
    /// Expressions told already in the rule being explained, with their rows: a `let` that is used twice
    /// is told once.
    told: BTreeSet<(NodeId, u64)>,
}

impl<'c, 'd> Explainer<'c, 'd> {
    pub fn new(context: &'c Context<'d>, prepared: &'c Prepared, row: u64) -> Self {
        Explainer {
            context,
            evaluator: Evaluator::new(context),
            prepared,
            open: all_open(context, &prepared.doubts, row),
            reserves: prepared.touched.as_ref().map(|touched| Reserves::with(context, touched.clone())),
            doubts: Vec::new(),
            explained: BTreeSet::new(),
            beside: BTreeSet::new(),
            in_member: false,
            told: BTreeSet::new(),
        }
    }

    /// The explanation of a selected name: a rule, or a field by itself.
    pub fn selected(&mut self, name: &str, (number, node): (usize, NodeId), row: u64) -> Explanation {
        self.explained.clear();
        self.beside.clear();
        self.doubts.clear();
        self.told.clear();
        if let Some(mut explanation) = self.rule(node, row) {
            if let Some(below) = self.prepared.doubts.below(self.context.plan, number) {
                let of = (below, self.open.get(number));
                let moot = moot(self.context, (node, row), &explanation.outcome, &self.doubts, of);
                moot.take_from(&mut explanation);
            }
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
        self.explained.insert((node, row));
        let rule = plan.parsed.rules.get(id)?;
        let text = rule.text_near(plan.date)?;
        let mut because = Vec::new();
        // What the outer rule was told is set aside: this one tells its expressions for itself.
        let outer = std::mem::take(&mut self.told);
        deep(|| self.walk(body, row, &mut because));
        self.told = outer;
        if self.in_member {
            // Of a rule that led to a member's value only this is told: see [`cited`].
            return Some(Explanation {
                rule: rule.name.clone(),
                label: text.doc.label.clone(),
                about: RowName::default(),
                outcome: Shown::Unknown(Vec::new()),
                unit: None,
                sources: text.doc.sources.clone(),
                doubts: self.doubts_of(id, &text.doc.doubts),
                combined: Vec::new(),
                reserves: Vec::new(),
                in_force: None,
                written: None,
                because,
            });
        }
        Some(Explanation {
            rule: rule.name.clone(),
            label: text.doc.label.clone(),
            about: self.about(expression.entity, row),
            outcome: self.shown(node, row),
            unit: text.doc.unit.clone(),
            sources: text.doc.sources.clone(),
            doubts: self.doubts_of(id, &text.doc.doubts),
            combined: text.doc.combined.clone(),
            reserves: self.reserves.as_mut().map_or_else(Vec::new, |r| r.of(node, row)),
            in_force: rule.outside(plan.date).map(|why| why.to_string()),
            written: Written::of(&plan.parsed.sources, &text.span),
            because,
        })
    }

    /// Adds what led to the value of a node.
    fn walk(&mut self, node: NodeId, row: u64, into: &mut Vec<Because>) {
        let Some(expression) = self.context.plan.node(node) else { return };
        // A rule that comes again says so itself (`Because::Above`).
        if !matches!(expression.op, Op::Rule(..)) && !self.told.insert((node, row)) {
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
        if self.explained.contains(&(node, row)) {
            if self.in_member {
                return;
            }
            let rule = self.context.plan.parsed.rules.get(id).map_or(String::new(), |r| r.name.clone());
            into.push(Because::Above { rule, outcome: self.shown(node, row) });
        } else if let Some(explanation) = self.rule(node, row) {
            into.push(Because::Rule(Box::new(explanation)));
        }
    }

    fn input(&mut self, node: NodeId, id: FieldId, row: u64, into: &mut Vec<Because>) {
        if self.in_member {
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
        let members = self.context.members(node, row).to_vec();
        let told: &[u32] = if self.in_member { &[] } else { &members };
        let values = told
            .iter()
            .map(|m| {
                let id = self.context.dataset.tables.get(child).and_then(|t| t.ids.text(*m as usize));
                let id = id.map_or_else(String::new, |id| visible_cell(id).into_owned());
                Member { id, value: self.shown(inner, u64::from(*m)) }
            })
            .collect();
        let (mut rules, mut parameters) = (Vec::new(), Vec::new());
        // What is walked here is not shown, so that nothing may say that it was explained above.
        let outer = (!self.in_member).then(|| {
            self.in_member = true;
            std::mem::swap(&mut self.explained, &mut self.beside);
            std::mem::take(&mut self.told)
        });
        for member in members {
            let mut found = Vec::new();
            self.walk(inner, u64::from(member), &mut found);
            cited(found, &mut rules, &mut parameters);
        }
        if let Some(told) = outer {
            self.in_member = false;
            std::mem::swap(&mut self.explained, &mut self.beside);
            self.told = told;
        }
        into.push(Because::Members {
            name: if self.in_member { String::new() } else { text_of(self.context.plan, inner) },
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
        if !self.in_member {
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
        if !into.contains(&shown) {
            into.push(shown);
        }
        for key in keys {
            self.walk(*key, row, into);
        }
    }

    /// The doubts of a rule; where it is not in force, only those on dates.
    fn doubts_of(&mut self, rule: RuleId, doubts: &[String]) -> Vec<String> {
        let plan = self.context.plan;
        let outside = plan.parsed.rules.get(rule).is_some_and(|r| r.outside(plan.date).is_some());
        let of_date = |doubt: &String| doubt::split(doubt).0 == Kind::Date;
        let doubts: Vec<String> = doubts.iter().filter(|doubt| !outside || of_date(doubt)).cloned().collect();
        if !doubts.is_empty() {
            self.doubts.push(OfWhat::Rule(rule));
        }
        doubts
    }

    /// The value of a boolean node; `None` if it is not known or an error.
    fn truth(&mut self, node: NodeId, row: u64) -> Option<bool> {
        self.evaluator.eval(node, row).ok().as_ref().and_then(Possible::known_bool)
    }

    fn shown(&mut self, node: NodeId, row: u64) -> Shown {
        let outcome = outcome(&mut self.evaluator, node, row);
        show(self.context.plan, self.context.dataset, &outcome)
    }

    fn about(&self, entity: EntityId, row: u64) -> RowName {
        row_name(self.context.plan, self.context.dataset, entity, row)
    }
}

/// Adds the rules and cells of parameters that led to a member's value, each once, and drops the rest.
fn cited(because: Vec<Because>, rules: &mut Vec<MemberRule>, parameters: &mut Vec<Because>) {
    for because in because {
        match because {
            Because::Rule(rule) => {
                let Explanation { rule, label, sources, doubts, because, .. } = *rule;
                let found = MemberRule { rule, label, sources, doubts };
                if !rules.contains(&found) {
                    rules.push(found);
                }
                deep(|| cited(because, rules, parameters));
            }
            Because::Members { rules: more, parameters: cells, .. } => {
                for found in more {
                    if !rules.contains(&found) {
                        rules.push(found);
                    }
                }
                cited(cells, rules, parameters);
            }
            cell @ Because::Parameter { .. } if !parameters.contains(&cell) => parameters.push(cell),
            _ => {}
        }
    }
}
