//! The sheets of a report as sections of the page: their parts, columns under their run, and cells.

use logis::scenario::report::{Cell, Chart, Report, Sheet};
use serde::Serialize;

use super::figures::{counted, meaning, signed};

/// The most rows of a table of the page; the workbook has all.
const ROWS: usize = 300;
/// A table of more rows is folded where a chart shows it.
const SHORT: usize = 16;
/// A text of more letters takes a wide column.
const LONG: usize = 48;

/// Sections that belong together.
#[derive(Serialize)]
pub(super) struct Part<'r> {
    title: &'static str,
    sections: Vec<Section<'r>>,
}

#[derive(Serialize)]
struct Section<'r> {
    id: &'r str,
    title: String,
    short: String,
    /// The runs over the columns: title and how many columns; empty where there is but one.
    groups: Vec<(String, usize)>,
    header: Vec<Head>,
    rows: Vec<Vec<Shown>>,
    folded: bool,
    left_out: usize,
    /// Are the rows left out because they name requests?
    withheld: bool,
    charts: Vec<usize>,
    /// What the script draws from the table itself: `rang`, `chaleur`, `intervalles` or nothing.
    drawn: &'static str,
    /// How many of the first columns say what a row is.
    keys: usize,
    same: bool,
    how: String,
    source: String,
    meanings: Vec<(String, &'static str, &'static str)>,
    /// What is said of each row, and where it comes from.
    notes: Vec<(String, String, String)>,
}

#[derive(Serialize)]
struct Head {
    name: String,
    /// With its run, as the workbook has it.
    whole: String,
    run: String,
    number: bool,
    long: bool,
}

#[derive(Serialize)]
struct Shown {
    text: String,
    /// What a number is sorted by.
    sort: Option<String>,
    class: String,
    /// Of a share: of how many.
    of: Option<String>,
}

fn part(id: &str) -> &'static str {
    match id {
        "synthese" | "observe" | "objectifs" | "hypotheses" | "annees" | "cohortes" => "Les résultats",
        "annee_d_un_coup" | "parts_annee" | "reservataires" | "attente_annee" | "reponses" | "semaines" => {
            "L'année, de séance en séance"
        }
        "quotas" | "gains_pertes" => "Mixité, gains et pertes",
        "attente" | "reservations" => "Attente, réservations, argent",
        "valeur_marginale" => "Les logements",
        "intervalles" | "doutes" => "Incertitude",
        "menages" => "Ménage par ménage",
        id if id.ends_with("_montants") => "Attente, réservations, argent",
        id if id.starts_with("demandes_par_") => "Les demandes",
        id if id.starts_with("logements_par_") => "Les logements",
        id if id.starts_with("balayage_") => "Balayages",
        _ => "Les règles",
    }
}

/// The parts, in the order of the sheets.
pub(super) fn parts(report: &Report, with_rows: bool) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for sheet in &report.sheets {
        let (title, section) = (part(&sheet.id), section(sheet, report, with_rows));
        match parts.iter_mut().find(|p| p.title == title) {
            Some(part) => part.sections.push(section),
            None => parts.push(Part { title, sections: vec![section] }),
        }
    }
    parts
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// By column: the run it is of, and its name without it.
fn columns(sheet: &Sheet, report: &Report) -> Vec<(String, String)> {
    let base = report.runs.first().map_or("", |r| r.title.as_str());
    // The columns of the baseline bear no name where sheets set runs side by side.
    let own =
        !["observe", "objectifs", "gains_pertes", "intervalles", "menages"].contains(&sheet.id.as_str());
    let mut last = String::new();
    let mut all: Vec<(String, String)> = Vec::new();
    for (at, name) in sheet.header.iter().enumerate() {
        let titled = |t: &str| name.strip_prefix(t).and_then(|rest| rest.strip_prefix(" : "));
        let run = report.runs.iter().filter(|r| name == &r.title || titled(&r.title).is_some());
        let run = run.map(|r| r.title.as_str()).max_by_key(|t| t.len());
        let (run, rest) = match run {
            Some(run) => (run.to_string(), titled(run).unwrap_or("valeur").to_string()),
            None if (name == "écart" || name == "atteint") && !last.is_empty() => {
                (last.clone(), name.clone())
            }
            None if name == "Base" => (base.to_string(), "valeur".to_string()),
            None if own && report.runs.len() > 1 && at > 0 && numbered(sheet, at) => {
                (base.to_string(), name.clone())
            }
            None => (String::new(), name.clone()),
        };
        last.clone_from(&run);
        all.push((run, capital(&rest)));
    }
    let runs = all.iter().map(|(run, _)| run).filter(|r| !r.is_empty() && *r != base);
    if runs.count() == 0 && sheet.id != "observe" && sheet.id != "objectifs" {
        all.iter_mut().for_each(|(run, _)| run.clear());
    }
    all
}

