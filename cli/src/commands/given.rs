//! Pairs that a data package gives: rules of pairs are decided on them, as those of any table are.

use std::path::Path;

use anyhow::{Result, bail};
use logis::Pack;
use logis::data::{Dataset, OutputColumn};
use logis::graph::Target;
use logis::pack::schema::{EntityId, Origin};
use logis::plan::Plan;
use logis::value::Type;

/// The pair entity that rules are of, if they are of one.
pub fn pair_of(pack: &Pack, names: &[&str]) -> Option<EntityId> {
    let (_, entity) = names.iter().find_map(|name| Target::find(pack.parsed(), name))?;
    let origin = &pack.parsed().schema.entities.get(entity)?.origin;
    matches!(origin, Origin::Pair(..)).then_some(entity)
}

/// Is there a file for the table of given pairs, or a workbook that may have a sheet for it?
pub fn is_there(pack: &Pack, pair: EntityId, data: &Path) -> bool {
    let entity = pack.parsed().schema.entities.get(pair);
    let Some(table) = entity.and_then(|e| e.pair_table.as_deref()) else { return false };
    let Ok(entries) = std::fs::read_dir(data) else { return data.is_file() };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let books = [".xlsx", ".xlsm", ".xls", ".ods", ".json", ".ndjson"];
        name.contains(&table.to_lowercase()) || books.iter().any(|end| name.ends_with(end))
    })
}

/// The pack in which the pairs are those of the table that the data gives.
pub fn pack(pack: &Pack, pair: EntityId, names: &[&str], data: &Path) -> Result<Pack> {
    let schema = &pack.parsed().schema;
    let name = |id: EntityId| schema.entities.get(id).map_or("?", |e| e.name.as_str());
    let rule = names.first().copied().unwrap_or("?");
    let candidacies = match pack.parsed().manifest.matching {
        Some(_) => format!(" ; pour les couples qui peuvent être proposés: logis candidates --select {rule}"),
        None => String::new(),
    };
    let Some(given) = pack.with_given_pairs(pair) else {
        bail!(
            "`{rule}` est une règle de couples (`{}`), et le schéma ne leur donne pas de table; attendu: `table = …` sous [{}] de schema.toml{candidacies}",
            name(pair),
            name(pair)
        );
    };
    if !is_there(pack, pair, data) {
        let declared = given.parsed().schema.entities.get(pair);
        let columns: Vec<&str> =
            declared.map_or_else(Vec::new, |e| e.belongs_to.iter().map(|r| r.column.as_str()).collect());
        let table = declared.and_then(|e| e.pair_table.as_deref()).unwrap_or("?");
        bail!(
            "`{rule}` est une règle de couples (`{}`), et le paquet de données n'en donne pas; attendu: une table `{table}` ({}){candidacies}",
            name(pair),
            columns.join(", ")
        );
    }
    Ok(given)
}

/// The identifiers of both sides of given pairs.
pub fn sides(plan: &Plan, dataset: &Dataset) -> Vec<OutputColumn> {
    let schema = &plan.parsed.schema;
    let Some(entity) = schema.entities.get(plan.entity) else { return Vec::new() };
    let table = dataset.tables.get(plan.entity);
    let side = |(number, relation): (usize, &logis::pack::schema::BelongsTo)| {
        let ids = dataset.tables.get(relation.target).map(|t| t.ids.values()).unwrap_or_default();
        let links = table.and_then(|t| t.links.get(number)).map_or(&[][..], |links| links);
        OutputColumn {
            name: relation.column.clone(),
            cells: links.iter().map(|&row| ids.get(row as usize).cloned()).collect(),
            kind: Type::Text(None),
        }
    };
    entity.belongs_to.iter().take(2).enumerate().map(side).collect()
}
