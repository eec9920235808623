//! Tables that go with requests and units and are drawn apart from them: operations, aids given, attributions of the past,
//! the stock of each commune.
//!
//! The model describes them in blocks of rows alike; the blocks of one table are written one after the other, under the
//! columns of all.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use crate::columns::{Fields, Kind, Rows};
use crate::deck::{Draw, quotas};
use crate::model::{Model, Other, Place as Where, Reference};
use crate::places::Places;
use crate::shuffle::{Deal, mix};

/// The tables by name, in the order in which the model first names them.
pub(crate) fn tables(
    model: &Model,
    places: &Places,
    seed: u64,
    stream: impl Fn(u64) -> Draw,
) -> Result<Vec<(String, RecordBatch)>, ArrowError> {
    let mut names: Vec<&str> = Vec::new();
    for block in &model.autres_tables {
        if !names.contains(&block.table.as_str()) {
            names.push(&block.table);
        }
    }
    let table = |name: &&str| Ok(((*name).to_string(), table(model, places, seed, &stream, name)?));
    names.iter().map(table).collect()
}

/// A block of rows alike, ready to be drawn.
struct Block<'m> {
    model: &'m Other,
    fields: Fields,
    rows: u64,
    communes: Option<Deal>,
}

fn table(
    model: &Model,
    places: &Places,
    seed: u64,
    stream: &impl Fn(u64) -> Draw,
    name: &str,
) -> Result<RecordBatch, ArrowError> {
    let blocks: Vec<(u64, Block<'_>)> = (0..)
        .zip(&model.autres_tables)
        .filter(|(_, block)| block.table == name)
        .map(|(number, block)| (number, self::block(model, places, seed, number, block)))
        .collect();
    let mut columns: Vec<(String, Kind)> = Vec::new();
    let mut add = |column: (String, Kind)| {
        if !columns.iter().any(|(own, _)| *own == column.0) {
            columns.push(column);
        }
    };
    for (_, block) in &blocks {
        if !block.model.cle.is_empty() {
            add((block.model.cle.clone(), Kind::Text));
        }
        if block.communes.is_some() {
            add((model.colonnes.logements.commune.clone(), Kind::Text));
        }
        for name in block.model.renvois.keys() {
            add((name.clone(), Kind::Text));
        }
        if block.model.quartier_pour_cent > 0 {
            add((model.colonnes.logements.quartier.clone(), Kind::Text));
        }
        block.fields.columns().for_each(&mut add);
    }
    let total: u64 = blocks.iter().map(|(_, block)| block.rows).sum();
    let mut rows = Rows::new(&columns, usize::try_from(total).unwrap_or(0));
    let digits = total.to_string().len();
    let mut number = 0;
    for (at, block) in &blocks {
        let mut draw = stream(*at);
        for row in 0..block.rows {
            number += 1;
            let id = format!("{}{number:0digits$}", block.model.prefixe);
            let commune = block.communes.as_ref().and_then(|deal| places.all.get(deal.at(row).0));
            let commune = commune.map(|place| place.code.as_str());
            let district = commune.and_then(|code| district(model, block.model, code, &mut draw));
            for (name, _) in &columns {
                if let Some(of) = block.model.renvois.get(name) {
                    rows.text(referred(places, *of, row + 1).as_deref());
                    continue;
                }
                let text = match name.as_str() {
                    name if name == block.model.cle => Some(Some(id.as_str())),
                    name if name == model.colonnes.logements.commune => Some(commune),
                    name if name == model.colonnes.logements.quartier => Some(district),
                    _ => None,
                };
                match text {
                    // A block may draw such a column as any other.
                    Some(None) if block.fields.has(name) => block.fields.add_one(name, &mut rows, &mut draw),
                    Some(text) => rows.text(text),
                    None if block.fields.has(name) => block.fields.add_one(name, &mut rows, &mut draw),
                    None => rows.none(),
                }
            }
        }
    }
    rows.finish()
}

fn block<'m>(model: &Model, places: &Places, seed: u64, number: u64, block: &'m Other) -> Block<'m> {
    let weights = |of: fn(&crate::places::Place) -> u64| places.all.iter().map(of).collect::<Vec<u64>>();
    let key = mix(seed ^ mix(100 + number));
    let each = u64::try_from(places.all.len()).unwrap_or(0);
    let (rows, counts) = match block.lieu {
        None => (block.nombre, None),
        Some(Where::Chaque) => (each, Some(vec![1; places.all.len()])),
        Some(Where::Demandes) => (block.nombre, Some(quotas(block.nombre, &weights(|p| p.requests)))),
        Some(Where::Logements) => (block.nombre, Some(quotas(block.nombre, &weights(|p| p.units)))),
    };
    Block {
        model: block,
        fields: Fields::new(&block.champs, model.day()),
        rows,
        communes: counts.map(|counts| Deal::new(&counts, key)),
    }
}

/// The identifier of a request or of a unit by its number, as their own tables write it; none past the last.
fn referred(places: &Places, of: Reference, number: u64) -> Option<String> {
    let [requests, units] = places.sizes.each_ref().map(|size| size.rows);
    let (prefix, total) = match of {
        Reference::Demandes => ('D', requests),
        Reference::Logements => ('L', units),
    };
    let digits = total.to_string().len();
    (number <= total).then(|| format!("{prefix}{number:0digits$}"))
}

/// A district of the commune, in so many of a hundred rows where it has one.
fn district<'m>(model: &'m Model, block: &Other, commune: &str, draw: &mut Draw) -> Option<&'m str> {
    if block.quartier_pour_cent == 0 {
        return None;
    }
    // Drawn whatever the commune: the districts of one do not change what is drawn in another.
    let (inside, at) = (draw.percent(block.quartier_pour_cent), draw.between(0, 999_999));
    let own: Vec<_> = model.quartiers.liste.iter().filter(|q| q.commune == commune).collect();
    let at = usize::try_from(at).unwrap_or(0).checked_rem(own.len())?;
    own.get(at).filter(|_| inside).map(|q| q.quartier.as_str())
}