/// Does a column hold numbers, or nothing at all?
fn numbered(sheet: &Sheet, at: usize) -> bool {
    let mut cells = sheet.rows.iter().filter_map(|r| r.get(at));
    let number = |cell: &Cell| cell.as_number().is_some();
    cells.clone().any(number) || at > 0 && cells.all(|cell| *cell == Cell::Empty)
}

fn section<'r>(sheet: &'r Sheet, report: &Report, with_rows: bool) -> Section<'r> {
    // A page is passed round: rows that name a request stay in the workbook and the CSV.
    let withheld = !with_rows && sheet.id == "menages" && !sheet.rows.is_empty();
    let columns = columns(sheet, report);
    let header: Vec<Head> = columns
        .into_iter()
        .zip(&sheet.header)
        .enumerate()
        .map(|(at, ((run, name), whole))| {
            let long = |r: &Vec<Cell>| matches!(r.get(at), Some(Cell::Text(t)) if t.chars().count() > LONG);
            let long = sheet.rows.iter().any(long);
            Head { name, whole: whole.clone(), run, number: numbered(sheet, at), long }
        })
        .collect();
    // Long texts are read under the table, not far to its right.
    let said = |head: &Head| ["observe", "objectifs"].contains(&sheet.id.as_str()) && is_said(&head.whole);
    let at = |name: &str| sheet.header.iter().position(|h| h == name);
    let text = |row: &Vec<Cell>, at: Option<usize>| match at.and_then(|at| row.get(at)) {
        Some(Cell::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let notes = |row: &Vec<Cell>| (text(row, Some(0)), text(row, at("Explication")), text(row, at("Source")));
    let notes = if header.iter().any(said) { sheet.rows.iter().map(notes).collect() } else { Vec::new() };
    let mut groups: Vec<(String, usize)> = Vec::new();
    for head in header.iter().filter(|h| !said(h)) {
        match groups.last_mut() {
            Some((run, count)) if *run == head.run => *count += 1,
            _ => groups.push((head.run.clone(), 1)),
        }
    }
    if groups.iter().all(|(run, _)| run.is_empty()) {
        groups.clear();
    }
    let quiet = |row: &&Vec<Cell>| {
        sheet.id != "menages" || row.get(2) != Some(&Cell::Text("change de logement".to_string()))
    };
    let rows: Vec<Vec<Shown>> = sheet
        .rows
        .iter()
        .filter(quiet)
        .take(if withheld { 0 } else { ROWS })
        .map(|row| {
            let cells = row.iter().zip(&header).filter(|(_, head)| !said(head));
            cells.map(|(cell, head)| shown(sheet, cell, head)).collect()
        })
        .collect();
    let charts: Vec<usize> = of(sheet, &report.charts);
    let keys = keys(sheet);
    let drawn = match sheet.id.as_str() {
        _ if rows.is_empty() => "",
        "intervalles" => "intervalles",
        id if id.starts_with("balayage_") && keys == 2 => "chaleur",
        id if (id.starts_with("demandes_par_") || id.starts_with("logements_par_")) && rows.len() > 8 => {
            "rang"
        }
        _ => "",
    };
    let charts = if drawn == "rang" || drawn == "chaleur" { Vec::new() } else { charts };
    let differences: Vec<usize> =
        (0..header.len()).filter(|at| header.get(*at).is_some_and(|h| h.name == "Écart")).collect();
    let unmoved = |row: &Vec<Cell>| {
        differences.iter().all(|at| matches!(row.get(*at), Some(Cell::Number { value: 0, .. } | Cell::Empty)))
    };
    let title = match sheet.id.strip_prefix("demandes_par_").or(sheet.id.strip_prefix("logements_par_")) {
        Some(_) => sheet.title.replacen(" par : ", " selon : ", 1),
        None => sheet.title.clone(),
    };
    let meanings = sheet.rows.iter().filter(|_| sheet.id == "synthese").filter_map(|row| {
        let label = row.first()?.to_string();
        let (how, source) = meaning(&label)?;
        Some((label, how, source))
    });
    Section {
        id: &sheet.id,
        short: short(sheet),
        title,
        groups,
        folded: (!charts.is_empty() || !drawn.is_empty()) && rows.len() > SHORT,
        left_out: sheet.rows.len() - rows.len(),
        withheld,
        same: !differences.is_empty()
            && !sheet.rows.is_empty()
            && sheet.id != "observe"
            && sheet.rows.iter().all(unmoved),
        header: header.into_iter().filter(|h| notes.is_empty() || !is_said(&h.whole)).collect(),
        rows,
        charts,
        drawn,
        keys,
        how: how(sheet),
        source: match sheet.source.as_str() {
            "" => "le fichier du scénario, ses données et les règles du paquet".to_string(),
            source => source.to_string(),
        },
        meanings: meanings.collect(),
        notes,
    }
}

fn is_said(name: &str) -> bool {
    name == "Source" || name == "Explication"
}

fn of(sheet: &Sheet, charts: &[Chart]) -> Vec<usize> {
    charts.iter().enumerate().filter(|(_, c)| c.sheet == sheet.id).map(|(at, _)| at).collect()
}

/// How many of the first columns say what a row is: the parameters of a sweep, else one.
fn keys(sheet: &Sheet) -> usize {
    let first = sheet.header.iter().position(|h| h == "Attributions");
    if sheet.id.starts_with("balayage_") { first.unwrap_or(1) } else { 1 }
}

fn how(sheet: &Sheet) -> String {
    let swept = "Un calcul entier pour chaque valeur des paramètres : règles, candidatures et appariement. Chaque chiffre est celui de ce calcul, ou la médiane de ses répétitions.";
    match (sheet.id.starts_with("balayage_"), sheet.how.as_str()) {
        (true, "") => swept.to_string(),
        (true, how) => format!("{how} {swept}"),
        (false, "") => {
            "Comptes sur les lignes du jeu de données, après les changements du scénario.".to_string()
        }
        (false, how) => how.to_string(),
    }
}

fn short(sheet: &Sheet) -> String {
    let name = match sheet.id.as_str() {
        "valeur_marginale" => "Un logement de plus",
        "menages" => "Les ménages concernés",
        "quotas" => "Parts demandées",
        "eligibilite" => "Éligibilité",
        "observe" => "Observé et calculé",
        "objectifs" => "Objectifs",
        "gains_pertes" => "Gains et pertes",
        "intervalles" => "Intervalles",
        "doutes" => "Les doutes",
        "synthese" => "L'essentiel",
        "annee_d_un_coup" => "D'un coup",
        "parts_annee" => "Les parts sur l'année",
        "reservataires" => "Les réservataires",
        _ => sheet.title.split_once(" par : ").map_or(sheet.title.as_str(), |(_, rest)| rest),
    };
    match name.char_indices().nth(42) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or(name).trim_end()),
        None => name.to_string(),
    }
}

