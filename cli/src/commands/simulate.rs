//! `logis simulate`: runs a scenario and its variants, and writes what they say.
//!
//! Each run is a file of the results' folder, written beside and renamed when it is whole; a run whose
//! inputs have the same digest is read instead of done again. So an interruption loses no finished run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use logis::Pack;
use logis::data::{InputFile, to_reading_workbook, visible_cell};
use logis::exchange::Document;
use logis::scenario::map::Contours;
use logis::scenario::report::{Cell, Head, Report, Sheet, report};
use logis::scenario::{Inputs, NotBelieved, Run, RunResult, Scenario, Simulation};
use rayon::prelude::*;

use super::simulate_page;
use crate::args::{CsvFormat, ReportArgs, RulesArgs};
use crate::text::{align_numbers, empty};
use crate::{End, embedded, french, input, output, page};

/// `logis simulate`
#[derive(clap::Args)]
pub struct SimulateArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Fichier de scénario (TOML)
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    /// Dossier des résultats (sinon resultats/NOM); les calculs finis y restent et sont repris
    #[arg(long, short, value_name = "DOSSIER")]
    output: Option<PathBuf>,
    /// Montre aussi dans la page les demandes dont le sort change, par leur identifiant (le classeur et les
    /// CSV les ont toujours)
    #[arg(long)]
    with_rows: bool,
    /// Forme des tables du dossier `tables`
    #[arg(long, value_enum, default_value_t)]
    format: CsvFormat,
    #[command(flatten)]
    report: ReportArgs,
    /// Écrit dans le dossier même s'il tient autre chose
    #[arg(long)]
    force: bool,
}

/// Runs a scenario.
pub fn run(args: &SimulateArgs) -> Result<End> {
    let path = &args.file;
    if path.is_dir() {
        bail!("{}: c'est un dossier; attendu: un fichier de scénario, ex. {}", path.display(), example(path));
    }
    if path.extension().is_none_or(|end| end != "toml") {
        bail!("{}: un scénario est un fichier .toml (scenarios/README.md en dit le format)", path.display());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    let scenario = Scenario::parse(&path.display().to_string(), &text)?;
    let home = path.parent().unwrap_or(Path::new("."));
    let stem = path.file_stem().map_or_else(|| "scenario".into(), |s| s.to_string_lossy().into_owned());
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from("resultats").join(stem));
    let own = |folder: &Path| folder.join("calculs").is_dir();
    output::refuse_other_folder(&folder, own, args.force, ", ou --force")?;
    refuse_to_replace(&read_by(args, &scenario, home), &folder)?;
    // Before hours of runs.
    let contours = args.report.read_contours()?;
    let inputs = inputs(args, &scenario, home)?;
    let simulation = Simulation::new(scenario, inputs)?;
    let results = results(&simulation, &folder)?;
    let mut report = report(&simulation, &results)?;
    report.basis.made_on = args.report.made_on.map(|day| day.to_string());
    write(&report, &folder, args, contours.as_ref())?;
    print(&report, &folder)?;
    Ok(End::Fine)
}

/// A scenario of a folder, the first by name; a made-up one, if it has none.
fn example(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut found: Vec<PathBuf> =
        entries.filter(|p| p.extension().is_some_and(|end| end == "toml")).collect();
    found.sort();
    found.first().map_or_else(|| "essai.toml".to_string(), |p| p.display().to_string())
}

/// All files and folders that the scenario reads.
fn read_by(args: &SimulateArgs, scenario: &Scenario, home: &Path) -> Vec<PathBuf> {
    let base = &scenario.base;
    let named =
        [&base.data, &base.population, &base.reviewed, &base.rules].into_iter().flatten().chain(&base.draws);
    let laid_over = scenario.variants.iter().filter_map(|v| v.rules.as_ref());
    let mut all: Vec<PathBuf> = named.chain(laid_over).map(|(name, _)| home.join(name)).collect();
    all.extend(args.rules.rules.clone());
    all.extend(args.report.contours.clone());
    all.push(args.file.clone());
    all
}

/// Refuses a folder of results that holds what is read.
fn refuse_to_replace(read: &[PathBuf], folder: &Path) -> Result<()> {
    let Ok(own) = folder.canonicalize() else { return Ok(()) };
    let inside = |path: &&PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(&own));
    if let Some(path) = read.iter().find(inside) {
        bail!(
            "{}: ce dossier tient {}, que le scénario lit; en choisir un autre",
            folder.display(),
            path.display()
        );
    }
    Ok(())
}

