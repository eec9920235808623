//! The sheets of a review: everything that is read in it, in a page, a workbook or a terminal.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::{Figure, Window};
use super::gather::{Left, table_name};
use super::judge::{Verdict, cell, figure_cell};
use super::places::NOWHERE;
use super::{Line, Read};
use crate::map::{Figures, Named, Shown};
use crate::sheet::{Cell, Sheet};
use logis_data::column_of;
use logis_language::pack::agreement::{Every, Measure};
use logis_language::value::{Value, sub};

/// The most rows that a list of rows names.
const NAMED: usize = 5_000;

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn header<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_string).to_vec()
}

/// A line for each indicator: target, reached, gap, trend.
pub fn balance(read: &Read<'_>, lines: &[Line<'_>]) -> Sheet {
    let year = read.year();
    let mut sheet = Sheet::new(
        "bilan",
        &format!("Objectifs et réalisations, {year}"),
        "Une ligne par ligne de la convention. Un objectif par an se compare à l'année ; un objectif de période, au cumul. Atteint : « environ » dans le texte reste à apprécier, un chiffre du passé est pour mémoire, et ce qui peut encore se faire est en cours.",
        "règles et paramètres du territoire ; la source de chaque objectif est à sa ligne",
    );
    sheet.header = header([
        "N°",
        "Article",
        "Indicateur",
        "Unité",
        "Objectif",
        &format!("Réalisé {year}"),
        "Cumul",
        "Période",
        "Écart",
        "Atteint",
        "Tendance",
        "Explication",
        "Source",
    ]);
    for line in lines {
        let indicator = line.indicator;
        let judged = &line.judged;
        sheet.rows.push(vec![
            text(&*indicator.id),
            text(&*indicator.article),
            text(&*indicator.label),
            text(&*indicator.unit),
            text(&*judged.words),
            figure_cell(indicator, Some(&line.of_year)),
            cumulated(line),
            text(line.period.words()),
            cell(indicator, judged.gap.as_ref()),
            text(match indicator.measure {
                Measure::Words => "engagement",
                _ => judged.verdict.word(),
            }),
            text(trend(line)),
            text(explained(line)),
            text(&*judged.source),
        ]);
    }
    sheet
}

/// The sum, the share or the state of the period so far; a growth has none.
fn cumulated(line: &Line<'_>) -> Cell {
    match line.indicator.measure {
        Measure::Sums { growth: Some(_), .. } | Measure::Words => Cell::Empty,
        _ => figure_cell(line.indicator, Some(&line.so_far)),
    }
}

/// The change from the year before.
fn trend(line: &Line<'_>) -> String {
    let (Some(now), Some(before)) = (line.of_year.value, line.before.value) else { return String::new() };
    let Ok(change) = sub(&now, &before) else { return String::new() };
    let zero = logis_language::value::Exact::from_integer(0);
    let shown = |sign: &str, change| {
        let unit = if line.indicator.unit == "%" { "\u{202f}pt" } else { "" };
        format!("{sign}{}{unit}", cell(line.indicator, Some(&change)))
    };
    match change.cmp(&zero) {
        std::cmp::Ordering::Greater => shown("↗ +", change),
        std::cmp::Ordering::Less => shown("↘ ", change),
        std::cmp::Ordering::Equal => "→ stable".to_string(),
    }
}

/// What is to be known to read a line.
fn explained(line: &Line<'_>) -> String {
    let indicator = line.indicator;
    let mut said: Vec<String> = Vec::new();
    let figure = &line.judged.figure;
    if let Some(why) = figure.why.as_ref().filter(|_| !matches!(indicator.measure, Measure::Words)) {
        let known = match (figure.known, figure.open) {
            (Some(known), 1..) => {
                format!("Inconnu : {why} ; le reste fait {}.", cell(indicator, Some(&known)))
            }
            _ if figure.baseless => format!("Sans objet : {why}."),
            _ => format!("Inconnu : {why}."),
        };
        said.push(known);
    }
    if let Some(by_now) = &line.judged.by_now {
        said.push(format!("À pas égaux, {} à la fin de {}.", cell(indicator, Some(by_now)), line.period.now));
    }
    if indicator.every == Every::Year
        && line.period.elapsed() > 1
        && let Some(mean) = line.mean()
    {
        said.push(format!("En moyenne {} par an.", cell(indicator, Some(&mean))));
    }
    said.extend(indicator.text.clone());
    said.extend(indicator.doubt.as_ref().map(|_| "Douteux : voir plus bas.".to_string()));
    said.join(" ")
}

