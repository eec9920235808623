//! The C library as programs in C find one: `lib/`, `include/` and what pkg-config reads.

use std::fs;
use std::path::Path;

use crate::root;
use crate::steps::cargo;

/// What Cargo calls the shared library, what programs look for when they run, and when they are linked.
#[cfg(target_os = "macos")]
const SHARED: (&str, &str, &str) = ("liblogis_ffi.dylib", "liblogis.1.dylib", "liblogis.dylib");
#[cfg(not(target_os = "macos"))]
const SHARED: (&str, &str, &str) = ("liblogis_ffi.so", "liblogis.so.1", "liblogis.so");

/// Builds the shared and the static library, and puts them into a folder with their header.
pub fn install(to: &str, profile: &str) -> Result<(), String> {
    cargo(&["build", "--package", "logis-ffi", "--profile", profile])?;
    // No test needs the static one: it is as large as all that the library is made of, and is built here alone.
    cargo(&["rustc", "--package", "logis-ffi", "--lib", "--profile", profile, "--crate-type", "staticlib"])?;
    let built = root().join("target").join(if profile == "dev" { "debug" } else { profile });
    let to = Path::new(to);
    let (lib, include, pkgconfig) = (to.join("lib"), to.join("include"), to.join("lib/pkgconfig"));
    for folder in [&lib, &include, &pkgconfig] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let copy = |from: &Path, to: &Path| {
        fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
    };
    let (cargos, runs, links) = SHARED;
    copy(&built.join(cargos), &lib.join(runs))?;
    link(runs, &lib.join(links))?;
    copy(&built.join("liblogis_ffi.a"), &lib.join("liblogis.a"))?;
    copy(&root().join("ffi/logis.h"), &include.join("logis.h"))?;
    let about = format!(
        "prefix=${{pcfiledir}}/../..\n\nName: logis\nDescription: Rules of Action Logement: decisions, explanations, \
         allocations\nVersion: {}\nCflags: -I${{prefix}}/include\nLibs: -L${{prefix}}/lib -llogis\n\
         Libs.private: -lpthread -ldl -lm\n",
        env!("CARGO_PKG_VERSION")
    );
    fs::write(pkgconfig.join("logis.pc"), about).map_err(|error| format!("logis.pc: {error}"))
}

/// A link beside what it leads to.
#[cfg(unix)]
fn link(to: &str, at: &Path) -> Result<(), String> {
    let _ = fs::remove_file(at);
    std::os::unix::fs::symlink(to, at).map_err(|error| format!("{}: {error}", at.display()))
}

#[cfg(not(unix))]
fn link(_: &str, at: &Path) -> Result<(), String> {
    Err(format!("{}: the library is laid out for Linux and macOS only", at.display()))
}