/// What the scenario names, read. Paths are those of the scenario's folder.
fn inputs(args: &SimulateArgs, scenario: &Scenario, home: &Path) -> Result<Inputs> {
    let folder = |path: &Path| -> Result<Vec<(String, Vec<u8>)>> {
        if !path.is_dir() {
            bail!("{}: ce dossier de règles n'existe pas", path.display());
        }
        Ok(Pack::files(path)?)
    };
    let own = scenario.base.rules.as_ref().map(|(rules, _)| home.join(rules));
    let (root, rules) = match args.rules.rules.clone().or(own) {
        Some(path) => (path.display().to_string(), folder(&path)?),
        None => ("rules".to_string(), embedded::rules()),
    };
    let mut overlays = BTreeMap::new();
    for (name, _) in scenario.variants.iter().filter_map(|v| v.rules.as_ref()) {
        overlays.insert(name.clone(), folder(&home.join(name))?);
    }
    let data = match (&scenario.base.data, &scenario.base.population) {
        (Some((data, _)), _) => input::files(&home.join(data))?,
        (None, Some((population, _))) => {
            let path = home.join(population);
            let bytes =
                std::fs::read(&path).with_context(|| format!("{}: lecture impossible", path.display()))?;
            vec![InputFile { name: population.clone(), bytes }]
        }
        (None, None) => Vec::new(),
    };
    let reviewed = match &scenario.base.reviewed {
        Some((folder, _)) => input::files(&home.join(folder))?,
        None => Vec::new(),
    };
    let draws = scenario.base.draws.iter().map(|(data, _)| input::files(&home.join(data)));
    let draws = draws.collect::<Result<_>>()?;
    let left_out = match args.rules.territory.is_empty() {
        true => BTreeSet::new(),
        false => input::left_out(&Pack::from_files(&root, rules.clone())?, &args.rules.territory)?,
    };
    Ok(Inputs { root, rules, overlays, data, draws, reviewed, left_out })
}

/// The results of all runs: those that the folder has, and the others done.
fn results(simulation: &Simulation, folder: &Path) -> Result<Vec<RunResult>> {
    let kept = folder.join("calculs");
    output::make_folder(&kept)?;
    let mut done: Vec<(usize, RunResult)> = Vec::new();
    let mut left: Vec<(usize, &Run)> = Vec::new();
    for (at, run) in simulation.runs().iter().enumerate() {
        match read(&kept.join(format!("{}.json", run.id)), &simulation.hash(run)) {
            Some(mut result) => {
                // Titles decide nothing, so the digest leaves them out: the file's of today count.
                result.run.clone_from(run);
                done.push((at, result));
            }
            None => left.push((at, run)),
        }
    }
    if !done.is_empty() {
        eprintln!("{} calculs déjà faits sont repris de {}", done.len(), kept.display());
    }
    let finished = Arc::new(AtomicUsize::new(done.len()));
    let (counter, total, place) = (finished.clone(), simulation.runs().len(), kept.display().to_string());
    output::say_on_interrupt(move || {
        let finished = counter.load(Ordering::Relaxed);
        format!(
            "interrompu: {finished} calculs sur {total} sont gardés dans {place}; la même commande reprend"
        )
    });
    let bar = ProgressBar::new(left.len() as u64);
    bar.set_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {eta}").context("barre d'avancement")?,
    );
    bar.tick();
    let one = |(at, run): (usize, &Run)| -> Result<(usize, RunResult)> {
        bar.set_message(visible_cell(&run.title).into_owned());
        let result = simulation.run(run)?;
        output::file(&kept.join(format!("{}.json", run.id)), &result.to_kept()?)?;
        finished.fetch_add(1, Ordering::Relaxed);
        bar.inc(1);
        Ok((at, result))
    };
    let outcomes: Vec<Result<(usize, RunResult)>> = left.into_par_iter().map(one).collect();
    bar.finish_and_clear();
    let mut wrong = BTreeSet::new();
    for outcome in outcomes {
        match outcome {
            Ok(result) => done.push(result),
            Err(error) => drop(wrong.insert(french::chain(&error))),
        }
    }
    if !wrong.is_empty() {
        let texts: Vec<String> = wrong.into_iter().take(5).collect();
        bail!("{}\nles autres calculs sont gardés dans {}", texts.join("\n"), kept.display());
    }
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// A result that was kept, if it is of these inputs. One that is not as it was written is done again, with a word.
fn read(path: &Path, hash: &str) -> Option<RunResult> {
    let bytes = std::fs::read(path).ok()?;
    match RunResult::from_kept(&bytes, hash) {
        Ok(result) => Some(result),
        Err(NotBelieved::OtherInputs) => None,
        Err(why) => {
            eprintln!("avertissement: {}: ce calcul gardé {why}; il est refait", path.display());
            None
        }
    }
}

