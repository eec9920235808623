//! Candidates of a problem as rows: what commands and services write of them.

use logis_data::{Output, OutputColumn};
use logis_language::pack::schema::EntityId;
use logis_language::value::Type;

use super::Posing;

impl Posing {
    /// The candidates that `keep` chooses, given by their rows of requests and of units: both identifiers, then what was
    /// asked for. `name` is what the rows are called.
    pub fn rows(&self, name: &str, keep: impl Fn(u32, u32) -> bool) -> Output {
        let (plan, instance) = (&self.plan.pairs, &self.instance);
        let found = &instance.candidates;
        let chosen: Vec<(usize, (u32, u32))> =
            found.iter().enumerate().filter(|(_, (request, unit))| keep(*request, *unit)).collect();
        let ids = |entity: EntityId, of: fn((u32, u32)) -> u32| {
            let ids = self.dataset.tables.get(entity).map(|table| table.ids.values()).unwrap_or_default();
            OutputColumn {
                name: plan.parsed.schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone()),
                cells: chosen.iter().map(|(_, pair)| ids.get(of(*pair) as usize).cloned()).collect(),
                kind: Type::Text(None),
            }
        };
        let mut columns = vec![
            ids(instance.requests.entity, |(request, _)| request),
            ids(instance.units.entity, |(_, unit)| unit),
        ];
        let asked = plan.selected.iter().skip(1).take(self.plan.asked);
        for ((name, node), outcomes) in asked.zip(&found.outcomes) {
            columns.push(OutputColumn {
                name: name.clone(),
                cells: chosen.iter().map(|(row, _)| outcomes.value(*row)).collect(),
                kind: plan.node(*node).map_or(Type::Bool, |n| n.ty.clone()),
            });
        }
        Output { name: name.to_string(), columns }
    }
}
