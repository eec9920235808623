//! Reads `territoire.toml`, and finds what is wrong between territories.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::params::read_sources;
use super::super::toml_reader::{Reader, parse};
use super::{Level, MANIFEST, NONE, Settings, Territories, Territory};
use crate::diagnostic::texts::files::what;
use crate::diagnostic::{Diagnostics, FileId, Sources, Span, texts};
use crate::pack::schema::{Origin, Schema};

/// The territories of a pack: every folder with a manifest.
pub(in crate::pack) fn read_folders(
    settings: Option<&Settings>,
    schema: &Schema,
    sources: &Sources,
    out: &mut Diagnostics,
) -> Territories {
    let manifests = sources.files().iter().enumerate().filter(|(_, f)| is_manifest(&f.path));
    let Some(settings) = settings else {
        for (file, _) in manifests {
            out.push(texts::territories::no_territories(Span::new(file, 0..0)));
        }
        return Territories::default();
    };
    let mut found = Territories {
        levels: settings
            .levels
            .iter()
            .map(|(column, _)| Level { column: column.clone(), field: None })
            .collect(),
        ..Territories::default()
    };
    let names = || schema.entities.iter().map(|e| e.name.as_str());
    let entity = |(name, span): &(String, Span), out: &mut Diagnostics| {
        let id = schema.entity(name);
        if id.is_none() {
            out.push(texts::names::no_entity(name, names(), span.clone()));
        }
        id
    };
    found.table = entity(&settings.table, out);
    let is_table =
        |id: usize| matches!(schema.entities.get(id).map(|e| &e.origin), Some(Origin::Reference { .. }));
    if let Some(table) = found.table.filter(|id| !is_table(*id)) {
        found.table = None;
        let name = schema.entities.get(table).map_or("?", |e| e.name.as_str());
        out.push(texts::territories::not_a_table(name, settings.table.1.clone()));
    }
    for (of, side) in &settings.through {
        let of = entity(&(of.clone(), side.1.clone()), out);
        found.through.extend(of.zip(entity(side, out)));
    }
    let named = |(id, field): (usize, &crate::pack::schema::Field)| field.territory.then_some(id);
    found.named = schema.fields.iter().enumerate().filter_map(named).collect();
    for (file, source) in manifests {
        let folder = source.path.strip_suffix(MANIFEST).unwrap_or_default();
        let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if let Some(territory) = read(file, name, folder, &source.text, &found.levels, out) {
            found.all.push(territory);
        }
    }
    found.all.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in found.all.windows(2) {
        if let [a, b] = pair
            && a.name == b.name
        {
            out.push(texts::names::declared_twice(&b.name, b.span.clone(), a.span.clone()));
        }
    }
    disjoint(&found, out);
    found
}

fn is_manifest(path: &str) -> bool {
    path.strip_suffix(MANIFEST).is_some_and(|folder| folder.ends_with('/'))
}

fn read(
    file: FileId,
    name: &str,
    folder: &str,
    text: &str,
    levels: &[Level],
    out: &mut Diagnostics,
) -> Option<Territory> {
    let root = parse(file, text, out)?;
    let mut reader = Reader::new(file, 0..0, what::territory(name), root.get_ref());
    let label = reader.required_str("name", out).map(|(label, _)| label.to_string());
    let (from, until) = (reader.date("from", out), reader.date("until", out));
    let doubt = reader.string("doute", out);
    let sources = read_sources(file, &what::territory(name), &mut reader, out);
    if sources.is_empty() {
        out.push(texts::territories::unsourced(name, reader.span()));
    }
    // What is left names the level.
    let mut held = None;
    for (key, at, item) in reader.rest() {
        let Some(level) = levels.iter().position(|level| level.column == key) else {
            let known: Vec<&str> = levels
                .iter()
                .map(|level| level.column.as_str())
                .chain(reader.known().map(|k| -> &str { k }))
                .collect();
            out.push(texts::files::unknown_key(&reader.what, key, known, Span::new(file, at)));
            continue;
        };
        let codes = reader.strings_of(key, item, out)?;
        if held.replace((level, codes)).is_some() {
            out.push(texts::territories::two_levels(name, Span::new(file, at)));
        }
    }
    if name == NONE || name.contains('@') || name.is_empty() {
        out.push(texts::territories::bad_name(name, reader.span()));
        return None;
    }
    let Some((level, codes)) = held.filter(|(_, codes)| !codes.is_empty()) else {
        let columns: Vec<&str> = levels.iter().map(|level| level.column.as_str()).collect();
        out.push(texts::territories::nowhere(name, &columns, reader.span()));
        return None;
    };
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        out.push(texts::territories::backwards(name, reader.span()));
    }
    Some(Territory {
        name: Arc::from(name),
        folder: folder.to_string(),
        label: label?,
        level,
        codes,
        from,
        until,
        sources,
        left_out: false,
        doubt,
        span: reader.span(),
    })
}

/// Two territories of one level hold no row together, on no day.
fn disjoint(territories: &Territories, out: &mut Diagnostics) {
    let mut holders: BTreeMap<(usize, &str), (&Territory, &Span)> = BTreeMap::new();
    for territory in &territories.all {
        for (code, span) in &territory.codes {
            if let Some((other, first)) = holders.insert((territory.level, code), (territory, span)) {
                let names = (territory.name.as_ref(), other.name.as_ref());
                out.push(texts::territories::held_twice(code, names, span.clone(), first.clone()));
            }
        }
    }
}
