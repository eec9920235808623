//! Which pack a tool on packs is asked about: the folder of `--rules`, a folder among its words, the pack in
//! whose folder it is run, or the one that the binary carries; and saying which.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use logis::Pack;

use crate::args::RulesArgs;

/// Commands that look at a pack and at nothing else.
pub const COMMANDS: [&str; 5] = ["check", "test", "coverage", "mutate", "watch"];

/// What a tool was asked.
pub struct Asked {
    /// The pack.
    pub rules: RulesArgs,
    /// Text that names of cases or files contain; empty for all.
    pub filter: String,
}

/// Takes the words of a command apart: a folder of a pack first, then a filter.
///
/// # Errors
/// More words than that.
pub fn asked(rules: &RulesArgs, words: &[Option<&String>]) -> Result<Asked> {
    let mut words = words.iter().flatten().map(|word| word.as_str()).peekable();
    let folder = match &rules.rules {
        Some(folder) => Some(folder.clone()),
        None => words.next_if(|word| is_folder_of_pack(word)).map(PathBuf::from).or_else(pack_here),
    };
    let filter = words.next().unwrap_or("").to_string();
    if let Some(more) = words.next() {
        bail!("« {more} » est de trop; attendu: un dossier de règles (contenant schema.toml), puis un texte");
    }
    Ok(Asked { rules: RulesArgs { rules: folder, territory: Vec::new() }, filter })
}

/// Is a word a folder that holds a pack, or what is left of one?
pub fn is_folder_of_pack(word: &str) -> bool {
    let folder = Path::new(word);
    folder.is_dir() && (is_pack(folder) || has_rules(folder))
}

fn is_pack(folder: &Path) -> bool {
    folder.join("schema.toml").is_file()
}

fn has_rules(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| entry.path().extension().is_some_and(|end| end == "rhai"))
}

/// The pack in whose folder, or in a folder of which, the command is run. A repository ends the search.
pub fn pack_here() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut shown = PathBuf::from(".");
    for (depth, folder) in here.ancestors().enumerate() {
        if depth == 1 {
            shown = PathBuf::from("..");
        } else if depth > 1 {
            shown.push("..");
        }
        if is_pack(folder) {
            return Some(shown);
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    // Rules without a schema are a broken pack, and not the one that the binary carries.
    has_rules(&here).then(|| PathBuf::from("."))
}

/// Files that are told by name; of others only how many.
const NAMED: usize = 8;

/// Says which pack is looked at, and which files of its folder are none of it.
pub fn say(pack: &Pack, rules: &RulesArgs) -> Result<()> {
    let parsed = pack.parsed();
    let cases: usize = parsed.cases()?.iter().map(|file| file.cases.len()).sum();
    eprintln!("{}: {} règles, {cases} cas", title(pack, rules), parsed.rules.len());
    say_files(rules)
}

/// `paquet de règles dijon (rules)`
pub fn title(pack: &Pack, rules: &RulesArgs) -> String {
    let place =
        rules.rules.as_ref().map_or_else(|| "embarqué".to_string(), |folder| folder.display().to_string());
    let name = match pack.parsed().manifest.name.as_str() {
        "" => String::new(),
        name => format!(" {name}"),
    };
    format!("paquet de règles{name} ({place})")
}

/// Says which files of the folder are none of the pack.
pub fn say_files(rules: &RulesArgs) -> Result<()> {
    let Some(folder) = &rules.rules else { return Ok(()) };
    let files = Pack::unread(folder)?;
    // Notes on a pack are meant to stand beside it.
    let files: Vec<&String> = files.iter().filter(|file| !file.ends_with(".md")).collect();
    if files.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = files
        .iter()
        .take(NAMED)
        .map(|file| meant(file).map_or_else(|| file.to_string(), |name| format!("{file} (« {name} » ?)")))
        .collect();
    let more = files.len() - told.len();
    let more = if more > 0 { format!(" et {more} autres") } else { String::new() };
    eprintln!(
        "non lus, d'après leur nom: {}{more}; lus: .rhai, .toml, .csv, .cas.csv, .cas.yaml",
        told.join(", ")
    );
    Ok(())
}

/// The name that a file was meant to have: `eligible.rhai.txt`, `Plafond.TOML`, `cas.yaml`.
fn meant(file: &str) -> Option<String> {
    let lower = file.to_lowercase();
    for end in [".rhai", ".toml", ".csv", ".cas.yaml", ".cas.yml"] {
        if lower.ends_with(end) {
            return Some(format!("{}{end}", file.get(..file.len() - end.len())?));
        }
        if let Some(at) = lower.find(&format!("{end}.")).or_else(|| lower.find(&format!("{end}~"))) {
            return Some(format!("{}{end}", file.get(..at)?));
        }
    }
    let (name, end) = file.rsplit_once('.')?;
    ["yaml", "yml"].contains(&end).then(|| format!("{name}.cas.{end}"))
}
