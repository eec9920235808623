//! Writing results: beside and then renamed, so that no half-written file is ever left.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use logis_engine::data::{self, Output};

use crate::{Format, OutputArgs, text};

/// Writes a result in the form that was asked.
pub fn write(result: &Output, args: &OutputArgs) -> Result<()> {
    let format = args.format.unwrap_or_else(|| match args.output.as_deref().and_then(Path::extension) {
        Some(end) if end == "csv" => Format::Csv,
        Some(end) if end == "json" => Format::Json,
        Some(end) if end == "parquet" => Format::Parquet,
        Some(end) if end == "xlsx" => Format::Xlsx,
        _ => Format::Table,
    });
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
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let what = || format!("{}: écriture impossible", path.display());
    let mut beside = tempfile::Builder::new().prefix(".logis-").tempfile_in(folder).with_context(what)?;
    beside.write_all(bytes).with_context(what)?;
    beside.as_file().sync_all().with_context(what)?;
    open_to_all(beside.as_file()).with_context(what)?;
    beside.persist(path).map_err(|e| e.error).with_context(what)?;
    Ok(())
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
