//! Explanations: the evaluated expression of a rule, in the words of its doc comments.
//!
//! An explanation is a tree: each rule with its outcome, the comparisons that led to it with both
//! values, the parameters with their date and legal reference, the inputs. Only what decided is
//! shown: the branch taken, the side of an `&&` that failed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::data::{Dataset, visible_cell};
use crate::deep::deep;
use crate::evaluate::possible::{MissingCell, MissingInput, Possible};
use crate::evaluate::{Context, Evaluator, Outcome, outcome};
use crate::pack::params::show_keys;
use crate::pack::schema::EntityId;
use crate::plan::Plan;
use crate::plan::builtins::name as builtin_name;
use crate::plan::ir::{NodeId, Op};
use crate::value::Value;

/// Why a rule has its outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The rule.
    pub rule: String,
    /// Its sentence.
    pub label: String,
    /// Entity and identifier of the row that it is about.
    pub about: String,
    /// The outcome.
    pub outcome: Shown,
    /// Unit of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Legal references.
    pub sources: Vec<String>,
    /// Why the rule may be wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// What an aid may and may not be combined with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub combined: Vec<String>,
    /// Where the rule is written.
    pub written: String,
    /// What led to the outcome.
    pub because: Vec<Because>,
}

/// One thing that led to an outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Because {
    /// A comparison, with the values of both sides.
    Comparison {
        /// As the rule writes it.
        text: String,
        /// Left side and its value.
        left: Shown,
        /// The sign.
        sign: &'static str,
        /// Right side and its value.
        right: Shown,
        /// Does it hold?
        holds: Shown,
    },
    /// A cell of a parameter's table.
    Parameter {
        /// Path of the table.
        path: String,
        /// What people call it.
        label: String,
        /// The keys of the cell.
        keys: Vec<Shown>,
        /// The value.
        value: Shown,
        /// Its unit.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// First day on which it holds.
        from: String,
        /// Legal reference.
        source: String,
        /// Why it may be wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        doubt: Option<String>,
        /// Where it is written.
        written: String,
    },
    /// An input.
    Input {
        /// The field.
        field: String,
        /// What people call it.
        label: String,
        /// Entity and identifier of the row.
        about: String,
        /// The value.
        value: Shown,
        /// Its unit.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// The values of several members.
    Members {
        /// The rule or field of the member.
        name: String,
        /// Identifier of each member and its value.
        values: Vec<(String, Shown)>,
    },
    /// A rule that was needed.
    Rule(Box<Explanation>),
    /// A rule that was explained above.
    Above {
        /// The rule.
        rule: String,
        /// Its outcome.
        outcome: Shown,
    },
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A known value, in plain form.
    Value(String),
    /// Not known, with the missing cells that would settle it.
    Unknown(Vec<String>),
    /// The row has an error.
    Error(String),
}

/// Explains the selected rules of a plan for one row.
pub fn explain(plan: &Plan, dataset: &Dataset, row: u64) -> Vec<Explanation> {
    explain_in(&Context::new(plan, dataset), row)
}

/// The same in a context that is there already.
pub fn explain_in(context: &Context<'_>, row: u64) -> Vec<Explanation> {
    let mut explainer = Explainer {
        context,
        evaluator: Evaluator::new(context),
        seen: BTreeSet::new(),
        told: BTreeSet::new(),
    };
    let mut explanations = Vec::new();
    for (name, node) in &context.plan.selected {
        explainer.seen.clear();
        explainer.told.clear();
        let explanation = explainer.rule(*node, row).unwrap_or_else(|| {
            let mut because = Vec::new();
            explainer.walk(*node, row, &mut because);
            Explanation {
                rule: name.clone(),
                label: String::new(),
                about: explainer.about(context.plan.entity, row),
                outcome: explainer.shown(*node, row),
                unit: None,
                sources: Vec::new(),
                doubts: Vec::new(),
                combined: Vec::new(),
                written: String::new(),
                because,
            }
        });
        explanations.push(explanation);
    }
    explanations
}

impl Explanation {
    /// The parameter cells that the outcome was computed from, each with its value and place.
    pub fn cells(&self) -> Vec<String> {
        let mut found = Vec::new();
        for because in &self.because {
            match because {
                Because::Parameter { path, keys, value, written, .. } => {
                    found.push(format!("{} = {} ({written})", cell_name(path, keys), plain(value)));
                }
                Because::Rule(rule) => found.extend(rule.cells()),
                _ => {}
            }
        }
        found
    }
}

