//! The header in the repository is that of the sources, and compilers take it.

use std::path::PathBuf;
use std::process::Command;

use crate::place::{here, installed};

/// The sources, in the order of the header.
const SOURCES: [&str; 6] = ["library", "refusal", "packs", "decisions", "tables", "allocations"];

fn made() -> String {
    let config = cbindgen::Config::from_file(here("cbindgen.toml")).unwrap();
    let builder = SOURCES.iter().fold(cbindgen::Builder::new().with_config(config), |builder, name| {
        builder.with_src(here(&format!("src/{name}.rs")))
    });
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    // A heading of Rust's documentation says to nobody else what it is.
    String::from_utf8(header).unwrap().replace(" * # Safety\n", " * What the caller promises:\n")
}

/// `LOGIS_UPDATE=1` writes it again.
#[test]
fn the_header_is_that_of_the_sources() {
    let made = made();
    let kept = here("logis.h");
    if std::env::var_os("LOGIS_UPDATE").is_some() {
        std::fs::write(&kept, &made).unwrap();
    }
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    assert!(
        kept == made,
        "ffi/logis.h is out of date: LOGIS_UPDATE=1 cargo test -p logis-ffi --test abi header"
    );
}

/// Every function that the sources give away is in the header, counted by a look at the sources that cbindgen does not
/// share; and each is a symbol of the library, which programs find where they run.
#[test]
fn the_header_has_every_function() {
    let header = std::fs::read_to_string(here("logis.h")).unwrap();
    let mut functions = 0;
    for entry in std::fs::read_dir(here("src")).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for (at, _) in source.match_indices("#[unsafe(no_mangle)]") {
            let name = source[at..].split("extern \"C\" fn ").nth(1).unwrap().split('(').next().unwrap();
            assert!(header.contains(&format!("{name}(")), "{name}");
            functions += 1;
        }
    }
    assert!(functions >= 14, "{functions}");
}

/// The header by itself, in old and new C and in C++.
#[test]
fn compilers_take_the_header() {
    let header: PathBuf = installed().join("include/logis.h");
    for (compiler, language, standard) in
        [("cc", "c", "c99"), ("cc", "c", "c11"), ("cc", "c", "c2x"), ("c++", "c++", "c++17")]
    {
        let mut command = Command::new(compiler);
        command.args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", language]);
        let Ok(ran) = command.arg(format!("-std={standard}")).arg(&header).output() else {
            eprintln!("{compiler} is not there: the header is not looked at as {standard}");
            continue;
        };
        assert!(ran.status.success(), "{standard}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}
