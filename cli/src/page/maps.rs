//! Maps on pages: what is drawn, and what is said beside it.

use std::path::Path;

use anyhow::{Context, Result};
use logis::scenario::map::{Atlas, Class, Contours, Drawn, Figures, Named};
use logis::scenario::report::Cell;
use serde::Serialize;

/// The most places that are named of those that lack a contour or a figure.
const NAMED: usize = 30;

/// The maps of a page, on the contours that were given.
#[derive(Default, Serialize)]
pub struct Maps {
    /// The contours, once for all maps.
    defs: String,
    all: Vec<MapView>,
}

/// A map, with its table.
#[derive(Serialize)]
struct MapView {
    id: String,
    sheet: String,
    title: String,
    svg: String,
    classes: Vec<Shade>,
    rate: String,
    count: String,
    circles: String,
    signed: bool,
    rows: Vec<Line>,
    /// What is missing, in sentences.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Shade {
    name: String,
    text: String,
}

/// A place in the table beside a map.
#[derive(Serialize)]
struct Line {
    name: String,
    count: String,
    rate: String,
    of: Option<String>,
    few: bool,
}

/// Reads contours.
pub fn contours(path: &Path) -> Result<Contours> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    Ok(Contours::read(&path.display().to_string(), &bytes)?)
}

impl Maps {
    /// Draws what can be drawn; nothing without contours.
    pub fn of(figures: &[Figures], contours: Option<&Contours>) -> Result<Maps> {
        let Some(contours) = contours else { return Ok(Maps::default()) };
        let mut named: Vec<Named> = figures
            .iter()
            .flat_map(|figures| figures.places.iter().map(|shown| shown.place.clone()))
            .collect();
        named.sort();
        named.dedup();
        let atlas = Atlas::new(contours, &named)?;
        let drawn = figures.iter().enumerate().filter_map(|(at, figures)| {
            let id = format!("carte-{}", at + 1);
            Some(view(figures, figures.draw(&atlas, &id)?, id))
        });
        Ok(Maps { all: drawn.collect(), defs: atlas.defs() })
    }
}

fn view(figures: &Figures, drawn: Drawn, id: String) -> MapView {
    let shown = |cell: &Cell| match cell {
        Cell::Empty => String::new(),
        _ if figures.signed && cell.as_number().is_some_and(|(value, _)| value > 0) => format!("+{cell}"),
        cell => cell.to_string(),
    };
    let mut places: Vec<_> = figures.places.iter().collect();
    places.sort_by_key(|one| std::cmp::Reverse(one.count.as_number().map(|(value, _)| value)));
    let line = |one: &&logis::scenario::map::Shown| Line {
        name: one.place.name.clone(),
        count: shown(&one.count),
        rate: shown(&one.rate),
        of: one.rate.of().map(|of| of.to_string()),
        few: one.rate.is_of_few(),
    };
    let mut notes = Vec::new();
    for (what, names) in
        [("Sans contour dans le fichier", &drawn.without_contour), ("Sans chiffre", &drawn.without_figure)]
    {
        if !names.is_empty() {
            let more = names.len().saturating_sub(NAMED);
            let named: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            let more = if more > 0 { format!(" et {more} autres") } else { String::new() };
            notes.push(format!("{what} : {}{more}.", named.join(", ")));
        }
    }
    if drawn.elsewhere > 0 {
        notes.push(format!("{} autres contours du fichier ne sont pas dessinés.", drawn.elsewhere));
    }
    let shade = |class: Class| Shade { name: class.name, text: class.text };
    MapView {
        id,
        sheet: figures.sheet.clone(),
        title: figures.title.clone(),
        svg: drawn.svg,
        classes: drawn.classes.into_iter().map(shade).collect(),
        rate: figures.rate.clone(),
        count: capital(&figures.count),
        circles: drawn.circles,
        signed: figures.signed,
        rows: places.iter().map(line).collect(),
        notes,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
