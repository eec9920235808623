//! The rules and the demo data that the binary carries, so that it works from any folder.

use include_dir::{Dir, include_dir};

static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../rules");
static GRAND_DIJON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios/grand-dijon-2015");

static POPULATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios/populations");

/// The model of populations, and the names of territories.
pub fn populations() -> Vec<(String, Vec<u8>)> {
    files(&POPULATIONS)
}

/// The files of the embedded pack.
pub fn rules() -> Vec<(String, Vec<u8>)> {
    files(&RULES)
}

/// The files of the demo's data package.
pub fn grand_dijon() -> Vec<(String, Vec<u8>)> {
    files(&GRAND_DIJON)
}

fn files(dir: &Dir<'_>) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = dir
        .files()
        .map(|f| (f.path().to_string_lossy().replace('\\', "/"), f.contents().to_vec()))
        .chain(dir.dirs().flat_map(files))
        .collect();
    found.sort();
    found
}
