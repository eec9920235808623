//! Reserves of the decisions of `logis eval`: counted in a note, or told row by row in a column.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logis::data::OutputColumn;
use logis::evaluate::{Context, DecisionColumn};
use logis::parts::DecidedPart;
use logis::plan::Plan;
use logis::reserves::{Reserves, possible};
use logis::value::{Type, Value};

/// The name of the column.
const COLUMN: &str = "reserves";

/// By number of a selected rule: on how many rows it granted under reserves.
pub type Counted = BTreeMap<usize, usize>;

/// Counts the rows of a part.
pub fn count(part: &DecidedPart, counted: &mut Counted) {
    for (rule, rows) in &part.reserved {
        *counted.entry(*rule).or_default() += rows.len();
    }
}

/// On the standard error, on how many rows each rule granted under which reserves; `told` says whether a column tells
/// them row by row.
pub fn say(plans: &[Arc<Plan>], counted: &Counted, told: bool) {
    for (rule, rows) in counted.iter().filter(|(_, rows)| **rows > 0) {
        let mut texts: Vec<String> = Vec::new();
        let all = plans.iter().flat_map(|plan| possible(plan)).filter(|(of, _)| of == rule);
        for text in all.flat_map(|(_, texts)| texts) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let Some((name, _)) = plans.last().and_then(|plan| plan.selected.get(*rule)) else { continue };
        let lines = if *rows == 1 { "1 ligne".to_string() } else { format!("{rows} lignes") };
        let hint = if told { "" } else { " (--reserves: ligne par ligne)" };
        eprintln!("note: `{name}`: accordé sous réserve sur {lines}{hint}: {}", texts.join(" ; "));
    }
}

/// The column: by row, each rule that grants under reserves, and which.
pub fn column(part: &DecidedPart) -> OutputColumn {
    // Row by row, and in a row rule by rule; a plan is taken up once for the rows that follow one another.
    let mut all: BTreeSet<(usize, usize)> = BTreeSet::new();
    all.extend(part.reserved.iter().flat_map(|(rule, rows)| rows.iter().map(|row| (*row, *rule))));
    let rows = part.decisions.columns.first().map_or(0, DecisionColumn::len);
    let mut cells: Vec<Option<Value>> = vec![None; rows];
    let mut left = all.into_iter().peekable();
    while let Some(plan) = left.peek().and_then(|(row, _)| part.plan_of(*row)) {
        let context = Context::new(plan, &part.read.dataset);
        let mut reserves = Reserves::new(&context);
        let mut told: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        while let Some((row, rule)) =
            left.next_if(|(row, _)| part.plan_of(*row).is_some_and(|own| std::ptr::eq(own, plan)))
        {
            let Some((name, node)) = plan.selected.get(rule) else { continue };
            let texts = reserves.of(*node, row as u64).join(" ; ");
            told.entry(row).or_default().push(format!("{name}: {texts}"));
        }
        for (row, texts) in told {
            if let Some(cell) = cells.get_mut(row) {
                *cell = Some(Value::text(&texts.join(" | ")));
            }
        }
    }
    OutputColumn { name: COLUMN.to_string(), cells, kind: Type::Text(None) }
}
