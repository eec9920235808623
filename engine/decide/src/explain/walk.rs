//! The walk from a rule's outcome to what decided it.
//!
//! It goes where evaluation went: into the branch taken and to the operand that settled an `&&` or `||`;
//! where a missing cell leaves that open, into all that it could have been. Each expression is told once
//! for a rule, each rule once for the outcome that is explained.

use std::collections::BTreeSet;

use super::shown::{row_name, show};
use super::{Because, Explanation, Member, RowName, Shown, text_of};
use crate::evaluate::possible::Possible;
use crate::evaluate::{Context, Evaluator, Outcome, outcome};
use crate::reserves::{Reserves, has_any};
use logis_data::visible_cell;
use logis_language::deep::deep;
use logis_language::exchange::Written;
use logis_language::graph::{RuleId, Step};
use logis_language::pack::doubt::{self, Kind};
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::plan::Plan;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::{Exact, Value, mul, sub};

/// Explains outcomes of the rows of one data package.
pub(super) struct Explainer<'c, 'd> {
    context: &'c Context<'d>,
    evaluator: Evaluator<'c, 'd>,
    /// Nothing if no selected outcome can rest on reserves.
    reserves: Option<Reserves<'c, 'd>>,
    /// Cells whose figures are far from those with which they are compared.
    moot: BTreeSet<NodeId>,
    /// Rules explained already in this outcome, with their rows.
    explained: BTreeSet<(NodeId, u64)>,
    /// Expressions told already in the rule being explained, with their rows: a `let` that is used twice
    /// is told once.
    told: BTreeSet<(NodeId, u64)>,
}

impl<'c, 'd> Explainer<'c, 'd> {
    pub fn new(context: &'c Context<'d>) -> Self {
        Explainer {
            context,
            evaluator: Evaluator::new(context),
            reserves: has_any(context.plan).then(|| Reserves::new(context)),
            moot: BTreeSet::new(),
            explained: BTreeSet::new(),
            told: BTreeSet::new(),
        }
    }

    /// The explanation of a selected name: a rule, or a field by itself.
    pub fn selected(&mut self, name: &str, node: NodeId, row: u64) -> Explanation {
        self.explained.clear();
        self.told.clear();
        if let Some(explanation) = self.rule(node, row) {
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
        Some(Explanation {
            rule: rule.name.clone(),
            label: text.doc.label.clone(),
            about: self.about(expression.entity, row),
            outcome: self.shown(node, row),
            unit: text.doc.unit.clone(),
            sources: text.doc.sources.clone(),
            doubts: self.doubts(id, &text.doc.doubts),
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
            Op::If(condition, a, b) => self.conditional(*condition, *a, *b, row, into),
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
            let rule = self.context.plan.parsed.rules.get(id).map_or(String::new(), |r| r.name.clone());
            into.push(Because::Above { rule, outcome: self.shown(node, row) });
        } else if let Some(explanation) = self.rule(node, row) {
            into.push(Because::Rule(Box::new(explanation)));
        }
    }

    fn input(&mut self, node: NodeId, id: FieldId, row: u64, into: &mut Vec<Because>) {
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

    /// The values of all members, without what led to each.
    fn members(&mut self, node: NodeId, child: EntityId, inner: NodeId, row: u64, into: &mut Vec<Because>) {
        // What led to each would be as long again as the explanation of a row.
        let members = self.context.members(node, row).to_vec();
        let values = members
            .into_iter()
            .map(|m| {
                let id = self.context.dataset.tables.get(child).and_then(|t| t.ids.get(m as usize));
                let id = id.map_or_else(String::new, |id| visible_cell(id).into_owned());
                Member { id, value: self.shown(inner, u64::from(m)) }
            })
            .collect();
        into.push(Because::Members { name: text_of(self.context.plan, inner), values });
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
        self.far(a, b, row);
        into.push(Because::Comparison {
            text: text_of(self.context.plan, node),
            left: self.shown(a, row),
            sign: comparison.symbol(),
            right: self.shown(b, row),
            holds: self.shown(node, row),
        });
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
            doubt: version.doubt.clone().filter(|doubt| !self.is_moot(node, doubt)),
            verified: parameter.verified.as_ref().map(|v| v.on.to_string()),
            written: Written::of(&plan.parsed.sources, written),
        };
        if !into.contains(&shown) {
            into.push(shown);
        }
        for key in keys {
            self.walk(*key, row, into);
        }
    }

    /// The doubts of a rule that could change its outcome: where it is not in force, only those on dates.
    fn doubts(&self, rule: RuleId, doubts: &[String]) -> Vec<String> {
        let plan = self.context.plan;
        let outside = plan.parsed.rules.get(rule).is_some_and(|r| r.outside(plan.date).is_some());
        doubts.iter().filter(|doubt| !outside || doubt::split(doubt).0 == Kind::Date).cloned().collect()
    }

    /// Notes the cells of a comparison whose two sides are known numbers farther from each other than a tenth of the
    /// larger: a doubt on such a figure does not turn it. Only of cells that are compared as they stand, and read
    /// nowhere else in the plan.
    fn far(&mut self, a: NodeId, b: NodeId, row: u64) {
        let plan = self.context.plan;
        let cells: Vec<NodeId> = [a, b].into_iter().filter_map(|side| cell_alone(plan, side)).collect();
        if cells.is_empty() {
            return;
        }
        let mut number = |node: NodeId| match outcome(&mut self.evaluator, node, row) {
            Outcome::Known(Value::Number(number)) => Some(number),
            _ => None,
        };
        let (Some(x), Some(y)) = (number(a), number(b)) else { return };
        let size =
            |n: Exact| if n < Exact::from_integer(0) { mul(&n, &Exact::from_integer(-1)) } else { Ok(n) };
        let far = || -> Option<bool> {
            let apart = size(sub(&x, &y).ok()?).ok()?;
            let larger = size(x).ok()?.max(size(y).ok()?);
            Some(mul(&apart, &Exact::from_integer(10)).ok()? > larger)
        };
        if far() == Some(true) {
            self.moot.extend(cells);
        }
    }

    /// Is it a doubt on a figure that would not turn the comparison in which it is read?
    fn is_moot(&self, cell: NodeId, doubt: &str) -> bool {
        self.moot.contains(&cell) && doubt::split(doubt).0 == Kind::Figure
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

/// The parameter's cell that a side of a comparison is, by itself or through rules that only read it, if nothing else
/// reads it.
fn cell_alone(plan: &Plan, side: NodeId) -> Option<NodeId> {
    let mut node = side;
    loop {
        let readers = plan.nodes.iter().flat_map(|n| n.op.inputs()).filter(|input| *input == node).count();
        if readers > 1 || plan.selected.iter().any(|(_, selected)| *selected == node) {
            return None;
        }
        match plan.node(node)?.op {
            Op::Param(..) => return Some(node),
            Op::Rule(_, body) => node = body,
            _ => return None,
        }
    }
}
