//! Candidates of a problem as rows: what commands and services write of them.

use logis_data::{Output, OutputColumn};
use logis_language::pack::schema::EntityId;
use logis_language::value::{Type, Value};
use logis_matching::Matching;

use super::Posing;

impl Posing {
    /// All candidates, or those that an answer gives their unit: both identifiers, then what was asked for. `name` is what the
    /// rows are called.
    pub fn rows(&self, name: &str, given: Option<&Matching>) -> Output {
        let (plan, instance) = (&self.plan.pairs, &self.instance);
        let chosen = instance.places(given);
        let ids = |entity: EntityId, of: fn((u32, u32)) -> u32| {
            let ids = self.dataset.tables.get(entity).map(|table| table.ids.clone()).unwrap_or_default();
            // Where many cells hold one identifier, they share its text.
            let all = if chosen.len() > ids.len() { ids.values() } else { Vec::new() };
            let cell = |row: usize| all.get(row).cloned().or_else(|| ids.text(row).map(Value::text));
            OutputColumn {
                name: plan.parsed.schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone()),
                cells: chosen.iter().map(|(_, pair)| cell(of(*pair) as usize)).collect(),
                kind: Type::Text(None),
            }
        };
        let mut columns = vec![
            ids(instance.requests.entity, |(request, _)| request),
            ids(instance.units.entity, |(_, unit)| unit),
        ];
        let asked = plan.selected.iter().skip(1).take(self.plan.asked);
        for ((name, node), outcomes) in asked.zip(&instance.candidates.outcomes) {
            columns.push(OutputColumn {
                name: name.clone(),
                cells: chosen.iter().map(|(row, _)| outcomes.value(*row)).collect(),
                kind: plan.node(*node).map_or(Type::Bool, |n| n.ty.clone()),
            });
        }
        Output { name: name.to_string(), columns }
    }
}