fn shown(sheet: &Sheet, cell: &Cell, head: &Head) -> Shown {
    let difference = head.name.starts_with("Écart") || head.name == "Solde";
    // More is better for those who are served; of other figures it is for the reader to say.
    let judged = sheet.id == "gains_pertes" && difference;
    let mut classes: Vec<&str> = Vec::new();
    let mut text = if difference { signed(Some(cell)) } else { cell.to_string() };
    if head.number {
        classes.push("n");
    }
    match cell {
        Cell::Number { value, .. } if difference && *value == 0 => classes.push("nul"),
        Cell::Number { value, .. } if judged && *value > 0 => classes.push("gain"),
        Cell::Number { value, .. } if judged && *value < 0 => classes.push("perte"),
        Cell::Text(t) if head.name == "Atteint" && t == "oui" => {
            classes.push("gain");
            text = "✓ oui".to_string();
        }
        Cell::Text(t) if head.name == "Atteint" && t == "non" => {
            classes.push("perte");
            text = "✗ non".to_string();
        }
        _ => {}
    }
    if cell.is_of_few() {
        classes.push("peu");
    }
    let sort = match (cell, cell.as_number()) {
        (_, Some((value, decimals))) => {
            Some(format!("{}", value as f64 / 10_f64.powi(i32::try_from(decimals).unwrap_or(0))))
        }
        (Cell::Empty, _) => Some(String::new()),
        _ => None,
    };
    Shown { text, sort, class: classes.join(" "), of: cell.of().map(counted) }
}
