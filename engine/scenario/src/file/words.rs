//! Changes in words, as a report says them.

use super::{CellsOf, Count, How, ParameterChange, RowChange, RowKind, Variant, Years};
use logis_language::value::{Exact, Value, format_number};

/// `1,05`
fn french(number: &Exact) -> String {
    format_number(number).replace('.', ",")
}

fn shown_values(values: &[String]) -> String {
    let shown: Vec<&str> = values.iter().map(|v| if v.is_empty() { "rien" } else { v }).collect();
    shown.join(" ou ")
}

fn cells_text(cells: &CellsOf) -> String {
    cells
        .iter()
        .map(|((name, _), values)| format!("{name} = {}", shown_values(values)))
        .collect::<Vec<_>>()
        .join(", ")
}

impl std::fmt::Display for ParameterChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path.0)?;
        if !self.key.is_empty() {
            let keys: Vec<String> = self.key.iter().map(Value::to_string).collect();
            write!(f, " [{}]", keys.join(", "))?;
        }
        match &self.how {
            How::Multiply(n) => write!(f, " × {}", french(n)),
            How::Add(n) if *n < Exact::from_integer(0) => write!(f, " − {}", french(&-n)),
            How::Add(n) => write!(f, " + {}", french(n)),
            How::Set(Value::Number(n)) => write!(f, " = {}", french(n)),
            How::Set(value) => write!(f, " = {value}"),
            How::AsOf(date) => write!(f, " : les valeurs en vigueur au {date}"),
        }
    }
}

impl std::fmt::Display for RowChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = match &self.count {
            Count::Rows(n) => n.to_string(),
            Count::Share(share) => format!("{} %", french(&(share * Exact::from_integer(100)))),
            Count::All => "toutes les lignes".to_string(),
        };
        let entity = &self.entity.0;
        match self.kind {
            RowKind::Add => write!(f, "{entity} : {count} de plus")?,
            RowKind::New => write!(f, "{entity} : une ligne nouvelle")?,
            RowKind::Remove => write!(f, "{entity} : {count} de moins")?,
            RowKind::Change => write!(f, "{entity} : {count} changées")?,
        }
        if !self.which.is_empty() {
            write!(f, ", parmi {}", cells_text(&self.which))?;
        }
        if !self.to.is_empty() {
            write!(f, ", avec {}", cells_text(&self.to))?;
        }
        for ((name, _), which, to) in &self.members {
            write!(f, " ; {name}")?;
            if !which.is_empty() {
                write!(f, " ({})", cells_text(which))?;
            }
            write!(f, " : {}", cells_text(to))?;
        }
        Ok(())
    }
}

impl Variant {
    /// Is it the baseline once more?
    pub(crate) fn changes_nothing(&self) -> bool {
        let names = self.quotas.is_none() && self.priority.is_none() && self.fit.is_none();
        let rules = self.rules.is_none() && self.as_of.is_none() && self.parameters.is_empty();
        names && rules && self.rows.is_empty() && self.years.is_none()
    }
}

impl Years {
    /// What happens each year, a line each.
    pub fn words(&self) -> Vec<String> {
        let percent = |share: &Exact| french(&(share * Exact::from_integer(100)));
        let mut lines = Vec::new();
        lines.extend(self.data_of.map(|d| format!("dates des données : du {d} à la première année")));
        lines.extend(self.stock.map(|n| format!("parc réservé auparavant : {n} logements occupés")));
        lines.extend(
            self.freed.map(|s| format!("chaque année : {} % des logements occupés se libèrent", percent(&s))),
        );
        lines.extend(
            self.withdrawn
                .map(|s| format!("chaque année : {} % des demandes en attente renoncent", percent(&s))),
        );
        lines.extend(self.moves.iter().map(|m| format!("{} suit {}", m.field.0, m.by.0)));
        lines.extend(self.rows.iter().map(|change| format!("chaque année après la première : {change}")));
        lines
    }
}
