//! A plain record, decided without tables.
//!
//! The record is read into registers ([`Plain`]), one program decides it and holds the invariants of the pack
//! ([`Straight`]). It gives the outcomes that are certain, and says whether every invariant surely holds. What it leaves
//! open is decided in the general way, which has the same outcomes.

use std::cell::RefCell;
use std::sync::Arc;

use serde::Serialize;

use crate::evaluate::{Output, Running, Straight};
use crate::invariants::{Condition, Invariants};
use logis_data::{NO_ROW, Plain, Records};
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::plan::Plan;
use logis_language::plan::ir::NodeId;
use logis_language::value::Value;

/// Decides plain records by one plan.
#[derive(Debug)]
pub(crate) struct AtOnce {
    plain: Plain,
    program: Straight,
    entity: EntityId,
    outputs: Vec<Output>,
    conditions: Vec<Asked>,
}

/// An invariant, and when it is asked: see [`Condition`].
#[derive(Debug)]
struct Asked {
    entity: EntityId,
    output: Output,
    members: Vec<(EntityId, usize)>,
    /// Keys of which one must be given; none if it is asked anyway.
    keys: Vec<(EntityId, usize)>,
}

/// What plain records are decided to be.
#[derive(Debug)]
pub(crate) struct Decided {
    /// The identifier of the record, if it gives one.
    pub id: Option<Arc<str>>,
    /// By selected rule: its outcome, if it is certain.
    pub values: Vec<Option<Value>>,
    /// Is it certain that no invariant is false?
    pub holds: bool,
}

thread_local! {
    /// The memory of the record before.
    static RUNNING: RefCell<Running> = RefCell::default();
}

impl AtOnce {
    /// Compiles a plan with the invariants of its rows; `None` if its records can be decided in the general way only.
    pub fn new(plan: &Plan, records: &Arc<Records>, invariants: &Invariants) -> Option<AtOnce> {
        let schema = &plan.parsed.schema;
        let nodes: Vec<NodeId> = plan.selected.iter().map(|(_, node)| *node).collect();
        let parts: Vec<(&Plan, Vec<Condition>)> = invariants.conditions().collect();
        let asked: Vec<(&Plan, Vec<NodeId>)> =
            parts.iter().map(|(plan, own)| (*plan, own.iter().map(|one| one.node).collect())).collect();
        let made = Straight::compile(schema, records, (plan, &nodes), &asked)?;
        let (program, outputs, held, registers) =
            (made.program, made.outcomes, made.conditions, made.registers);
        let plain = Plain::new(records.clone(), schema, plan.entity, registers)?;
        let mut conditions = Vec::new();
        for ((of, own), outputs) in parts.into_iter().zip(held) {
            // They are held of all rows of a reference table, not only of those that a record leads to.
            if matches!(schema.entities.get(of.entity)?.origin, Origin::Reference { .. }) {
                return None;
            }
            for (condition, output) in own.into_iter().zip(outputs) {
                let keys = condition.cells.map(|cells| {
                    let key = |(entity, place): (EntityId, usize)| {
                        let field = schema.entities.get(entity)?.fields.get(place)?;
                        Some((entity, plain.key(entity, &schema.fields.get(*field)?.column)?))
                    };
                    cells.into_iter().filter_map(key).collect::<Vec<_>>()
                });
                // Cells that no record gives are never known.
                if keys.as_ref().is_some_and(Vec::is_empty) {
                    continue;
                }
                let keys = keys.unwrap_or_default();
                conditions.push(Asked { entity: of.entity, output, members: condition.members, keys });
            }
        }
        Some(AtOnce { plain, program, entity: plan.entity, outputs, conditions })
    }

    /// Decides a record, as far as that is certain; `None` if it is not plain.
    pub fn decide(&self, record: &impl Serialize) -> Option<Decided> {
        // A record that decides another while it is read finds new memory.
        let mut running = RUNNING.take();
        let decided = self.run(record, &mut running);
        RUNNING.set(running);
        decided
    }

    fn run(&self, record: &impl Serialize, running: &mut Running) -> Option<Decided> {
        self.plain.read(record, &mut running.rows).ok()?;
        self.program.run(running)?;
        let value = |output: &Output| {
            let number = self.program.number(running, *output, self.entity, 0);
            self.program.value(&running.rows, *output, number)
        };
        let values = self.outputs.iter().map(value).collect();
        let holds = self.holds(running);
        Some(Decided { id: running.rows.id.take(), values, holds })
    }

    /// Is it sure that no invariant that is asked is surely false? What is true of one completion of the missing cells is
    /// not false of all.
    fn holds(&self, running: &mut Running) -> bool {
        let any_missing = self.program.hold(running, 1, true);
        let mut open: Vec<(Output, EntityId, usize)> = Vec::new();
        for asked in &self.conditions {
            let rows = running.rows.tables.get(asked.entity).map_or(0, |table| table.rows);
            let is_open = |row: &usize| self.program.number(running, asked.output, asked.entity, *row) != 1;
            let before = open.len();
            open.extend((0..rows).filter(is_open).map(|row| (asked.output, asked.entity, row)));
            if open.len() > before && !asked.is_asked(running) {
                open.truncate(before);
            }
        }
        if open.is_empty() || !any_missing {
            return open.is_empty();
        }
        self.program.hold(running, 0, false);
        open.iter().all(|(output, entity, row)| self.program.number(running, *output, *entity, *row) == 1)
    }
}

impl Asked {
    /// Does the record say anything of it?
    fn is_asked(&self, running: &Running) -> bool {
        let tables = &running.rows.tables;
        let given =
            |(entity, key): &(EntityId, usize)| tables.get(*entity).is_some_and(|table| table.gives(*key));
        let linked = |(child, relation): &(EntityId, usize)| {
            tables
                .get(*child)
                .is_some_and(|table| table.rows == 0 || table.links(*relation).any(|parent| parent != NO_ROW))
        };
        (self.keys.is_empty() || self.keys.iter().any(given)) && self.members.iter().all(linked)
    }
}
