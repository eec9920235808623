//! Leads a row to a row of a reference table for which a node comes to what is wanted.

use super::super::world::World;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// The most rows of a reference table that are tried, spread over the table.
const REFERENCES: usize = 400;

impl World<'_> {
    /// Changes the relation to a reference table that a node reads through, until its value is one that
    /// `will_do` accepts.
    pub(super) fn want_reference(
        &mut self,
        node: NodeId,
        row: u64,
        will_do: impl Fn(&Value) -> bool,
    ) -> bool {
        let Some((entity, relation, at)) = self.reference(node, row) else { return false };
        let schema = &self.context.plan.parsed.schema;
        let target = schema.entities.get(entity).and_then(|e| e.belongs_to.get(relation)).map(|r| r.target);
        let rows = target.map_or(0, |t| self.context.dataset.tables.get(t).map_or(0, |t| t.rows()));
        let present = self.state.links.get(&(entity, relation, at)).copied();
        // Spread over the table, so that few tries see much of it.
        let stride = (rows / REFERENCES).max(1);
        for to in (0..rows).step_by(stride).filter_map(|r| u32::try_from(r).ok()) {
            self.link(entity, relation, at, to);
            if self.value(node, row).is_some_and(|v| will_do(&v)) && self.guarded() {
                return true;
            }
        }
        if let Some(present) = present {
            self.link(entity, relation, at, present);
        }
        false
    }

    /// The relation to a reference table that a node goes through.
    fn reference(&self, node: NodeId, row: u64) -> Option<(usize, usize, u64)> {
        match self.op(node)? {
            Op::Up(logis_language::graph::Step::BelongsTo(entity, relation), _)
                if self.state.links.contains_key(&(entity, relation, row)) =>
            {
                Some((entity, relation, row))
            }
            Op::Up(step, inner) => self.reference(inner, self.context.step(step, row).ok()?),
            Op::Rule(_, inner) | Op::Strict(_, inner) => self.reference(inner, row),
            _ => None,
        }
    }
}
