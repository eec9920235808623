//! What a command reads and what it writes, compared before it begins: an output replaces nothing that is
//! read, and no other output.
//!
//! Two paths are one file if they lead to one place, by links, `./` or another name of the same file. The
//! table below says of each argument that is a path whether it is written; a test reads the command line's
//! own description and asks that none be left out.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::ArgMatches;

use crate::asked;
use crate::output::{self, Target};

/// How an argument that is a path is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// A file or a folder that is read.
    Read,
    /// A file that is written.
    File,
    /// The file of the result, which is the standard output if it is not given.
    Result,
    /// A folder that is written: its command looks at what is there.
    Folder,
}

/// How an argument of a command is used, by its name; `None` if it is no path.
fn usage(command: &str, argument: &str) -> Option<Use> {
    Some(match (command, argument) {
        ("simulate" | "generate" | "boundaries" | "export", "output") | ("schema", "files") => Use::Folder,
        (_, "output") => Use::Result,
        (_, "record" | "receipts" | "rewrite" | "junit" | "lcov" | "html" | "write_accepted" | "rejects") => {
            Use::File
        }
        ("diff", "base" | "head") | ("check", "folder") => Use::Read,
        (_, "rules" | "data" | "file" | "files" | "result" | "near" | "refusals" | "corpus" | "accept") => {
            Use::Read
        }
        (
            _,
            "contours" | "population" | "mapping" | "pack" | "token_file" | "fix" | "forbid" | "lists"
            | "ledger" | "answers" | "list",
        ) => Use::Read,
        _ => return None,
    })
}

/// Something that is read or written, by every name that tells it from others.
#[derive(Debug)]
struct Place {
    /// As it was written on the command line.
    shown: PathBuf,
    /// The argument that names it.
    argument: String,
    /// At the end of all links.
    path: Option<PathBuf>,
    /// Device and number of the file, where there are such.
    number: Option<(u64, u64)>,
}

impl Place {
    fn new(path: &Path, argument: &str, found: Option<&Metadata>) -> Place {
        let whole = fs::canonicalize(path).ok().or_else(|| {
            let folder =
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
        });
        Place {
            shown: path.to_path_buf(),
            argument: argument.to_string(),
            path: whole,
            number: found.and_then(number),
        }
    }

    fn is(&self, other: &Place) -> bool {
        (self.number.is_some() && self.number == other.number)
            || (self.path.is_some() && self.path == other.path)
    }
}

