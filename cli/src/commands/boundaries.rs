//! `logis boundaries`: rows at the thresholds of the rules, as data packages.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use logis::Pack;
use logis::boundaries::{self, Boundaries, Boundary};
use logis::value::{Date, add_days};

use crate::args::{CsvFormat, RulesArgs, date};
use crate::{End, input, output};

/// `logis boundaries`
#[derive(clap::Args)]
pub struct BoundariesArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Règles ou groupes de règles à décider, séparés par des virgules (sinon les résultats du paquet)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Date des règles (sinon un paquet pour le jour de chaque changement du droit et pour sa veille)
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Dossier à écrire
    #[arg(long, short, value_name = "DOSSIER")]
    output: PathBuf,
    /// Forme des tables
    #[arg(long, value_enum, default_value_t)]
    format: CsvFormat,
    /// Remplace le dossier, s'il est de la même commande
    #[arg(long)]
    force: bool,
}

/// Writes one package for each date: the one asked, or the day of each change of law and the day before.
pub fn run(args: &BoundariesArgs) -> Result<End> {
    let pack = input::pack_with_cases(&args.rules)?;
    let select: Vec<&str> = args.select.iter().map(String::as_str).collect();
    let names = if select.is_empty() { pack.results() } else { pack.expand(&select) };
    if names.is_empty() {
        bail!("aucune règle à décider: --select RÈGLE");
    }
    let own = is_own(&args.output);
    let hint =
        if own { ", ou --force" } else { "; --force ne remplace qu'un dossier que cette commande a écrit" };
    output::refuse_other_folder(&args.output, |_| args.force && own, false, hint)?;
    let dates = match args.as_of {
        Some(date) => vec![date],
        None => days(&pack, &names)?,
    };
    let mut packages: Vec<(PathBuf, Boundaries)> = Vec::new();
    let mut silent = Vec::new();
    for date in &dates {
        let folder = if args.as_of.is_some() { PathBuf::new() } else { PathBuf::from(date.to_string()) };
        match boundaries::boundaries(&pack, *date, &names) {
            // Before the first value of a parameter there is nothing to decide: no package of no rows.
            Ok(found) if found.rows.is_empty() && args.as_of.is_none() => silent.push(date.to_string()),
            Ok(found) => packages.push((folder, found)),
            Err(error) if args.as_of.is_some() => return Err(error.into()),
            Err(_) => silent.push(date.to_string()),
        }
    }
    if packages.is_empty() {
        bail!("ces règles ne se décident à aucune date où leur droit change; donner --as-of");
    }
    write(&pack, &args.output, &packages, args.format)?;
    output::print(&report(&packages, &dates, &silent))?;
    Ok(End::Fine)
}

/// The day of each change of law that the rules read, and the day before; today's rules, if none changes.
fn days(pack: &Pack, names: &[&str]) -> Result<Vec<Date>> {
    let changes = boundaries::changes(pack, names)?;
    let days: BTreeSet<Date> =
        changes.iter().flat_map(|day| [add_days(*day, -1), Some(*day)]).flatten().collect();
    if days.is_empty() {
        let last = pack.parsed().parameters.iter().flat_map(|p| &p.versions).map(|v| v.from).max();
        return Ok(vec![last.unwrap_or(input::as_of(None, &[])?)]);
    }
    Ok(days.into_iter().collect())
}

/// What the packages of this command are called: also how it knows its own folders again.
const TITLE: &str = "title = \"Cas aux limites, au ";

/// Was the folder, with all that is in it, made by this command?
fn is_own(folder: &Path) -> bool {
    let names = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let is_package = |folder: &Path| {
        let about = std::fs::read_to_string(folder.join("paquet.toml")).unwrap_or_default();
        let plain = |path: &PathBuf| {
            path.extension().is_some_and(|end| ["csv", "toml", "txt"].iter().any(|e| end == *e))
        };
        about.starts_with(TITLE) && names(folder).iter().all(plain)
    };
    is_package(folder) || names(folder).iter().all(|inside| is_package(inside))
}

/// Writes all packages beside their place, then puts them there.
fn write(pack: &Pack, folder: &Path, packages: &[(PathBuf, Boundaries)], form: CsvFormat) -> Result<()> {
    let new = output::NewFolder::new(folder)?;
    for (at, found) in packages {
        for table in found.tables(pack) {
            new.put(&at.join(format!("{}.csv", table.name)), &form.bytes(&table)?)?;
        }
        let date = found.dataset.about.as_of.map_or_else(String::new, |d| d.to_string());
        let about = format!(
            "{TITLE}{date}\"\nas_of = \"{date}\"\nsynthetic = true\n\
             text = \"Lignes inventées, tirées des seuils des règles: README.txt dit de quoi chacune est le cas.\"\n"
        );
        new.put(&at.join("paquet.toml"), about.as_bytes())?;
        new.put(&at.join("README.txt"), index(found).as_bytes())?;
    }
    new.close()
}

/// What each row is at, and what was not found.
fn index(found: &Boundaries) -> String {
    let mut text = String::new();
    for row in &found.rows {
        for at in &row.at {
            let _ = writeln!(text, "{}\t{}", row.id, sentence(at));
        }
    }
    for note in &found.notes {
        let _ = writeln!(text, "-\t{}: {}: {}", note.place, note.text, note.why);
    }
    text
}

fn sentence(at: &Boundary) -> String {
    let side = match at.side {
        Ordering::Less => "au-dessous",
        Ordering::Equal => "au seuil",
        Ordering::Greater => "au-dessus",
    };
    let holds = if at.holds { "vrai" } else { "faux" };
    format!("{}: {}: {side}, {holds}; décide `{}`", at.place, at.text, at.decides)
}

fn report(packages: &[(PathBuf, Boundaries)], dates: &[Date], silent: &[String]) -> String {
    let mut table = crate::text::empty(&["Date", "Lignes", "Comparaisons", "Des deux côtés"]);
    for (date, (_, found)) in dates.iter().filter(|d| !silent.contains(&d.to_string())).zip(packages) {
        let (shown, all) = found.shown;
        table.add_row([date.to_string(), found.rows.len().to_string(), all.to_string(), shown.to_string()]);
    }
    crate::text::align_numbers(&mut table);
    let mut text = format!("{table}\n");
    let notes: BTreeSet<String> = packages
        .iter()
        .flat_map(|(_, found)| &found.notes)
        .map(|note| format!("{}: {}: {}", note.place, note.text, note.why))
        .collect();
    for note in notes {
        let _ = writeln!(text, "{note}");
    }
    if !silent.is_empty() {
        let _ = writeln!(text, "sans ligne à décider: {}", silent.join(", "));
    }
    text
}
