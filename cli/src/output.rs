//! Writing results: beside and then renamed, so that no half-written file is ever left.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use logis_engine::data::{self, Output};

use crate::{Format, OutputArgs, text};

/// The form that was asked, by name or by the ending of the file.
pub fn format(args: &OutputArgs) -> Format {
    args.format.unwrap_or_else(|| match args.output.as_deref().and_then(Path::extension) {
        Some(end) if end == "csv" => Format::Csv,
        Some(end) if end == "json" => Format::Json,
        Some(end) if end == "parquet" => Format::Parquet,
        Some(end) if end == "xlsx" => Format::Xlsx,
        _ => Format::Table,
    })
}

/// Writes a result in the form that was asked.
pub fn write(result: &Output, args: &OutputArgs) -> Result<()> {
    let format = format(args);
    let bytes = match format {
        Format::Table => text::table(result).into_bytes(),
        Format::Csv => data::to_csv(result)?,
        Format::Json => data::to_json(result)?,
        Format::Parquet => data::to_parquet(result)?,
        Format::Xlsx => data::to_xlsx(result)?,
    };
    let binary = matches!(format, Format::Parquet | Format::Xlsx);
    bytes_to(&bytes, args.output.as_deref(), binary)
}

/// Writes bytes to a file, or to the standard output.
pub fn bytes_to(bytes: &[u8], path: Option<&Path>, binary: bool) -> Result<()> {
    match path {
        Some(path) => file(path, bytes),
        None if binary && std::io::stdout().is_terminal() => {
            anyhow::bail!("ce format est binaire: donner un fichier avec --output")
        }
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()?;
            Ok(())
        }
    }
}

/// Writes a file beside its place, then renames it there.
pub fn file(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut sink = Sink::new(Some(path), false)?;
    sink.beside.write_all(bytes).with_context(|| unwritable(path))?;
    sink.close()
}

/// Files being written: an interruption takes them away.
static PENDING: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What an interruption says last.
static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

type LastWords = Box<dyn Fn() -> String + Send>;

/// From now on Ctrl-C ends with these words on the standard error.
pub fn say_on_interrupt(words: impl Fn() -> String + Send + 'static) {
    if let Ok(mut slot) = LAST_WORDS.lock() {
        *slot = Some(Box::new(words));
    }
}

/// Is an interruption how a command is meant to end?
static MEANT: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C is how the command ends: exit code 0.
pub fn end_quietly_on_interrupt() {
    MEANT.store(true, Ordering::Relaxed);
}

/// On Ctrl-C: leaves no half-written file, then ends.
pub fn clean_on_interrupt() {
    let clean = || {
        // Held to the end: no other thread begins a file any more.
        let pending = PENDING.lock();
        if let Ok(pending) = &pending {
            pending.iter().for_each(|path| drop(std::fs::remove_file(path)));
        }
        if let Ok(words) = LAST_WORDS.lock()
            && let Some(words) = words.as_ref()
        {
            eprintln!("\n{}", words());
        }
        std::process::exit(if MEANT.load(Ordering::Relaxed) { 0 } else { 130 });
    };
    if let Err(error) = ctrlc::set_handler(clean) {
        eprintln!("avertissement: Ctrl-C ne sera pas intercepté: {error}");
    }
}

/// A file being written beside its place; without a path, beside nothing, and printed at the end.
pub struct Sink {
    beside: tempfile::NamedTempFile,
    path: Option<PathBuf>,
}

impl Sink {
    /// Begins a file.
    pub fn new(path: Option<&Path>, binary: bool) -> Result<Sink> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".logis-");
        let mut pending = PENDING.lock();
        let beside = match path {
            Some(path) => {
                let folder = match path.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                builder.tempfile_in(folder).with_context(|| unwritable(path))?
            }
            None if binary && std::io::stdout().is_terminal() => {
                anyhow::bail!("ce format est binaire: donner un fichier avec --output")
            }
            None => builder.tempfile().context("fichier temporaire: écriture impossible")?,
        };
        if let Ok(pending) = &mut pending {
            pending.insert(beside.path().to_path_buf());
        }
        drop(pending);
        Ok(Sink { beside, path: path.map(Path::to_path_buf) })
    }

    /// Where the file goes.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What to write to.
    pub fn writer(&self) -> Result<std::io::BufWriter<std::fs::File>> {
        Ok(std::io::BufWriter::with_capacity(1 << 16, self.beside.as_file().try_clone()?))
    }

    /// Puts the file into its place.
    pub fn close(self) -> Result<()> {
        let Some(path) = &self.path else {
            let mut file = std::fs::File::open(self.beside.path())?;
            let mut out = std::io::stdout().lock();
            std::io::copy(&mut file, &mut out)?;
            out.flush()?;
            return Ok(());
        };
        let what = || unwritable(path);
        self.beside.as_file().sync_all().with_context(what)?;
        open_to_all(self.beside.as_file()).with_context(what)?;
        self.beside.persist(path).map_err(|e| e.error).with_context(what)?;
        Ok(())
    }
}

fn unwritable(path: &Path) -> String {
    format!("{}: écriture impossible", path.display())
}

/// Temporary files are private; a result is read by others, as any file that is created.
#[cfg(unix)]
fn open_to_all(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_all(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

/// Prints to the standard output; a closed one is an error like any other.
pub fn print(text: &str) -> Result<()> {
    bytes_to(text.as_bytes(), None, false)
}

/// Did a write fail because whoever was reading stopped?
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|e| e.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
