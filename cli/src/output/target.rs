//! What stands at a path that is to be written.
//!
//! A file is replaced as a whole; a device, a pipe or an open descriptor is written to, since replacing it
//! would take it away from everybody; a link is followed, and stays.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use logis::diagnostic::foreign::Said;

use super::unwritable;

/// What stands at a path.
#[derive(Debug)]
pub enum Target {
    /// The standard output: `-`, or a name of its descriptor.
    Stdout,
    /// Something to write to: a device, a pipe, another open descriptor.
    Stream(PathBuf),
    /// A regular file, at the end of all links.
    File(PathBuf, Metadata),
    /// Nothing yet, in a folder that is there.
    Absent(PathBuf),
}

/// As many links as Linux follows.
const LINKS: usize = 40;

impl Target {
    /// Looks at a path; nothing is opened or made.
    ///
    /// # Errors
    /// A folder stands there, or no folder to put a file into.
    pub fn of(path: &Path) -> Result<Target> {
        if path == Path::new("-") {
            return Ok(Target::Stdout);
        }
        let shown = path.display();
        let text = path.to_string_lossy();
        if text.is_empty() {
            bail!("le nom du fichier à écrire est vide; attendu: un chemin, ou - pour la sortie standard");
        }
        if path.is_dir() || text.ends_with(['/', std::path::MAIN_SEPARATOR]) {
            bail!("{shown}: c'est un dossier; attendu: un fichier à écrire");
        }
        let target = follow(path).map_err(|error| wrong(path, error))?;
        if let Target::Absent(at) = &target {
            let folder = folder_of(at);
            if folder.exists() && !folder.is_dir() {
                bail!("{shown}: écriture impossible: {} n'est pas un dossier", folder.display());
            }
            if !folder.is_dir() {
                bail!("{shown}: écriture impossible: le dossier {} n'existe pas", folder.display());
            }
        }
        Ok(target)
    }

    /// Can it be written, as far as can be known without writing?
    ///
    /// # Errors
    /// A file that is protected, a folder that takes no file.
    pub fn probe(&self, path: &Path) -> Result<()> {
        let probed = match self {
            Target::Stdout | Target::Stream(_) => Ok(()),
            Target::File(at, _) => OpenOptions::new().write(true).open(at).map(drop),
            Target::Absent(at) => {
                tempfile::Builder::new().prefix(".logis-").tempfile_in(folder_of(at)).map(drop)
            }
        };
        probed.map_err(|error| wrong(path, error))
    }

    /// Opens what is written to and not replaced. A pipe is waited for until somebody reads it, but not for
    /// ever.
    pub fn open_stream(at: &Path) -> io::Result<File> {
        // Held until the pipe is open again: its reader would see an end between the two.
        let _waiting = await_reader(at)?;
        // Behind a descriptor there may be a file that holds something already: what is there stays.
        OpenOptions::new().append(true).open(at)
    }
}

/// How long a pipe is waited for: whoever reads it has begun by then, or never will.
#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Waits until a named pipe has a reader, as opening it would without end; what it opened for that does not
/// wait when it is written to, and is none to write to.
#[cfg(unix)]
fn await_reader(at: &Path) -> io::Result<Option<File>> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    if !fs::metadata(at)?.file_type().is_fifo() || descriptor(at).is_some() {
        return Ok(None);
    }
    let begun = std::time::Instant::now();
    let mut said = false;
    loop {
        match OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(at) {
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {}
            opened => return opened.map(Some),
        }
        if begun.elapsed() > PATIENCE {
            return Err(io::Error::other(Said("personne ne lit ce tube".to_string())));
        }
        if !said && begun.elapsed().as_secs() >= 1 {
            eprintln!("{}: attend que quelqu'un lise ce tube…", at.display());
            said = true;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[cfg(not(unix))]
fn await_reader(_: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// The folder in which a path stands.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn follow(path: &Path) -> io::Result<Target> {
    let mut at = path.to_path_buf();
    for _ in 0..LINKS {
        if let Some(own) = descriptor(&at) {
            return Ok(if own { Target::Stdout } else { Target::Stream(at) });
        }
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_symlink() => at = folder_of(&at).join(fs::read_link(&at)?),
            Ok(found) if found.is_file() => return Ok(Target::File(at, found)),
            Ok(_) => return Ok(Target::Stream(at)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Target::Absent(at)),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(Said("trop de liens symboliques, ou un lien vers lui-même".to_string())))
}

/// Is this a name of an open descriptor, as `/dev/fd/3` or `/proc/self/fd/1`? If so: of our standard output?
/// It must not be resolved further: the file behind it belongs to whoever opened it.
fn descriptor(path: &Path) -> Option<bool> {
    let number = path.file_name()?.to_str()?;
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let folder = fs::canonicalize(folder_of(path)).ok()?;
    let is_own = |own: &str| fs::canonicalize(own).is_ok_and(|own| own == folder);
    let of_process = folder.starts_with("/proc") && folder.ends_with("fd");
    if !of_process && folder != Path::new("/dev/fd") {
        return None;
    }
    Some(number == "1" && (is_own("/proc/self/fd") || is_own("/proc/thread-self/fd") || is_own("/dev/fd")))
}

/// What cannot be written, with the file's name.
pub fn wrong(path: &Path, error: io::Error) -> anyhow::Error {
    anyhow::Error::new(error).context(unwritable(path))
}