/// Every indicator by year.
pub fn years(read: &Read<'_>, lines: &[Line<'_>]) -> Sheet {
    let first = lines.iter().map(|line| line.period.from).min().unwrap_or(read.year());
    // Years of which nothing is known are left out.
    let known = |year: &i16| lines.iter().any(|line| line.of(read, *year).is_some_and(|f| f.rows > 0));
    let years: Vec<i16> = (first..=read.year()).filter(|year| *year == read.year() || known(year)).collect();
    let mut sheet = Sheet::new(
        "annees",
        "Année par année",
        "Une ligne est d'une année par sa date ; les règles sont celles en vigueur à cette date. Une case sans chiffre : année hors de la période de l'indicateur, ou chiffre inconnu.",
        "règles du paquet sur les tables du jeu de données",
    );
    sheet.header = header(["N°", "Indicateur", "Unité"]);
    sheet.header.extend(years.iter().map(ToString::to_string));
    for line in lines.iter().filter(|line| line.is_summed()) {
        let indicator = line.indicator;
        let mut cells = vec![text(&*indicator.id), text(&*indicator.label), text(&*indicator.unit)];
        cells.extend(years.iter().map(|year| figure_cell(indicator, line.of(read, *year).as_ref())));
        sheet.rows.push(cells);
    }
    sheet
}

/// Every indicator by place of one kind.
pub fn places(read: &Read<'_>, lines: &[Line<'_>], kind: usize) -> Option<Sheet> {
    let name = read.agreement.places.get(kind)?.0.as_str();
    let year = read.year();
    let what = read.parsed().schema.entities.get(*read.kinds.get(kind)?)?.label.clone();
    let mut sheet = Sheet::new(
        &format!("par_{name}"),
        &format!("Par lieu : {}", what.to_lowercase()),
        "Les lieux qui ont au moins une ligne. Un lieu que la ligne ne dit pas est « non dit » ; de ce qui n'a pas ce genre de lieu (hors quartier), c'est aussi le cas.",
        "la commune et le quartier de chaque ligne",
    );
    sheet.header = header(["Code", "Nom", "N°", "Indicateur", "Unité", &format!("Réalisé {year}"), "Cumul"]);
    for (row, (code, called)) in read.places_of(kind, lines) {
        for line in lines.iter().filter(|line| line.is_summed()) {
            let at = |window: Window| line.parts.figure(Window { place: Some((kind, row)), ..window });
            let all = at(line.period.window(year));
            if all.rows == 0 {
                continue;
            }
            let of_year = line.year_window(year).map(at);
            sheet.rows.push(vec![
                text(&*code),
                text(&*called),
                text(&*line.indicator.id),
                text(&*line.indicator.label),
                text(&*line.indicator.unit),
                figure_cell(line.indicator, of_year.as_ref()),
                figure_cell(line.indicator, Some(&all)),
            ]);
        }
    }
    (!sheet.rows.is_empty()).then_some(sheet)
}

