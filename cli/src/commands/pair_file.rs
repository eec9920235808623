//! Files of pairs of a request and a unit: refusals, decisions, lists of the commission.

use std::path::Path;

use anyhow::{Context, Error, Result, anyhow, bail};
use logis::Posing;
use logis::attribution::NotDecided;
use logis::data::visible_cell;
use logis::diagnostic::texts;
use logis::pack::Parsed;
use logis::pack::schema::Origin;

/// A pair of a file, with the line where it stands.
pub struct Line {
    /// From 1.
    pub number: usize,
    /// Identifiers of the request and of the unit.
    pub pair: (String, String),
    /// By column asked for besides: its cell, empty where the file has no such column.
    pub more: Vec<String>,
}

/// The names of the columns that hold the identifiers of both sides.
pub fn keys(parsed: &Parsed) -> [String; 2] {
    let schema = &parsed.schema;
    let key = |entity: usize| schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone());
    let pair = parsed.manifest.matching.as_ref().and_then(|m| schema.entity(&m.candidature.0));
    match pair.and_then(|pair| schema.entities.get(pair)).map(|entity| &entity.origin) {
        Some(Origin::Pair(request, unit)) => [key(*request), key(*unit)],
        _ => [String::new(), String::new()],
    }
}

/// Reads the pairs of a file, and the columns of these names besides.
pub fn read(path: &Path, keys: &[String; 2], more: &[&str]) -> Result<Vec<Line>> {
    read_with(path, keys, &[], more)
}

/// Reads the pairs of a file, the columns of names that must be there and of names that may be.
pub fn read_with(path: &Path, keys: &[String; 2], must: &[&str], may: &[&str]) -> Result<Vec<Line>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let header: Vec<&str> = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    let place = |name: &str| header.iter().position(|cell| *cell == name);
    let [first, second] = keys;
    let (Some(request), Some(unit)) = (place(first), place(second)) else {
        bail!("{}:1: attendu: une ligne d'en-tête avec `{first}` et `{second}`", path.display());
    };
    if let Some(lacks) = must.iter().find(|name| place(name).is_none()) {
        let near = texts::did_you_mean(lacks, header.iter().copied());
        bail!(
            "{}:1: la colonne `{lacks}` manque à l'en-tête; attendu: {} {near}",
            path.display(),
            must.join(", ")
        );
    }
    let more: Vec<Option<usize>> = must.iter().chain(may).map(|name| place(name)).collect();
    let line = |(number, line): (usize, &str)| {
        let cells = cells(line);
        let cell = |at: usize| cells.get(at).copied().unwrap_or("").to_string();
        let more = more.iter().map(|at| at.map_or_else(String::new, cell)).collect();
        Line { number: number + 1, pair: (cell(request), cell(unit)), more }
    };
    Ok(lines.filter(|(_, line)| !line.trim().is_empty()).map(line).collect())
}

/// The pairs alone.
pub fn pairs(lines: &[Line]) -> Vec<(String, String)> {
    lines.iter().map(|line| line.pair.clone()).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"')).collect()
}

/// What is wrong with the decisions of a file, each at its line.
pub fn not_decided(path: &Path, lines: &[Line], wrong: &[((String, String), NotDecided)]) -> Error {
    let line = |(pair, why): &((String, String), NotDecided)| {
        let number = lines.iter().find(|line| line.pair == *pair).map_or(1, |line| line.number);
        format!("{}:{number}: {why}", path.display())
    };
    anyhow!("{}", wrong.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Says which pairs of a file change nothing, as they are no candidates of these data, or are not in them.
pub fn say_without_effect(
    path: &Path,
    lines: &[Line],
    posing: &Posing,
    changes_nothing: impl Fn(&Line) -> bool,
) {
    let Posing { instance, dataset, .. } = posing;
    for line in lines.iter().filter(|line| changes_nothing(line)) {
        let (request, unit) = &line.pair;
        let why = if instance.requests.find(dataset, request).is_none() {
            format!("`{}` n'est pas, ou n'est plus, une demande des données", visible_cell(request))
        } else if instance.units.find(dataset, unit).is_none() {
            format!("`{}` n'est pas, ou n'est plus, un logement des données", visible_cell(unit))
        } else {
            format!("`{}` n'est pas candidate au logement `{}`", visible_cell(request), visible_cell(unit))
        };
        eprintln!("avertissement: {}:{}: {why}: cette ligne ne change rien", path.display(), line.number);
    }
}
