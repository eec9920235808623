//! The one place that writes: results, texts and messages.
//!
//! [`target`] looks at what stands at a path, [`sink`] writes beside it and puts the whole there,
//! [`folder`] does so for folders, [`interrupt`] takes away what an interruption leaves half done. What a
//! command reads and writes is compared before it begins: see `paths`.

mod folder;
mod interrupt;
mod sink;
mod target;

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Result, bail};
use logis::data::{self, Output, visible};
use logis::diagnostic::nearest;

pub use folder::{
    NewFolder, is_ending_of_tables, make_folder, refuse_other_folder, refuse_package, refuse_replacing,
};
pub use interrupt::{clean_on_interrupt, end_quietly_on_interrupt, say_on_interrupt};
pub use sink::{Named, Sink};
pub use target::Target;

use crate::args::{Format, OutputArgs};
use crate::presented::Presented;
use crate::text;

/// Endings of names, and the form that each means.
const ENDINGS: [(&str, Format); 7] = [
    ("csv", Format::Csv),
    ("json", Format::Json),
    ("ndjson", Format::Ndjson),
    ("jsonl", Format::Ndjson),
    ("parquet", Format::Parquet),
    ("xlsx", Format::Xlsx),
    ("txt", Format::Table),
];

/// The form that was asked, by name or by the ending of the file.
///
/// # Errors
/// An ending that means no form.
pub fn format(args: &OutputArgs) -> Result<Format> {
    form(args.format, args.output.as_deref(), &ENDINGS, Format::Table)
}

/// The form that was asked: by name, or by the ending of the file; `usual` for the standard output, and for
/// a name without an ending.
///
/// # Errors
/// An ending that means none of the forms.
pub fn form<F: Copy>(asked: Option<F>, path: Option<&Path>, endings: &[(&str, F)], usual: F) -> Result<F> {
    let Some(path) = path.filter(|_| asked.is_none()) else { return Ok(asked.unwrap_or(usual)) };
    let Some(end) = path.extension() else { return Ok(usual) };
    let end = end.to_string_lossy().to_lowercase();
    if let Some((_, form)) = endings.iter().find(|(known, _)| *known == end) {
        return Ok(*form);
    }
    // What is no file has any name.
    if path.exists() && !path.is_file() {
        return Ok(usual);
    }
    let known: Vec<String> = endings.iter().map(|(known, _)| format!(".{known}")).collect();
    let near = nearest(&end, endings.iter().map(|(known, _)| *known));
    let near = near.map_or_else(String::new, |known| format!(" (« .{known} » ?)"));
    bail!(
        "{}: la fin de nom « .{end} » ne dit aucune forme connue{near}; attendu: {}, ou --format",
        path.display(),
        known.join(", ")
    )
}

/// Writes a result in the form that was asked.
pub fn write(result: &Presented, args: &OutputArgs) -> Result<()> {
    let format = format(args)?;
    if !format.is_for_people() {
        return write_part(&result.for_programs(args.states), args, true);
    }
    let bytes = match format {
        Format::CsvFr => data::to_csv_fr(&result.for_people(args.names))?,
        Format::Xlsx => result.workbook(args.names)?,
        _ => text::table(&result.for_people(args.names), &result.quantities()).into_bytes(),
    };
    bytes_to(&bytes, args.output.as_deref(), format == Format::Xlsx)
}

/// Writes rows for programs, or of CSV a part that follows on another: without its line of headers.
pub fn write_part(result: &Output, args: &OutputArgs, headers: bool) -> Result<()> {
    let format = format(args)?;
    let bytes = match format {
        Format::Csv if !headers => data::to_csv_rows(result)?,
        Format::Table => text::table(result, &[]).into_bytes(),
        Format::Csv => data::to_csv(result)?,
        Format::CsvFr => data::to_csv_fr(result)?,
        Format::Json => data::to_json(result)?,
        Format::Ndjson => data::to_ndjson(result)?,
        Format::Parquet => data::to_parquet(result)?,
        Format::Xlsx => data::to_xlsx(result)?,
    };
    let binary = matches!(format, Format::Parquet | Format::Xlsx);
    bytes_to(&bytes, args.output.as_deref(), binary)
}

/// Writes bytes to a file, or to the standard output.
pub fn bytes_to(bytes: &[u8], path: Option<&Path>, binary: bool) -> Result<()> {
    if let Some(path) = path.filter(|path| *path != Path::new("-")) {
        return file(path, bytes);
    }
    if binary && std::io::stdout().is_terminal() {
        bail!("ce format est binaire: donner un fichier avec --output")
    }
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(stdout_unwritable)
}

/// Writes a text for people to a file, or to the standard output: what acts on a terminal is shown instead.
pub fn text_to(text: &str, path: Option<&Path>) -> Result<()> {
    bytes_to(visible(text).as_bytes(), path, false)
}

/// Writes a file beside its place, then puts it there.
pub fn file(path: &Path, bytes: &[u8]) -> Result<()> {
    let sink = Sink::new(Some(path), false)?;
    let mut writer = sink.writer()?;
    writer.write_all(bytes)?;
    writer.flush()?;
    sink.close()
}

fn unwritable(path: &Path) -> String {
    if path == Path::new("-") {
        return "sortie standard: écriture impossible".to_string();
    }
    format!("{}: écriture impossible", path.display())
}

pub fn stdout_unwritable(error: std::io::Error) -> anyhow::Error {
    target::wrong(Path::new("-"), error)
}

/// Prints a text for people to the standard output; a closed one is an error like any other.
pub fn print(text: &str) -> Result<()> {
    text_to(text, None)
}

/// Says something on the standard error; nobody hearing it is no error. What acts on a terminal is shown.
pub fn say(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(visible(text).as_bytes()).and_then(|()| out.flush());
}

/// Did a write fail because whoever was reading stopped?
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|e| e.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