/// Every indicator that is known at two places of one kind or more, as a map: shares are fills, all else circles.
pub fn maps(read: &Read<'_>, lines: &[Line<'_>], kind: usize) -> Vec<Figures> {
    let Some((name, _)) = read.agreement.places.get(kind) else { return Vec::new() };
    let places = read.places_of(kind, lines);
    let map = |line: &&Line<'_>| {
        let shown = |(row, (code, called)): &(u32, (String, String))| {
            let window = Window { place: Some((kind, *row)), ..line.period.window(read.year()) };
            let figure = line.parts.figure(window);
            if figure.rows == 0 || code.is_empty() {
                return None;
            }
            let cell = figure_cell(line.indicator, Some(&figure));
            let place = Named { name: called.clone(), codes: vec![code.clone()] };
            let (count, rate) = if share(line) { (Cell::Empty, cell) } else { (cell, Cell::Empty) };
            Some(Shown { place, count, rate })
        };
        let shown: Vec<Shown> = places.iter().filter_map(shown).collect();
        let known = |one: &&Shown| one.count.as_number().or(one.rate.as_number()).is_some();
        if shown.iter().filter(known).count() < 2 {
            return None;
        }
        let unit = &line.indicator.unit;
        let label = &line.indicator.label;
        let of = if unit.is_empty() { label.clone() } else { format!("{label} ({unit})") };
        let (count, rate) = if share(line) { (String::new(), of) } else { (of, String::new()) };
        Some(Figures {
            sheet: format!("par_{name}"),
            title: format!("{} {label}, {}", line.indicator.id, line.period.words()),
            count,
            rate,
            // What grows may fall.
            signed: shown.iter().any(|one| one.count.as_number().is_some_and(|(value, _)| value < 0)),
            places: shown,
        })
    };
    lines.iter().filter(|line| line.is_summed()).filter_map(|line| map(&line)).collect()
}

/// Is it a share, which no circle shows?
fn share(line: &Line<'_>) -> bool {
    line.indicator.unit == "%" || matches!(line.indicator.measure, Measure::Sums { over: Some(_), .. })
}

/// The rows that indicators list by name.
pub fn lists(read: &Read<'_>, lines: &[Line<'_>]) -> Sheet {
    let mut sheet = Sheet::new(
        "listes",
        "Ce qui est à échanger, ligne par ligne",
        "Les lignes que comptent les indicateurs dont la convention veut la liste : programmes à identifier ensemble, entreprises qui arrivent ou grandissent.",
        "tables du jeu de données",
    );
    sheet.header = header(["N°", "Indicateur", "Année", "Table", "Identifiant", "Code du lieu", "Lieu"]);
    for line in lines.iter().filter(|line| line.indicator.listed) {
        let Some(gathered) = line.parts.gathered().first() else { continue };
        let window = line.period.window(read.year());
        let within = |slot: &super::gather::Slot| {
            slot.day.is_none_or(|day| (window.from..=window.until).contains(&day.year()))
        };
        for (slot, row) in gathered.counted.iter().filter(|(slot, _)| within(slot)) {
            let (code, called) = slot.places.first().map_or_else(Default::default, |at| read.called(0, *at));
            sheet.rows.push(vec![
                text(&*line.indicator.id),
                text(&*line.indicator.label),
                slot.day.map_or(Cell::Empty, |day| text(day.year().to_string())),
                text(table_name(read.parsed(), gathered.entity)),
                text(read.id(gathered.entity, *row)),
                text(code),
                text(called),
            ]);
        }
    }
    sheet.rows.truncate(NAMED);
    sheet
}

