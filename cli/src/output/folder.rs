//! Folders that a command writes: none takes the place of a package that is there.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::interrupt::{self, Pending};
use super::target::{folder_of, wrong};

/// Endings of files that hold tables, and are read as such.
const TABLES: [&str; 12] =
    ["csv", "tsv", "parquet", "xlsx", "xlsm", "xlsb", "xls", "ods", "json", "ndjson", "jsonl", "txt"];

/// A file of a folder that makes it a data package, the first by name.
fn table_in(folder: &Path, own: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let is_other = |path: &PathBuf| path.is_file() && is_table(path) && !own(path);
    let mut found: Vec<PathBuf> = names(folder).into_iter().filter(is_other).collect();
    found.sort();
    found.into_iter().next()
}

fn is_table(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
    !hidden
        && (path.file_name() == Some(OsStr::new("paquet.toml"))
            || end.is_some_and(|end| is_ending_of_tables(&end)))
}

/// Do names of tables end so? In small letters.
pub fn is_ending_of_tables(end: &str) -> bool {
    TABLES.contains(&end)
}

/// What stands in a folder; nothing, if it is none.
fn names(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Refuses to write a package into a folder that holds one, unless it is to be replaced; `own` tells the
/// files that may be.
///
/// # Errors
/// The folder holds a table, or is no folder.
pub fn refuse_package(folder: &Path, own: impl Fn(&Path) -> bool, force: bool) -> Result<()> {
    refuse_no_folder(folder)?;
    if !force && let Some(first) = table_in(folder, own) {
        bail!(
            "{}: ce dossier a déjà un paquet de données ({}); en choisir un autre, ou --force pour le remplacer",
            folder.display(),
            first.file_name().unwrap_or_default().to_string_lossy()
        );
    }
    Ok(())
}

/// Refuses to write into a folder that holds something and was not made by the same command, which `own`
/// tells by its own files; `hint` says what may be done instead.
///
/// # Errors
/// The folder holds other things, or is no folder.
pub fn refuse_other_folder(
    folder: &Path,
    own: impl Fn(&Path) -> bool,
    force: bool,
    hint: &str,
) -> Result<()> {
    refuse_no_folder(folder)?;
    let mut inside = names(folder);
    inside.sort();
    if let Some(first) = inside.first().filter(|_| !force && !own(folder)) {
        bail!(
            "{}: ce dossier existe déjà et tient autre chose ({}…); attendu: un dossier vide ou nouveau{hint}",
            folder.display(),
            first.file_name().unwrap_or_default().to_string_lossy()
        );
    }
    Ok(())
}

fn refuse_no_folder(folder: &Path) -> Result<()> {
    if folder == Path::new("-") {
        bail!("-: la sortie standard ne reçoit qu'un fichier; attendu: un dossier à écrire");
    }
    if folder.exists() && !folder.is_dir() {
        bail!("{}: création impossible: ce n'est pas un dossier", folder.display());
    }
    Ok(())
}

/// Refuses to replace a file by a model or a schema, unless it holds what such a file holds: what was filled
/// in would be lost.
///
/// # Errors
/// The file holds something else.
pub fn refuse_replacing(path: &Path, new: &[u8], own: impl Fn(&[u8]) -> bool, force: bool) -> Result<()> {
    if force || !path.is_file() {
        return Ok(());
    }
    let old = fs::read(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    if old.is_empty() || old == new || own(&old) {
        return Ok(());
    }
    bail!(
        "{}: ce fichier tient autre chose qu'un modèle vide; choisir un autre nom, ou --force pour le remplacer",
        path.display()
    )
}

/// Makes a folder and those above it.
pub fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{}: création impossible", folder.display()))
}

/// A folder being made beside its place, then put there as a whole.
pub struct NewFolder {
    beside: tempfile::TempDir,
    _pending: Pending,
    at: PathBuf,
}

impl NewFolder {
    /// Begins a folder.
    pub fn new(at: &Path) -> Result<NewFolder> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".logis-");
        let make = || builder.tempdir_in(folder_of(at)).map_err(|error| wrong(at, error));
        let (beside, pending) = interrupt::begin(make, |beside| beside.path())?;
        fs::create_dir(beside.path().join("nouveau")).map_err(|error| wrong(at, error))?;
        Ok(NewFolder { beside, _pending: pending, at: at.to_path_buf() })
    }

    /// Writes a file of the folder, and makes the folders above it.
    pub fn put(&self, name: &Path, bytes: &[u8]) -> Result<()> {
        let path = self.beside.path().join("nouveau").join(name);
        let written = fs::create_dir_all(folder_of(&path)).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| wrong(&self.at.join(name), error))
    }

    /// Puts the folder into its place; what is there goes.
    pub fn close(self) -> Result<()> {
        let named = |error| wrong(&self.at, error);
        let new = self.beside.path().join("nouveau");
        // An empty folder gives way to a rename; another is put aside, and goes with what is temporary.
        if names(&self.at).is_empty() {
            return fs::rename(new, &self.at).map_err(named);
        }
        fs::rename(&self.at, self.beside.path().join("ancien")).map_err(named)?;
        fs::rename(new, &self.at).map_err(named)
    }
}
