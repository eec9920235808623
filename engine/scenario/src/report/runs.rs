//! The runs side by side.

use super::{Cell, Repeated, Sheet};
use crate::table::{Row, Table};

fn headed(label: &str, unit: &str) -> String {
    if unit.is_empty() || label.to_lowercase().contains(&unit.to_lowercase()) {
        label.to_string()
    } else {
        format!("{label} ({unit})")
    }
}

/// Each table of the baseline, with what the variants make of its compared columns.
pub(super) fn compare(all: &[Repeated<'_>]) -> Vec<Sheet> {
    let Some((base, variants)) = all.split_first() else { return Vec::new() };
    base.tables.iter().map(|table| compare_table(table, variants)).collect()
}

fn compare_table(table: &Table, variants: &[Repeated<'_>]) -> Sheet {
    let mut sheet = Sheet::new(&table.id, &table.title, &table.how, &table.source);
    let single = table.columns.len() == 1;
    sheet.header.push(table.of.clone());
    if single {
        sheet.header.push("Unité".to_string());
        sheet.header.push(if variants.is_empty() { "Valeur".to_string() } else { "Base".to_string() });
    } else {
        sheet.header.extend(table.columns.iter().map(|c| headed(&c.label, &c.unit)));
    }
    let compared: Vec<usize> =
        table.columns.iter().enumerate().filter(|(_, c)| c.compared).map(|(at, _)| at).collect();
    let others: Vec<(&Repeated<'_>, Option<&Table>)> =
        variants.iter().map(|v| (v, v.tables.iter().find(|t| t.id == table.id))).collect();
    for (variant, _) in &others {
        for (number, &at) in compared.iter().enumerate() {
            let Some(column) = table.columns.get(at) else { continue };
            let name = if single {
                variant.title.clone()
            } else {
                format!("{} : {}", variant.title, headed(&column.label, &column.unit))
            };
            sheet.header.push(name);
            if number == 0 {
                sheet.header.push(if single {
                    "écart".to_string()
                } else {
                    format!("{} : écart", variant.title)
                });
            }
        }
    }
    let mut rows: Vec<(&str, &str)> = table.rows.iter().map(|r| (r.id.as_str(), r.label.as_str())).collect();
    for row in others.iter().filter_map(|(_, t)| *t).flat_map(|t| &t.rows) {
        if !rows.iter().any(|(id, _)| *id == row.id) {
            rows.push((&row.id, &row.label));
        }
    }
    for (id, label) in rows {
        let own = table.rows.iter().find(|r| r.id == id);
        let any =
            own.or_else(|| others.iter().filter_map(|(_, t)| *t).flat_map(|t| &t.rows).find(|r| r.id == id));
        let decimals = |at: usize| any.map_or(0, |row| table.decimals(row, at));
        let mut cells = vec![Cell::Text(label.to_string())];
        if single {
            cells.push(Cell::Text(any.map_or("", |row| table.unit(row, 0)).to_string()));
        }
        let value = |row: Option<&Row>, at: usize| row.and_then(|r| r.cells.get(at).copied().flatten());
        let shown = |table: &Table, row: Option<&Row>, at: usize| {
            Cell::share(value(row, at), decimals(at), row.and_then(|row| table.share_of(row, at)))
        };
        cells.extend((0..table.columns.len()).map(|at| shown(table, own, at)));
        for (_, other) in &others {
            let there = other.and_then(|t| t.rows.iter().find(|r| r.id == id));
            for (number, &at) in compared.iter().enumerate() {
                cells.push(shown(other.unwrap_or(table), there, at));
                if number == 0 {
                    let counts = table.columns.get(at).is_some_and(|c| c.decimals == 0) && !single;
                    let or_none = |v: Option<i64>| if counts { Some(v.unwrap_or(0)) } else { v };
                    let difference =
                        or_none(value(there, at)).zip(or_none(value(own, at))).map(|(a, b)| a - b);
                    cells.push(Cell::number(difference, decimals(at)));
                }
            }
        }
        sheet.rows.push(cells);
    }
    sheet
}