/// The rows and cells that leave figures open.
pub fn unknown(read: &Read<'_>, lines: &[Line<'_>]) -> Sheet {
    let mut sheet = Sheet::new(
        "inconnus",
        "Ce qui rend un chiffre inconnu",
        "Chaque ligne dont le résultat n'est pas décidé, et les cases qui lui manquent. Les remplir donne le chiffre.",
        "tables du jeu de données",
    );
    sheet.header =
        header(["N°", "Indicateur", "Année", "Fichier", "Ligne", "Identifiant", "Ce qui manque", "Chez"]);
    for line in lines {
        let mut seen = BTreeSet::new();
        for gathered in line.parts.gathered() {
            if let Some(why) = &gathered.absent {
                sheet.rows.push(vec![
                    text(&*line.indicator.id),
                    text(&*line.indicator.label),
                    Cell::Empty,
                    text(table_name(read.parsed(), gathered.entity)),
                    Cell::Empty,
                    Cell::Empty,
                    text(&**why),
                    Cell::Empty,
                ]);
                continue;
            }
            let held = |day: Option<logis_language::value::Date>| {
                day.is_none_or(|day| (line.period.from..=line.period.now).contains(&day.year()))
            };
            for open in gathered.open.iter().filter(|open| held(open.slot.day)) {
                let (file, at) = read.place(open.entity, open.row);
                let joined = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(" ; ");
                let (lacks, whose) = (joined(&open.lacks), joined(&open.whose));
                if !seen.insert((open.entity, open.row, lacks.clone())) {
                    continue;
                }
                sheet.rows.push(vec![
                    text(&*line.indicator.id),
                    text(&*line.indicator.label),
                    open.slot.day.map_or(Cell::Empty, |day| text(day.year().to_string())),
                    text(file),
                    at,
                    text(read.id(open.entity, open.row)),
                    text(lacks),
                    if whose.is_empty() { Cell::Empty } else { text(whose) },
                ]);
            }
        }
    }
    cut(&mut sheet);
    sheet
}

/// The rows that are not counted at all.
pub fn left_out(read: &Read<'_>, left: &BTreeSet<Left>) -> Sheet {
    let mut sheet = Sheet::new(
        "ecartees",
        "Ce qui n'est pas compté",
        "Les lignes sans date, hors du territoire ou d'après la date du bilan : elles ne sont dans aucun chiffre.",
        "tables du jeu de données",
    );
    sheet.header = header(["Fichier", "Ligne", "Identifiant", "Pourquoi"]);
    for one in left {
        let (file, at) = read.place(one.entity, one.row);
        sheet.rows.push(vec![text(file), at, text(read.id(one.entity, one.row)), text(&*one.why)]);
    }
    cut(&mut sheet);
    sheet
}

/// Shortens a list of rows, with a word.
fn cut(sheet: &mut Sheet) {
    if sheet.rows.len() > NAMED {
        let more = sheet.rows.len() - NAMED;
        sheet.rows.truncate(NAMED);
        sheet.how.push_str(&format!(" Les {NAMED} premières ; {more} autres ne sont pas montrées."));
    }
}

/// All figures in one long table, for programs: one row for an indicator, a time and a place.
pub fn figures(read: &Read<'_>, lines: &[Line<'_>]) -> Sheet {
    let mut sheet = Sheet::new(
        "chiffres",
        "Tous les chiffres",
        "Une ligne par indicateur, temps et lieu. Temps : une année, ou la période jusqu'à l'année du bilan. « Connu » est la somme des lignes connues, quand d'autres ne le sont pas.",
        "règles du paquet sur les tables du jeu de données",
    );
    sheet.header = header([
        "indicateur",
        "temps",
        "genre_lieu",
        "code_lieu",
        "valeur",
        "connu",
        "unite",
        "lignes",
        "lignes_inconnues",
    ]);
    let year = read.year();
    for line in lines.iter().filter(|line| line.is_summed()) {
        let mut add = |time: &str, kind: &str, code: &str, figure: &Figure| {
            let count = |n: u64| Cell::Number { value: i64::try_from(n).unwrap_or(i64::MAX), decimals: 0 };
            sheet.rows.push(vec![
                text(&*line.indicator.id),
                text(time),
                text(kind),
                text(code),
                cell(line.indicator, figure.value.as_ref()),
                cell(line.indicator, figure.known.as_ref()),
                text(&*line.indicator.unit),
                count(figure.rows),
                count(figure.open),
            ]);
        };
        let cumulated = line.period.window(year);
        let times: BTreeMap<String, Window> = (line.period.from..=line.period.now)
            .filter_map(|year| Some((year.to_string(), line.year_window(year)?)))
            .collect();
        let whole = format!("{}-{}", line.period.from, line.period.now);
        let is_sum = !matches!(line.indicator.measure, Measure::Sums { growth: Some(_), .. });
        for (time, window) in &times {
            add(time, "", "", &line.parts.figure(*window));
        }
        if is_sum {
            add(&whole, "", "", &line.parts.figure(cumulated));
        }
        for (kind, (name, _)) in read.agreement.places.iter().enumerate() {
            for (row, (code, _)) in read.places_of(kind, lines) {
                let place = Some((kind, row));
                let all = line.parts.figure(Window { place, ..cumulated });
                if all.rows == 0 {
                    continue;
                }
                for (time, window) in &times {
                    let figure = line.parts.figure(Window { place, ..*window });
                    if figure.rows > 0 {
                        add(time, name, &code, &figure);
                    }
                }
                if is_sum {
                    add(&whole, name, &code, &all);
                }
            }
        }
    }
    sheet
}