impl Explanation {
    /// The names of all that the outcome rests on: rules, fields and parameters.
    pub fn reasons(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for because in &self.because {
            match because {
                Because::Parameter { path, .. } => drop(found.insert(path.as_str())),
                Because::Input { field, .. } => drop(found.insert(field.as_str())),
                Because::Members { name, .. } => drop(found.insert(name.as_str())),
                Because::Above { rule, .. } => drop(found.insert(rule.as_str())),
                Because::Rule(rule) => {
                    found.insert(rule.rule.as_str());
                    found.extend(rule.reasons());
                }
                Because::Comparison { .. } => {}
            }
        }
        found
    }
}

/// Members of whom a message shows what was read; of the others it says how many there are.
const MEMBERS_READ: usize = 8;

impl Explanation {
    /// The inputs that the outcome was computed from: `lien = enfant`, of other rows with what they are of, of
    /// members with the identifier of each: `est_demandeur = true (P1), false (P2)`. Of many members the first
    /// ones, and how many more there are.
    pub fn read(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.inputs_of(&self.about, &mut found);
        found
    }

    fn inputs_of(&self, row: &str, found: &mut Vec<String>) {
        for because in &self.because {
            let text = match because {
                Because::Input { field, about, value, .. } if about == row => {
                    format!("{field} = {}", plain(value))
                }
                Because::Input { field, about, value, .. } => format!("{field} = {} ({about})", plain(value)),
                Because::Members { name, values } => {
                    let shown = values.iter().take(MEMBERS_READ);
                    let mut shown: Vec<String> =
                        shown.map(|(id, value)| format!("{} ({id})", plain(value))).collect();
                    if values.len() > MEMBERS_READ {
                        shown.push(format!("et {} autres lignes", values.len() - MEMBERS_READ));
                    }
                    let values = if shown.is_empty() { "aucune ligne".to_string() } else { shown.join(", ") };
                    format!("{name} = {values}")
                }
                Because::Rule(rule) => {
                    rule.inputs_of(row, found);
                    continue;
                }
                Because::Comparison { .. } | Because::Parameter { .. } | Because::Above { .. } => continue,
            };
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }
}

/// `plus.plafond[autres_regions, 3]`
fn cell_name(path: &str, keys: &[Shown]) -> String {
    let keys: Vec<String> = keys.iter().map(plain).collect();
    if keys.is_empty() { path.to_string() } else { format!("{path}[{}]", keys.join(", ")) }
}

struct Explainer<'c, 'd> {
    context: &'c Context<'d>,
    evaluator: Evaluator<'c, 'd>,
    /// Rules explained already, with their rows.
    seen: BTreeSet<(NodeId, u64)>,
    /// What was told of the rule being explained: an expression named by a `let` is told once.
    told: BTreeSet<(NodeId, u64)>,
}

impl Explainer<'_, '_> {
    fn shown(&mut self, node: NodeId, row: u64) -> Shown {
        let outcome = outcome(&mut self.evaluator, node, row);
        show(self.context.plan, self.context.dataset, &outcome)
    }

    fn about(&self, entity: EntityId, row: u64) -> String {
        about(self.context.plan, self.context.dataset, entity, row)
    }