#[cfg(unix)]
fn number(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    found.is_file().then(|| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// What the standard output goes to, if it is a file.
#[cfg(unix)]
fn stdout_place() -> Option<Metadata> {
    use std::os::fd::AsFd;
    let own = std::io::stdout().as_fd().try_clone_to_owned().ok()?;
    fs::File::from(own).metadata().ok().filter(Metadata::is_file)
}

#[cfg(not(unix))]
fn stdout_place() -> Option<Metadata> {
    None
}

/// Commands that print something whether or not they write files.
const PRINTS: [&str; 3] = ["test", "coverage", "replay"];

/// Looks at all paths of a command.
///
/// # Errors
/// One that is to be written cannot be, or is read, or is written twice.
pub fn check(command: &str, matches: &ArgMatches) -> Result<()> {
    let (mut read, mut written) = (Vec::new(), Vec::new());
    let mut to_stdout: Vec<String> = Vec::new();
    let mut has_result = false;
    for id in matches.ids() {
        let Some(usage) = usage(command, id.as_str()) else { continue };
        let argument = named(command, id.as_str());
        for path in values(matches, id.as_str()) {
            match usage {
                Use::Read => read.push((path, argument.clone())),
                Use::Folder => {}
                // An empty template for each table: a folder, which the command looks at.
                Use::Result if command == "schema" && is_csv(matches) => {}
                Use::File | Use::Result => {
                    let target = Target::of(&path)?;
                    target.probe(&path)?;
                    if let Target::File(at, _) = &target {
                        refuse_table(&path, at, &argument)?;
                    }
                    match target {
                        Target::Stdout => to_stdout.push(argument.clone()),
                        Target::Stream(_) => {}
                        Target::File(at, found) => {
                            written.push(place_shown(&path, &at, &argument, Some(&found)))
                        }
                        Target::Absent(at) => written.push(place_shown(&path, &at, &argument, None)),
                    }
                }
            }
        }
        has_result |= usage == Use::Result;
    }
    if has_result_flag(command) && !has_result {
        to_stdout.push("le résultat".to_string());
    } else if PRINTS.contains(&command) {
        to_stdout.push("ce que la commande dit".to_string());
    }
    if let [first, second, ..] = &to_stdout[..] {
        bail!(
            "{first} et {second} iraient tous deux à la sortie standard; attendu: un fichier pour l'un des deux"
        );
    }
    if let (Some(argument), Some(found)) = (to_stdout.first(), stdout_place()) {
        let number = number(&found);
        written.push(Place {
            shown: "sortie standard".into(),
            argument: argument.clone(),
            path: None,
            number,
        });
    }
    for (at, one) in written.iter().enumerate() {
        if let Some(other) = written.iter().skip(at + 1).find(|other| one.is(other)) {
            bail!(
                "{}: {} et {} écriraient dans le même fichier; attendu: deux fichiers",
                one.shown.display(),
                one.argument,
                other.argument
            );
        }
    }
    if written.is_empty() {
        return Ok(());
    }
    if asked::COMMANDS.contains(&command) && !read.iter().any(|(_, argument)| argument == "--rules") {
        let word = values(matches, "filter").into_iter().next();
        let word = word.filter(|word| asked::is_folder_of_pack(&word.to_string_lossy()));
        read.extend(word.or_else(asked::pack_here).map(|folder| (folder, "le paquet de règles".to_string())));
    }
    for (path, argument) in read {
        refuse_read(&path, &argument, &written)?;
    }
    Ok(())
}

/// Does the command write one result, to the standard output if no file is given?
fn has_result_flag(command: &str) -> bool {
    ["eval", "candidates", "match", "commission", "diff", "doc", "graph", "schema", "ledger show"]
        .contains(&command)
}

fn is_csv(matches: &ArgMatches) -> bool {
    let form = matches.try_get_one::<crate::commands::schema::SchemaFormat>("format");
    form.is_ok_and(|form| form == Some(&crate::commands::schema::SchemaFormat::Csv))
}

fn place_shown(shown: &Path, at: &Path, argument: &str, found: Option<&Metadata>) -> Place {
    Place { shown: shown.to_path_buf(), ..Place::new(at, argument, found) }
}

/// The paths that an argument was given.
fn values(matches: &ArgMatches, id: &str) -> Vec<PathBuf> {
    match matches.try_get_many::<PathBuf>(id) {
        Ok(Some(paths)) => paths.cloned().collect(),
        Ok(None) => Vec::new(),
        // `diff` takes folders and folders of revisions, as texts.
        Err(_) => match matches.try_get_many::<String>(id) {
            Ok(Some(texts)) => texts.map(PathBuf::from).collect(),
            _ => Vec::new(),
        },
    }
}

/// An argument as the command line calls it.
fn named(command: &str, id: &str) -> String {
    let cli = <crate::Cli as clap::CommandFactory>::command();
    let inner = command.split(' ').try_fold(&cli, |outer, name| outer.find_subcommand(name));
    let found = inner.and_then(|c| c.get_arguments().find(|a| a.get_id() == id));
    match found.and_then(|argument| argument.get_long()) {
        Some(long) => format!("--{long}"),
        None => {
            let names = found.and_then(|argument| argument.get_value_names()?.first());
            names.map_or_else(|| id.to_uppercase(), ToString::to_string)
        }
    }
}

/// Refuses to replace a table of a data package, though this command does not read it.
fn refuse_table(path: &Path, at: &Path, argument: &str) -> Result<()> {
    let about = at.with_file_name("paquet.toml");
    let end = at.extension().map(|end| end.to_string_lossy().to_lowercase());
    if about.is_file() && end.is_some_and(|end| output::is_ending_of_tables(&end)) {
        bail!(
            "{}: {argument} remplacerait un fichier d'un paquet de données ({}); choisir un autre nom",
            path.display(),
            about.display()
        );
    }
    Ok(())
}

/// Files of a folder looked at; a folder of more is no pack and no data package.
const MOST: usize = 100_000;

/// Refuses outputs that are files which an argument reads.
fn refuse_read(path: &Path, argument: &str, written: &[Place]) -> Result<()> {
    let mut seen = BTreeMap::new();
    let mut left = vec![(path.to_path_buf(), 0)];
    let mut looked = 0;
    while let Some((at, depth)) = left.pop() {
        let Ok(found) = fs::metadata(&at) else { continue };
        looked += 1;
        if looked > MOST {
            break;
        }
        if found.is_dir() {
            // A link to a folder above leads to it once.
            let fresh = fs::canonicalize(&at).is_ok_and(|whole| seen.insert(whole, ()).is_none());
            if fresh && depth < 32 {
                let entries = fs::read_dir(&at).into_iter().flatten().flatten();
                left.extend(entries.map(|entry| (entry.path(), depth + 1)));
            }
            continue;
        }
        let place = Place::new(&at, argument, Some(&found));
        if let Some(output) = written.iter().find(|output| output.is(&place)) {
            bail!(
                "{}: {} remplacerait {}, que {argument} lit; choisir un autre fichier",
                output.shown.display(),
                output.argument,
                at.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::CommandFactory;

    use super::usage;

    /// A path that a command takes and of which nobody said whether it is written would be replaced unseen.
    #[test]
    fn every_path_of_the_command_line_is_read_or_written() {
        let path = clap::value_parser!(PathBuf).type_id();
        let mut left = Vec::new();
        let mut seen = 0;
        let cli = crate::Cli::command();
        for command in cli.get_subcommands().flat_map(|c| std::iter::once(c).chain(c.get_subcommands())) {
            for argument in command.get_arguments().filter(|a| a.get_value_parser().type_id() == path) {
                seen += 1;
                if usage(command.get_name(), argument.get_id().as_str()).is_none() {
                    left.push(format!("{} {}", command.get_name(), argument.get_id()));
                }
            }
        }
        assert!(seen > 40, "{seen}");
        assert!(left.is_empty(), "neither read nor written: {left:?}");
    }
}