/// Values that targets took after their first.
pub fn amendments(read: &Read<'_>) -> Sheet {
    let mut sheet = Sheet::new(
        "avenants",
        "Objectifs changés",
        "Un avenant est une valeur datée de plus : elle vaut de sa date, et les bilans d'avant gardent la leur.",
        "paramètres datés du territoire",
    );
    sheet.header = header(["Objectif", "Depuis", "Valeur", "Source"]);
    for (path, version) in super::amended(read.pack, read.agreement, read.as_of) {
        let value = match version.cells.values().next().map(|c| &c.value) {
            Some(Value::Number(number)) => logis_language::value::format_number(number),
            _ => String::new(),
        };
        sheet.rows.push(vec![text(path), text(version.from.to_string()), text(value), text(version.cited())]);
    }
    sheet
}

impl Read<'_> {
    /// The places of a kind that have a row, in the order of their codes; last those that are not said.
    fn places_of(&self, kind: usize, lines: &[Line<'_>]) -> Vec<(u32, (String, String))> {
        let slots = lines.iter().flat_map(|l| l.parts.gathered()).flat_map(|g| g.slots.keys());
        let rows: BTreeSet<u32> = slots.filter_map(|slot| slot.places.get(kind).copied()).collect();
        let mut all: Vec<(u32, (String, String))> =
            rows.into_iter().map(|row| (row, self.called(kind, row))).collect();
        all.sort_by(|a, b| (a.0 == NOWHERE, &a.1).cmp(&(b.0 == NOWHERE, &b.1)));
        all
    }

    /// The code and the name of a place.
    fn called(&self, kind: usize, row: u32) -> (String, String) {
        let none = || (String::new(), "non dit".to_string());
        let (Some(entity), Ok(at)) = (self.kinds.get(kind), usize::try_from(row)) else { return none() };
        if row == NOWHERE {
            return none();
        }
        let code = self.id(*entity, at);
        let schema = &self.parsed().schema;
        let of = schema.entities.get(*entity);
        let column = of.and_then(|e| e.names.as_deref());
        let is = |id: &&usize| schema.fields.get(**id).is_some_and(|f| Some(f.column.as_str()) == column);
        let field = of.and_then(|e| e.fields.iter().find(is));
        let name = field.and_then(|f| column_of(self.dataset, schema, *f)?.get(at));
        let name = match name {
            Some(Value::Text(name)) => name.to_string(),
            _ => code.clone(),
        };
        (code, name)
    }
}

/// What a verdict says of all lines: how many are reached, missed and so on.
pub fn counted(lines: &[Line<'_>]) -> Vec<(Verdict, usize)> {
    use Verdict::{Idle, Memory, Missed, Outside, Reached, Reader, Underway, Unknown};
    let count = |verdict: Verdict| lines.iter().filter(|line| line.judged.verdict == verdict).count();
    [Reached, Missed, Underway, Reader, Unknown, Idle, Outside, Memory]
        .into_iter()
        .map(|verdict| (verdict, count(verdict)))
        .collect()
}