/// Writes the report in all its forms.
fn write(report: &Report, folder: &Path, args: &SimulateArgs, contours: Option<&Contours>) -> Result<()> {
    let page = simulate_page::page(report, args.with_rows, contours)?;
    output::file(&folder.join("rapport.html"), page.as_bytes())?;
    let sheets: Vec<_> = report.sheets.iter().map(Sheet::to_output).collect();
    let reading: Vec<_> = report.sheets.iter().map(Sheet::to_reading).collect();
    output::file(&folder.join("rapport.xlsx"), &to_reading_workbook(&about(report), &reading)?)?;
    let json = Document::new("scenario", report).pretty()?;
    output::file(&folder.join("rapport.json"), json.as_bytes())?;
    let tables = folder.join("tables");
    output::make_folder(&tables)?;
    for (sheet, result) in report.sheets.iter().zip(&sheets) {
        output::file(&tables.join(format!("{}.csv", sheet.id)), &args.format.bytes(result)?)?;
    }
    Ok(())
}

/// The changes of a run, behind its title.
fn changes(run: &Head) -> String {
    if run.changes.is_empty() { String::new() } else { format!(" : {}", run.changes.join(" ; ")) }
}

/// What the workbook says of itself.
fn about(report: &Report) -> Vec<String> {
    let mut lines = vec![report.title.clone(), report.text.clone(), String::new()];
    for run in &report.runs {
        lines.push(format!(
            "• {} (règles et paramètres au {}){}. {}",
            run.title,
            run.date,
            changes(run),
            run.text
        ));
    }
    if report.seeds > 1 {
        lines.push(format!("Chaque chiffre est la médiane de {} répétitions.", report.seeds));
    }
    lines.extend(page::lines(&report.basis, true));
    lines.extend(report.warnings.iter().map(|w| format!("À savoir : {w}")));
    lines.push(format!(
        "Fait par logis simulate {} ; le même rapport, à lire : rapport.html.",
        env!("CARGO_PKG_VERSION")
    ));
    lines
}

/// The short text: the summary, the shares, what is observed and wanted.
fn print(report: &Report, folder: &Path) -> Result<()> {
    let mut text = format!("{}\n{}\n", report.title, report.text);
    page::lines(&report.basis, true).iter().for_each(|line| text.push_str(&format!("{line}\n")));
    for run in &report.runs {
        text.push_str(&format!("- {} (au {}){}\n", run.title, run.date, changes(run)));
    }
    for sheet in &report.sheets {
        let short = ["synthese", "observe", "objectifs"].contains(&sheet.id.as_str());
        if short || sheet.id.starts_with("balayage_") {
            // Long texts and what explains them are for the page.
            let said = ["Source", "Explication"];
            let swept = sheet.id.starts_with("balayage_");
            let aside = |h: &str| {
                said.contains(&h) || (swept && (h.ends_with(": manque") || h.ends_with(": prix (points)")))
            };
            let kept: Vec<usize> = (0..sheet.header.len())
                .filter(|at| sheet.header.get(*at).is_some_and(|h| !aside(h)))
                .collect();
            let header: Vec<&str> =
                kept.iter().filter_map(|at| sheet.header.get(*at)).map(String::as_str).collect();
            let mut table = empty(&header);
            for row in &sheet.rows {
                table.add_row(kept.iter().map(|at| row.get(*at).map_or_else(String::new, Cell::to_string)));
            }
            align_numbers(&mut table);
            text.push_str(&format!("\n{}\n{table}\n", sheet.title));
        }
    }
    for warning in &report.warnings {
        text.push_str(&format!("\navertissement: {warning}\n"));
    }
    let shown = folder.display();
    text.push_str(&format!(
        "\nÉcrits dans {shown} : rapport.html (à ouvrir), rapport.xlsx, rapport.json, tables/*.csv\n"
    ));
    output::print(&text)
}
