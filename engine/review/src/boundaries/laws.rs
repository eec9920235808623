//! What rows of a data package must be, besides at a threshold: what the pack's invariants say of them.
//!
//! A row that breaks one would be refused where it is read. The cells that bear on no outcome are emptied until it breaks
//! none; a row that still does is no row.

use logis_data::Dataset;
use logis_decide::invariants::Invariants;
use logis_language::Pack;
use logis_language::plan::Plan;
use logis_language::plan::ir::NodeId;
use logis_language::value::Value;

use super::join::joined;
use super::search::Found;
use super::world::{Shape, State, World};

/// How many members are looked at: those of the largest world, and one more.
const ROWS: u64 = 4;

/// The invariants of a pack, and what they are held with.
pub(super) struct Laws<'p> {
    pub pack: &'p Pack,
    pub plan: &'p Plan,
    pub references: &'p Dataset,
    pub shapes: &'p [Shape],
    pub worlds: &'p [Dataset],
    pub invariants: Invariants,
}

impl<'p> Laws<'p> {
    /// Of what is found in worlds of a shape: the states that break no invariant, cells emptied where that helps.
    pub fn keep(&self, shape: usize, comparison: NodeId, found: Found) -> Found {
        if self.invariants.is_empty() {
            return found;
        }
        let kept = |(state, side, holds): (State, _, bool)| {
            Some((self.lawful(shape, comparison, state)?, side, holds))
        };
        found.into_iter().filter_map(kept).collect()
    }

    /// The state, with cells emptied so that it breaks no invariant while it decides the same; `None` if it still does.
    fn lawful(&self, shape: usize, comparison: NodeId, state: State) -> Option<State> {
        let mut broken = self.broken(shape, &state);
        if broken == 0 {
            return Some(state);
        }
        let mut world = World::new(self.plan, self.worlds.get(shape)?, self.references);
        world.restore(state);
        let decided = self.decided(&world, comparison);
        let cells: Vec<_> = world.state.cells.keys().copied().collect();
        for (field, row) in cells {
            let declared = self.plan.parsed.schema.fields.get(field)?;
            let before = world.state.clone();
            let mut tried = before.clone();
            match declared.empty() {
                _ if declared.required => continue,
                Some(empty) => drop(tried.cells.insert((field, row), empty)),
                None => drop(tried.cells.remove(&(field, row))),
            }
            world.restore(tried);
            let now = match self.decided(&world, comparison) == decided {
                true => self.broken(shape, &world.state),
                false => broken,
            };
            if now >= broken {
                world.restore(before);
                continue;
            }
            broken = now;
            if broken == 0 {
                return Some(world.state);
            }
        }
        None
    }

    /// What a world decides, and how the comparison comes out on each of its rows.
    fn decided(&self, world: &World<'_>, comparison: NodeId) -> Vec<Option<Value>> {
        let outcomes = self.plan.selected.iter().map(|(_, node)| world.value(*node, 0));
        outcomes.chain((0..ROWS).map(|row| world.value(comparison, row))).collect()
    }

    /// How often a world breaks an invariant, so that its rows would be refused.
    fn broken(&self, shape: usize, state: &State) -> usize {
        let Some(shape) = self.shapes.get(shape) else { return 0 };
        let dataset = joined(self.pack, self.references, self.plan.date, &[(shape, state)]);
        self.invariants.issues(&dataset).iter().filter(|issue| issue.is_error()).count()
    }
}