    /// The explanation of a rule's node; `None` if it is no rule.
    fn rule(&mut self, node: NodeId, row: u64) -> Option<Explanation> {
        let plan = self.context.plan;
        let expression = plan.node(node)?;
        let Op::Rule(id, body) = expression.op else { return None };
        self.seen.insert((node, row));
        let rule = plan.parsed.rules.get(id)?;
        let text = crate::graph::text_at(&rule.texts, plan.date)?;
        let mut because = Vec::new();
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
            doubts: text.doc.doubts.clone(),
            combined: text.doc.combined.clone(),
            written: plan.parsed.sources.locate(&text.span),
            because,
        })
    }

    /// Adds what led to the value of a node.
    fn walk(&mut self, node: NodeId, row: u64, into: &mut Vec<Because>) {
        let plan = self.context.plan;
        let Some(expression) = plan.node(node) else { return };
        if !matches!(expression.op, Op::Rule(..)) && !self.told.insert((node, row)) {
            return;
        }
        deep(|| self.told_of(node, &expression.op, row, into));
    }

    fn told_of(&mut self, node: NodeId, op: &Op, row: u64, into: &mut Vec<Because>) {
        let plan = self.context.plan;
        match op {
            Op::Const(_) | Op::DecisionDate => {}
            Op::Rule(id, _) => {
                if self.seen.contains(&(node, row)) {
                    let rule = plan.parsed.rules.get(*id).map_or(String::new(), |r| r.name.clone());
                    into.push(Because::Above { rule, outcome: self.shown(node, row) });
                } else if let Some(explanation) = self.rule(node, row) {
                    into.push(Because::Rule(Box::new(explanation)));
                }
            }
            Op::Field(id) => {
                let Some(field) = plan.parsed.schema.fields.get(*id) else { return };
                let input = Because::Input {
                    field: field.name.clone(),
                    label: field.label.clone(),
                    about: self.about(field.entity, row),
                    value: self.shown(node, row),
                    unit: field.unit.clone(),
                };
                if !into.contains(&input) {
                    into.push(input);
                }
            }
            Op::Up(step, inner) => {
                if let Ok(parent) = self.context.step(*step, row) {
                    self.walk(*inner, parent, into);
                }
            }
            Op::Members(child, _, inner) => {
                let members = self.context.members(node, row).to_vec();
                let values = members
                    .into_iter()
                    .map(|m| {
                        let id = self.context.dataset.tables.get(*child).and_then(|t| t.ids.get(m as usize));
                        (
                            id.map_or_else(String::new, |id| visible_cell(id).into_owned()),
                            self.shown(*inner, u64::from(m)),
                        )
                    })
                    .collect();
                into.push(Because::Members { name: text_of(plan, *inner), values });
            }
            Op::Compare(comparison, a, b) => {
                into.push(Because::Comparison {
                    text: text_of(plan, node),
                    left: self.shown(*a, row),
                    sign: comparison.symbol(),
                    right: self.shown(*b, row),
                    holds: self.shown(node, row),
                });
                self.walk(*a, row, into);
                self.walk(*b, row, into);
            }
            Op::And(a, b) | Op::Or(a, b) => {
                let settling = matches!(op, Op::Or(..));
                let settled = |e: &mut Evaluator<'_, '_>, n| {
                    e.eval(n, row).ok().as_ref().and_then(Possible::known_bool) == Some(settling)
                };
                let left = settled(&mut self.evaluator, *a);
                let right = !left && settled(&mut self.evaluator, *b);
                if !right {
                    self.walk(*a, row, into);
                }
                if !left {
                    self.walk(*b, row, into);
                }
            }
            Op::If(condition, a, b) => {
                self.walk(*condition, row, into);
                match self.evaluator.eval(*condition, row).ok().as_ref().and_then(Possible::known_bool) {
                    Some(true) => self.walk(*a, row, into),
                    Some(false) => self.walk(*b, row, into),
                    None => {
                        self.walk(*a, row, into);
                        self.walk(*b, row, into);
                    }
                }
            }
            Op::Param(id, keys) => {
                let (Some(parameter), Some(version)) = (plan.parsed.parameters.get(*id), plan.parameter(*id))
                else {
                    return;
                };
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
                    source: version.source.to_string(),
                    doubt: version.doubt.clone(),
                    written: plan.parsed.sources.locate(written),
                };
                if !into.contains(&shown) {
                    into.push(shown);
                }
                for key in keys {
                    self.walk(*key, row, into);
                }
            }
            Op::Strict(_, value) => self.walk(*value, row, into),
            other => {
                for input in other.inputs() {
                    self.walk(input, row, into);
                }
            }
        }
    }
}

/// Entity and identifier of a row: `demande D0042`; both identifiers for a pair.
pub fn about(plan: &Plan, dataset: &Dataset, entity: EntityId, row: u64) -> String {
    let schema = &plan.parsed.schema;
    let Some(declared) = schema.entities.get(entity) else { return String::new() };
    if let crate::pack::schema::Origin::Pair(a, b) = declared.origin {
        let rows = dataset.tables.get(b).map_or(1, |t| t.rows().max(1) as u64);
        let (first, second) = (about(plan, dataset, a, row / rows), about(plan, dataset, b, row % rows));
        return format!("{first} × {second}");
    }
    let id = dataset.tables.get(entity).and_then(|t| t.ids.get(usize::try_from(row).ok()?));
    format!("{} {}", declared.name, visible_cell(id.map_or("?", AsRef::as_ref)))
}

