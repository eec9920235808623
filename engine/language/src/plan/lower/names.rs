//! Names: the fields and rules that a rule's parameters are wired to, and local names in its code.

use rhai::Position;

use super::{Env, Lowering, Place};
use crate::diagnostic::{Span, texts};
use crate::graph::{Access, Link, RuleId, Step, Target, text_at};
use crate::pack::schema::{DECISION_DATE, EntityId};
use crate::plan::ir::{NodeId, Op};
use crate::value::Type;

impl Lowering<'_, '_, '_> {
    /// The node of a wired name, as seen from a row of `entity`; `None` if it names a rule without an
    /// outcome node, which is reported.
    pub(in crate::plan) fn link(&mut self, link: &Link, entity: EntityId, span: &Span) -> Option<NodeId> {
        let schema = &self.wiring.parsed.schema;
        let leaf = match link.target {
            Target::DecisionDate => {
                return Some(self.node(Op::DecisionDate, entity, Type::Date, span.clone()));
            }
            Target::Field(id) => {
                let field = schema.fields.get(id)?;
                self.node(Op::Field(id), field.entity, field.value_type(), span.clone())
            }
            Target::Rule(id) => {
                if let Some(Some(node)) = self.rules.get(&id) {
                    *node
                } else {
                    self.not_in_force(id, span);
                    return None;
                }
            }
        };
        // The name's own node speaks of the rows of its entity; steps or a relation lead there.
        let ty = self.ty(leaf);
        Some(match &link.access {
            Access::Own => leaf,
            // The last step leads to the leaf, so nodes are built from it back to `entity`.
            Access::Up(steps) => steps.iter().rev().fold(leaf, |node, step| {
                let (Step::BelongsTo(child, _) | Step::First(child) | Step::Second(child)) = *step;
                self.node(Op::Up(*step, node), child, ty.clone(), span.clone())
            }),
            Access::Members { child, relation } => self.node(
                Op::Members(*child, *relation, leaf),
                entity,
                Type::List(Box::new(ty)),
                span.clone(),
            ),
        })
    }

    /// Reports a rule that has a text, but none on the date of the graph.
    fn not_in_force(&mut self, id: RuleId, span: &Span) {
        let Some(rule) = self.wiring.parsed.rules.get(id) else { return };
        if self.wiring.rules.get(id).is_some_and(Option::is_some) {
            // It has an error of its own, reported already.
            return;
        }
        let text = text_at(&rule.texts, self.wiring.date);
        if let Some((_, at)) = text.and_then(|t| t.params.iter().find(|(name, _)| name == DECISION_DATE))
            && self.wiring.dated
        {
            let entity = self.wiring.parsed.schema.entities.get(rule.entity).map_or("?", |e| e.name.as_str());
            let (here, needed) = (span.clone(), at.clone());
            self.out.push(texts::names::no_decision_date(entity, &rule.name, here, needed));
            return;
        }
        let Some(first) = rule.texts.iter().filter_map(|t| t.from).min() else { return };
        if text.is_some() {
            return;
        }
        self.out.push(texts::names::not_in_force(&rule.name, self.wiring.date, first, span.clone()));
    }

    /// The node of a name that code uses: a parameter of the rule or a `let`.
    pub(super) fn variable(
        &mut self,
        name: &str,
        position: Position,
        env: &Env,
        place: Place,
    ) -> Option<NodeId> {
        // From the innermost outwards: a `let` hides a parameter of its name.
        if let Some((_, node)) = env.iter().rev().find(|(n, _)| n == name) {
            return Some(*node);
        }
        let parsed = self.wiring.parsed;
        let span = self.span(position, place);
        let exists =
            parsed.schema.field(name).is_some() || parsed.rule(name).is_some() || name == DECISION_DATE;
        self.out.push(match exists {
            true => texts::names::not_in_signature(name, span),
            false => texts::names::unknown_in_body(name, env.iter().map(|(n, _)| n.as_str()), span),
        });
        None
    }
}
