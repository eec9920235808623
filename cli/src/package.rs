//! Data that is not a folder: the standard input, and a mapping given beside the data.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use logis::Pack;
use logis::data::{InputFile, MAPPING_FILE, STANDARD_INPUT};
use logis::pack::schema::Origin;

/// The most bytes that are read of the standard input.
const MOST: u64 = 4 << 30;

/// Is the standard input meant?
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The standard input: rows of the main table of the pack, an object of tables, or a workbook. What it is
/// is seen from its first bytes.
pub fn standard_input(pack: &Pack) -> Result<InputFile> {
    let mut bytes = Vec::new();
    let input = std::io::stdin().lock();
    input.take(MOST + 1).read_to_end(&mut bytes).context("entrée standard: lecture impossible")?;
    if bytes.len() as u64 > MOST {
        bail!("entrée standard: plus de {} Go; attendu: un fichier", MOST >> 30);
    }
    let schema = &pack.parsed().schema;
    let main = pack.main_entity().and_then(|id| schema.entities.get(id));
    let table = match main.map(|entity| &entity.origin) {
        Some(Origin::Data { table }) => format!("[{table}]"),
        _ => String::new(),
    };
    Ok(InputFile { name: format!("{STANDARD_INPUT}{table}.{}", ending(&bytes)), bytes })
}

/// The ending of a file that begins like this.
fn ending(bytes: &[u8]) -> &'static str {
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match plain.iter().find(|b| !b.is_ascii_whitespace()) {
        _ if bytes.starts_with(b"PAR1") => "parquet",
        _ if bytes.starts_with(b"PK\x03\x04") => "xlsx",
        _ if bytes.starts_with(b"\xd0\xcf\x11\xe0") => "xls",
        Some(b'{' | b'[') => "json",
        _ => "csv",
    }
}

/// Puts a mapping into the files of a package, in the place of its own.
pub fn add_mapping(files: &mut Vec<InputFile>, path: Option<&Path>) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let bytes = std::fs::read(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    files.retain(|file| file.name != MAPPING_FILE);
    files.push(InputFile { name: MAPPING_FILE.to_string(), bytes });
    Ok(())
}