/// A missing cell: `rfr_n1 (demande D0042)`.
pub fn show_missing(plan: &Plan, dataset: &Dataset, missing: &MissingInput) -> String {
    let schema = &plan.parsed.schema;
    let name = match missing.what {
        MissingCell::Field(field) => schema.fields.get(field).map(|f| f.name.as_str()),
        MissingCell::Relation(relation) => schema
            .entities
            .get(missing.entity)
            .and_then(|e| e.belongs_to.get(relation))
            .map(|r| r.column.as_str()),
        MissingCell::Parameter(id) => {
            let path = plan.parsed.parameters.get(id).map_or("?", |p| p.path.as_str());
            return format!("paramètre `{path}`, sans valeur au {}", plan.date);
        }
    };
    let place = about(plan, dataset, missing.entity, missing.row);
    let reason = match missing.what {
        MissingCell::Field(field) => schema.fields.get(field).and_then(|f| f.unlisted.as_deref()),
        MissingCell::Relation(_) | MissingCell::Parameter(_) => None,
    };
    match reason {
        Some(reason) => format!("{} ({place} : {reason})", name.unwrap_or("?")),
        None => format!("{} ({place})", name.unwrap_or("?")),
    }
}

/// An outcome as it is shown.
pub fn show(plan: &Plan, dataset: &Dataset, outcome: &Outcome) -> Shown {
    match outcome {
        Outcome::Known(value) => Shown::Value(value.to_string()),
        Outcome::Unknown(missing) => {
            Shown::Unknown(missing.iter().map(|m| show_missing(plan, dataset, m)).collect())
        }
        Outcome::Error(error) => {
            let rule = error.rule.and_then(|r| plan.parsed.rules.get(r)).map_or("?", |r| r.name.as_str());
            let at = plan.node(error.node).map(|n| plan.parsed.sources.locate(&n.span)).unwrap_or_default();
            Shown::Error(format!("{} (règle `{rule}`, {at})", error.error))
        }
    }
}

/// The longest text of an expression, in bytes: a `let` that is used twice is written twice.
const LONGEST: usize = 2_000;

/// A node as the rule writes it, rules and fields by their names. A very long one is cut: `…`.
pub fn text_of(plan: &Plan, node: NodeId) -> String {
    let mut out = String::new();
    write_text(plan, node, &mut out);
    if out.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
        out.truncate(end);
        out.push('…');
    }
    out
}

fn write_text(plan: &Plan, node: NodeId, out: &mut String) {
    if out.len() > LONGEST {
        return;
    }
    deep(|| write_node(plan, node, out));
}

fn write_node(plan: &Plan, node: NodeId, out: &mut String) {
    let Some(expression) = plan.node(node) else { return };
    let inner = |n: NodeId, out: &mut String| {
        let compound = plan.node(n).is_some_and(|n| {
            matches!(n.op, Op::Arithmetic(..) | Op::Compare(..) | Op::And(..) | Op::Or(..) | Op::If(..))
        });
        if compound {
            out.push('(');
        }
        write_text(plan, n, out);
        if compound {
            out.push(')');
        }
    };
    let list = |nodes: &[NodeId], out: &mut String| {
        for (i, n) in nodes.iter().enumerate() {
            out.push_str(if i == 0 { "" } else { ", " });
            write_text(plan, *n, out);
        }
    };
    let both = |a: NodeId, sign: &str, b: NodeId, out: &mut String| {
        inner(a, out);
        let _ = write!(out, " {sign} ");
        inner(b, out);
    };
    match &expression.op {
        Op::Const(Value::Text(text)) => {
            let _ = write!(out, "\"{text}\"");
        }
        Op::Const(Value::List(items)) => out.push_str(&show_keys(items)),
        Op::Const(value) => {
            let _ = write!(out, "{value}");
        }
        Op::DecisionDate => out.push_str(crate::pack::schema::DECISION_DATE),
        Op::Field(id) => out.push_str(plan.parsed.schema.fields.get(*id).map_or("", |f| f.name.as_str())),
        Op::Rule(id, _) => out.push_str(plan.parsed.rules.get(*id).map_or("", |r| r.name.as_str())),
        Op::Up(_, n) | Op::Members(_, _, n) | Op::Strict(_, n) => write_text(plan, *n, out),
        Op::Not(n) => {
            out.push('!');
            inner(*n, out);
        }
        Op::Negate(n) => {
            out.push('-');
            inner(*n, out);
        }
        Op::Arithmetic(op, a, b) => both(*a, op.symbol(), *b, out),
        Op::Compare(op, a, b) => both(*a, op.symbol(), *b, out),
        Op::And(a, b) => both(*a, "&&", *b, out),
        Op::Or(a, b) => both(*a, "||", *b, out),
        Op::If(c, a, b) => {
            out.push_str("if ");
            write_text(plan, *c, out);
            out.push_str(" { ");
            write_text(plan, *a, out);
            out.push_str(" } else { ");
            write_text(plan, *b, out);
            out.push_str(" }");
        }
        Op::Param(id, keys) => {
            out.push_str(plan.parsed.parameters.get(*id).map_or("?", |p| p.path.as_str()));
            if !keys.is_empty() {
                out.push('[');
                list(keys, out);
                out.push(']');
            }
        }
        Op::Call(builtin, args) => {
            out.push_str(builtin_name(*builtin));
            out.push('(');
            list(args, out);
            out.push(')');
        }
    }
}

