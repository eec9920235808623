//! Reserves of the decisions of `logis eval`: counted in a note, or told row by row in a column.

use std::collections::BTreeMap;
use std::sync::Arc;

use logis::data::OutputColumn;
use logis::explain::Words;
use logis::granted::{Granted, granted};
use logis::parts::DecidedPart;
use logis::plan::Plan;
use logis::value::{Type, Value};

use crate::input::of_part;

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
    for one in granted(plans, counted) {
        let lines = if one.rows == 1 { "1 ligne".to_string() } else { format!("{} lignes", one.rows) };
        let hint = if told { "" } else { " (--reserves: ligne par ligne)" };
        let (part, texts) = (of_part(), one.texts.join(" ; "));
        eprintln!("note{part}: `{}`: accordé sous réserve sur {lines}{hint}: {texts}", one.rule);
    }
}

/// For a workbook: on how many rows each rule granted under which reserves.
pub fn lines(plans: &[Arc<Plan>], counted: &Counted) -> Vec<String> {
    let line = |one: Granted| {
        let label = plans.last().map_or_else(|| one.rule.clone(), |plan| Words::new(plan).label(&one.rule));
        let rows = if one.rows == 1 { "1 ligne".to_string() } else { format!("{} lignes", one.rows) };
        format!("Sous réserve, sur {rows}, « {label} » : {}", one.texts.join(" ; "))
    };
    granted(plans, counted).into_iter().map(line).collect()
}

/// The column: by row, each rule that grants under reserves, and which.
pub fn column(part: &DecidedPart) -> OutputColumn {
    let cells = part.reserves().into_iter().map(|text| text.map(|text| Value::text(&text))).collect();
    OutputColumn { name: COLUMN.to_string(), cells, kind: Type::Text(None) }
}
