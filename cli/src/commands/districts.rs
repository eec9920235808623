//! `logis new districts`: the published list of priority districts as a reference table of a pack.
//!
//! The list is the one that the Agence nationale de la cohésion des territoires publishes: a row for each district, with its
//! code, its name and its communes, separated by semicolons or commas. A code of 2015 begins with `QP`, one of 2024 with `QN`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use logis::Pack;

use crate::{End, input, output};

/// `logis new districts`
#[derive(clap::Args)]
pub struct DistrictsArgs {
    /// Liste publiée des quartiers prioritaires (CSV: `code_qp`, `lib_qp`, `insee_com`)
    #[arg(value_name = "FICHIER")]
    list: PathBuf,
    /// Dossier du paquet de règles
    #[arg(long, value_name = "DOSSIER")]
    rules: PathBuf,
}

/// Headers of the list, as they are published, by what they hold.
const CODE: &[&str] = &["code_qp", "code_quartier"];
const NAME: &[&str] = &["lib_qp", "nom_qp"];
const COMMUNE: &[&str] = &["insee_com", "code_insee", "codgeo"];

/// Where the table is written, below the folder of the pack.
const FOLDER: &str = "referentiels/quartiers_prioritaires";

/// Writes the table; nothing, if there is one or if a line is not understood.
pub fn run(args: &DistrictsArgs) -> Result<End> {
    let pack = Pack::to_decide(&args.rules)?;
    let parsed = pack.parsed();
    let text = std::fs::read_to_string(&args.list)
        .with_context(|| format!("{}: lecture impossible", args.list.display()))?;
    let folder = args.rules.join(FOLDER);
    if folder.exists() {
        bail!("{} existe déjà: rien n'est écrit", folder.display());
    }
    let references = input::references(&pack)?;
    let communes = parsed.territories.table.and_then(|id| references.tables.get(id));
    let known = |code: &str| communes.is_none_or(|table| table.ids.texts().any(|id| id == code));
    let file = args.list.display();
    let mut lines = (1_usize..).zip(text.trim_start_matches('\u{feff}').lines());
    let (_, header) = lines.next().unwrap_or_default();
    let mark = if header.contains(';') { ';' } else { ',' };
    let header: Vec<String> = cells(header, mark).iter().map(|cell| cell.trim().to_lowercase()).collect();
    let column = |names: &[&str]| {
        let at = header.iter().position(|own| names.contains(&own.as_str()));
        at.with_context(|| format!("{file}:1: aucune colonne {}", names.join(" ou ")))
    };
    let (code_at, name_at, commune_at) = (column(CODE)?, column(NAME)?, column(COMMUNE)?);
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    let mut lost: Vec<String> = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim_matches([mark, ' ', '"']).is_empty()) {
        let own = cells(line, mark);
        let cell = |at: usize| own.get(at).map_or("", |cell| cell.trim());
        let code = cell(code_at).to_uppercase();
        let (of_2015, of_2024) = (code.starts_with("QP"), code.starts_with("QN"));
        let plain = code.len() == 8 && code.chars().all(|c| c.is_ascii_alphanumeric());
        if !plain || !(of_2015 || of_2024) {
            bail!(
                "{file}:{number}: « {code} » n'est pas le code d'un quartier prioritaire, ex. QP021001 ou QN02101M"
            );
        }
        let of = communes_of(cell(commune_at));
        if of.is_empty() {
            bail!("{file}:{number}: `{code}` n'a pas de code de commune");
        }
        lost.extend(of.iter().filter(|code| !known(code)).cloned());
        // Of the other list's years nothing is said, nor of the renewal programme: the cells stay empty, which is unknown.
        let status = |is: bool| if is { "quartier_prioritaire" } else { "" };
        let name = cell(name_at).replace('"', "\"\"");
        let row = format!("{code},\"{name}\",{},{},{},\n", of.join(" "), status(of_2015), status(of_2024));
        if rows.insert(code.clone(), row).is_some() {
            bail!("{file}:{number}: `{code}` est dit deux fois");
        }
    }
    if rows.is_empty() {
        bail!("{file}: aucun quartier");
    }
    std::fs::create_dir_all(&folder)?;
    let to = folder.join("quartiers.csv");
    let table: String = rows.values().map(String::as_str).collect();
    output::file(&to, format!("quartier,nom,commune,statut,statut_2024,npnru\n{table}").as_bytes())?;
    if !lost.is_empty() {
        let shown: Vec<&str> = lost.iter().take(5).map(String::as_str).collect();
        eprintln!(
            "avertissement: {} commune(s) que la table du paquet n'a pas: {}",
            lost.len(),
            shown.join(", ")
        );
    }
    output::text_to(&format!("{}: {} quartiers, d'après {file}\n", to.display(), rows.len()), None)?;
    Ok(End::Fine)
}

/// The codes of communes of a cell: several are separated, and one has lost the zero that it began with.
fn communes_of(cell: &str) -> Vec<String> {
    let codes = cell.split(|c: char| !c.is_ascii_alphanumeric()).filter(|code| !code.is_empty());
    codes.map(|code| format!("{code:0>5}")).collect()
}

/// The cells of a line, without their quotation marks.
fn cells(line: &str, mark: char) -> Vec<String> {
    let (mut all, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == mark && !quoted => all.push(String::new()),
            c => all.last_mut().into_iter().for_each(|cell| cell.push(c)),
        }
    }
    all
}