/// The explanation as text, for the terminal.
pub fn to_text(explanation: &Explanation) -> String {
    let mut out = String::new();
    write_rule(explanation, 0, &mut out);
    out
}

fn write_rule(e: &Explanation, depth: usize, out: &mut String) {
    let pad = "   ".repeat(depth);
    let mark = match &e.outcome {
        Shown::Value(v) if v == "true" => "✓ ",
        Shown::Value(v) if v == "false" => "✗ ",
        Shown::Value(_) => "• ",
        Shown::Unknown(_) => "? ",
        Shown::Error(_) => "! ",
    };
    let _ = writeln!(out, "{pad}{mark}{} = {}", e.rule, in_full(&e.outcome, e.unit.as_deref()));
    if !e.label.is_empty() {
        let _ = writeln!(out, "{pad}   {} [{}]", e.label, e.about);
    }
    for source in &e.sources {
        let _ = writeln!(out, "{pad}   source : {source}");
    }
    for doubt in &e.doubts {
        let _ = writeln!(out, "{pad}   doute : {doubt}");
    }
    for combined in &e.combined {
        let _ = writeln!(out, "{pad}   cumul : {combined}");
    }
    for because in &e.because {
        write_because(because, depth + 1, out);
    }
}

fn write_because(because: &Because, depth: usize, out: &mut String) {
    let pad = "   ".repeat(depth);
    match because {
        Because::Comparison { text, left, sign, right, holds } => {
            let _ = writeln!(
                out,
                "{pad}{text} : {} {sign} {} → {}",
                plain(left),
                plain(right),
                match holds {
                    Shown::Value(v) if v == "true" => "vrai".to_string(),
                    Shown::Value(_) => "faux".to_string(),
                    other => plain(other),
                }
            );
        }
        Because::Parameter { path, label, keys, value, unit, from, source, doubt, .. } => {
            let cell = cell_name(path, keys);
            let _ = writeln!(out, "{pad}{cell} = {} — {label}", with_unit(value, unit.as_deref()));
            let _ = writeln!(out, "{pad}   en vigueur depuis le {from} ; source : {source}");
            if let Some(doubt) = doubt {
                let _ = writeln!(out, "{pad}   doute : {doubt}");
            }
        }
        Because::Input { field, label, about, value, unit } => {
            let _ = writeln!(out, "{pad}{field} = {} — {label} [{about}]", with_unit(value, unit.as_deref()));
        }
        Because::Members { name, values } => {
            let values: Vec<String> = values.iter().map(|(id, v)| format!("{id} : {}", plain(v))).collect();
            let _ = writeln!(out, "{pad}{name} ({})", values.join(" ; "));
        }
        Because::Rule(rule) => write_rule(rule, depth, out),
        Because::Above { rule, outcome } => {
            let _ = writeln!(out, "{pad}{rule} = {} (expliqué plus haut)", plain(outcome));
        }
    }
}

/// With the missing cells, if it is unknown: for the line of a rule.
fn in_full(shown: &Shown, unit: Option<&str>) -> String {
    match shown {
        Shown::Unknown(missing) if !missing.is_empty() => format!("inconnu, manque {}", missing.join(", ")),
        _ => with_unit(shown, unit),
    }
}

fn with_unit(shown: &Shown, unit: Option<&str>) -> String {
    match (shown, unit) {
        (Shown::Value(v), Some(unit)) if v != "true" && v != "false" => format!("{v} {unit}"),
        _ => plain(shown),
    }
}

fn plain(shown: &Shown) -> String {
    match shown {
        Shown::Value(v) if v == "true" => "oui".to_string(),
        Shown::Value(v) if v == "false" => "non".to_string(),
        Shown::Value(v) if v.is_empty() => "(vide)".to_string(),
        Shown::Value(v) => v.clone(),
        Shown::Unknown(_) => "inconnu".to_string(),
        Shown::Error(error) => format!("erreur : {error}"),
    }
}
