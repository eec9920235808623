//! A file being written: beside its place, then put there as a whole.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use logis::diagnostic::foreign::Said;

use super::interrupt::{self, Pending};
use super::target::{Target, folder_of, wrong};
use crate::french;

/// What is written before it is shown to anybody: a temporary file, which takes the place of the target, or
/// is copied into it where the target cannot be replaced.
pub struct Sink {
    beside: tempfile::NamedTempFile,
    pending: Pending,
    target: Target,
    path: Option<PathBuf>,
}

impl Sink {
    /// Begins a file; without a path, what goes to the standard output.
    pub fn new(path: Option<&Path>, binary: bool) -> Result<Sink> {
        let target = path.map_or(Ok(Target::Stdout), Target::of)?;
        if matches!(target, Target::Stdout) && binary && io::stdout().is_terminal() {
            anyhow::bail!("ce format est binaire: donner un fichier avec --output")
        }
        let make = || match (&target, path) {
            (Target::Absent(at), Some(path)) => beside(at, 0o666).map_err(|error| wrong(path, error)),
            // A folder that takes no new file may hold one that can be written.
            (Target::File(at, _), Some(path)) => {
                target.probe(path)?;
                beside(at, 0o600).or_else(|_| spool())
            }
            _ => spool(),
        };
        let (beside, pending) = interrupt::begin(make, |beside| beside.path())?;
        Ok(Sink { beside, pending, target, path: path.map(Path::to_path_buf) })
    }

    /// Where the file goes.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What to write to; its errors name the file.
    pub fn writer(&self) -> Result<Named> {
        let file = BufWriter::with_capacity(1 << 16, self.beside.as_file().try_clone()?);
        Ok(Named { file, path: self.path.clone() })
    }

    /// Puts the file into its place.
    pub fn close(self) -> Result<()> {
        let Sink { mut beside, pending: _pending, target, path } = self;
        let path = path.unwrap_or_else(|| PathBuf::from("-"));
        let named = |error| wrong(&path, error);
        match &target {
            Target::Stdout => copy_to_stdout(beside.as_file_mut())?,
            Target::Stream(at) => {
                let mut to = Target::open_stream(at).map_err(named)?;
                copy(beside.as_file_mut(), &mut to).map_err(named)?;
            }
            Target::File(at, old) => {
                beside.as_file().sync_all().map_err(named)?;
                if beside.path().parent() == Some(folder_of(at))
                    && inherit(beside.path(), beside.as_file(), old)
                {
                    match beside.persist(at) {
                        Ok(_) => return Ok(()),
                        // What is mounted on is not replaced, but is written.
                        Err(error) => beside = error.file,
                    }
                }
                let mut to = OpenOptions::new().write(true).truncate(true).open(at).map_err(named)?;
                copy(beside.as_file_mut(), &mut to).map_err(named)?;
                to.sync_all().map_err(named)?;
            }
            Target::Absent(at) => {
                beside.as_file().sync_all().map_err(named)?;
                beside.persist(at).map_err(|error| named(error.error))?;
            }
        }
        Ok(())
    }
}

/// A temporary file in the folder of a file; its mode is what the umask leaves of this one.
fn beside(at: &Path, mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".logis-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder.tempfile_in(folder_of(at))
}

/// A temporary file anywhere: its content is copied to where it goes.
fn spool() -> Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".logis-").tempfile().with_context(|| {
        format!("fichier temporaire dans {}: écriture impossible", std::env::temp_dir().display())
    })
}

/// Gives a new file the owner and the mode of the one that it replaces; false if it may not.
#[cfg(unix)]
fn inherit(path: &Path, file: &File, old: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let Ok(new) = file.metadata() else { return false };
    let owned = (new.uid(), new.gid()) == (old.uid(), old.gid())
        || chown(path, Some(old.uid()), Some(old.gid())).is_ok();
    owned && file.set_permissions(std::fs::Permissions::from_mode(old.mode() & 0o7777)).is_ok()
}

#[cfg(not(unix))]
fn inherit(_: &Path, _: &File, _: &Metadata) -> bool {
    true
}

fn copy(from: &mut File, to: &mut File) -> io::Result<()> {
    from.rewind()?;
    io::copy(from, to)?;
    to.flush()
}

fn copy_to_stdout(from: &mut File) -> Result<()> {
    from.rewind()?;
    let mut out = io::stdout().lock();
    io::copy(from, &mut out).and_then(|_| out.flush()).map_err(super::stdout_unwritable)
}

/// A buffered file whose errors name where it goes: writers of formats pass on nothing but the text.
pub struct Named {
    file: BufWriter<File>,
    path: Option<PathBuf>,
}

impl Named {
    fn named(&self, error: io::Error) -> io::Error {
        let path = self.path.as_deref().unwrap_or(Path::new("-"));
        io::Error::new(error.kind(), Said(french::chain(&wrong(path, error))))
    }
}

impl Write for Named {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| self.named(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| self.named(error))
    }
}
