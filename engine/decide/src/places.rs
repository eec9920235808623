//! How many rows each territory decided, and how many no territory: what is said beside local results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use logis_data::{Dataset, NO_ROW, column_of};
use logis_language::graph::{Access, Link, Step, Target};
use logis_language::pack::Parsed;
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::pack::territory::NONE;
use logis_language::value::Value;

/// Rows by the territory whose local rules hold for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// By territory: how many rows.
    pub of: BTreeMap<Arc<str>, u64>,
    /// Rows that no territory of the pack holds.
    pub nowhere: u64,
    /// Rows that do not say where they are.
    pub unknown: u64,
    /// The territories that hold some row: the finest, and the wider ones around it, whose values hold where it gives none.
    pub held: BTreeSet<Arc<str>>,
}

impl Places {
    /// Adds the rows of an entity. Rows of an entity that leads to no territory are not counted.
    ///
    /// ```
    /// use logis::{Pack, data::{InputFile, Needs, read}, places::Places};
    /// let pack = Pack::load("../../rules")?;
    /// let parsed = pack.parsed();
    /// let text = "demande_id,commune,date_demande\nD1,21231,2020-01-01\nD2,31555,2020-01-01\nD3,97209,2020-01-01\n";
    /// let files = vec![InputFile { name: "demandes.csv".into(), bytes: text.into() }];
    /// let read = read(&parsed.schema, &parsed.references, files, &Needs::default());
    /// let mut places = Places::default();
    /// places.add(parsed, &read.dataset, parsed.schema.entity("demande").ok_or("an entity")?);
    /// assert_eq!(places.to_string(), "dijon 1 ligne, toulouse 1 ligne, sans territoire 1 ligne");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add(&mut self, parsed: &Parsed, dataset: &Dataset, entity: EntityId) {
        let territories = &parsed.territories;
        // From the finest level to the widest: the first that holds a row is whose rules come first.
        let levels = (0..territories.levels.len()).rev();
        let links: Vec<Link> =
            levels.filter_map(|level| territories.link(&parsed.schema, entity, level)).collect();
        if links.is_empty() {
            return;
        }
        // Rows are counted by the row of the table of places that they lead to, of which there are few: the territory is
        // looked up once for each of those.
        let rows = dataset.tables.get(entity).map_or(0, logis_data::Table::rows);
        let mut leads: BTreeMap<Vec<Option<usize>>, u64> = BTreeMap::new();
        let paths: Vec<&[Step]> = links.iter().map(steps).collect();
        match paths.iter().all(|path| path == paths.first().unwrap_or(path)) {
            true => {
                let mut counts: Vec<u64> = Vec::new();
                let mut lost = 0;
                let path = paths.first().copied().unwrap_or_default();
                for row in 0..rows {
                    let Some(to) = end(dataset, path, row) else {
                        lost += 1;
                        continue;
                    };
                    if counts.len() <= to {
                        counts.resize(to + 1, 0);
                    }
                    counts.get_mut(to).into_iter().for_each(|count| *count += 1);
                }
                let counts = counts.into_iter().enumerate().map(|(to, count)| (Some(to), count));
                for (to, count) in counts.chain([(None, lost)]).filter(|(_, count)| *count > 0) {
                    leads.insert(vec![to; links.len()], count);
                }
            }
            false => {
                for row in 0..rows {
                    let to = paths.iter().map(|path| end(dataset, path, row)).collect();
                    *leads.entry(to).or_default() += 1;
                }
            }
        }
        for (to, count) in leads {
            let mut unknown = false;
            let mut found = None;
            for (link, row) in links.iter().zip(to) {
                match row.and_then(|row| value(parsed, dataset, link, row)) {
                    Some(Value::Text(name)) if name.as_ref() != NONE => {
                        let of = territories.find(&name).and_then(|t| territories.all.get(t));
                        if of.is_none_or(|of| !of.left_out) {
                            self.held.insert(name.clone());
                            found = found.or(Some(name));
                        }
                    }
                    Some(_) => {}
                    // Where the finest is not known a wider one may be, and decides.
                    None => unknown = true,
                }
            }
            match found {
                Some(name) => *self.of.entry(name).or_default() += count,
                None if unknown => self.unknown += count,
                None => self.nowhere += count,
            }
        }
    }

    /// Adds the rows of all tables of the data.
    pub fn add_all(&mut self, parsed: &Parsed, dataset: &Dataset) {
        for (id, entity) in parsed.schema.entities.iter().enumerate() {
            if matches!(entity.origin, Origin::Data { .. }) {
                self.add(parsed, dataset, id);
            }
        }
    }

    /// Is there nothing to say?
    pub fn is_empty(&self) -> bool {
        *self == Places::default()
    }
}

/// The relations that a link follows, row by row.
fn steps(link: &Link) -> &[Step] {
    match &link.access {
        Access::Up(steps) => steps,
        _ => &[],
    }
}

/// The row that relations lead to from a row; `None` where one is not known.
fn end(dataset: &Dataset, path: &[Step], row: usize) -> Option<usize> {
    let mut row = row;
    for step in path {
        let Step::BelongsTo(entity, relation) = *step else { return None };
        let parent = *dataset.tables.get(entity)?.links.get(relation)?.get(row)?;
        row = (parent != NO_ROW).then(|| usize::try_from(parent).ok()).flatten()?;
    }
    Some(row)
}

/// The value of a link in the row that it leads to.
fn value(parsed: &Parsed, dataset: &Dataset, link: &Link, row: usize) -> Option<Value> {
    let Target::Field(field) = link.target else { return None };
    column_of(dataset, &parsed.schema, field)?.get(row)
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.of.iter().map(|(name, rows)| (name.as_ref(), *rows));
        let others = [("sans territoire", self.nowhere), ("sans commune connue", self.unknown)];
        let all = of.chain(others).filter(|(_, rows)| *rows > 0);
        let all: Vec<String> = all
            .map(|(name, rows)| format!("{name} {rows} ligne{}", if rows > 1 { "s" } else { "" }))
            .collect();
        f.write_str(&all.join(", "))
    }
}
