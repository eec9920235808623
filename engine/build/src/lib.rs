//! What the build scripts of Logis share.
//!
//! [`name_this_build`] names a build of a crate: a SHA-256 of its sources, its manifest, the versions of its
//! dependencies, the compiler and the target, as `LOGIS_BUILD`. Results that are kept on disk and read again are
//! bound to the names of all crates that they come from. The name is taken from the sources, not from the running
//! executable: reading that would cost a library its host's whole file at every start, and two builds of the
//! same sources would not share their results.
//!
//! [`embed`] lists the files of a folder of data, so that a crate carries them.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use sha2::{Digest, Sha256};

/// Sets `LOGIS_BUILD` for the crate whose build script calls it.
pub fn name_this_build() -> ExitCode {
    match build() {
        Ok(digest) => {
            println!("cargo::rustc-env=LOGIS_BUILD=sha256:{digest}");
            ExitCode::SUCCESS
        }
        Err(error) => failed("the sources cannot be hashed", &error),
    }
}

/// Writes `files.rs` into the folder of the build script's output: a slice of the paths and bytes of all files
/// below the package's folder whose names end with one of `endings`, sorted by path. Hidden files, the
/// manifest of the package and what Cargo builds are left out.
pub fn embed(endings: &[&str]) -> ExitCode {
    match list(endings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed("the files cannot be listed", &error),
    }
}

fn failed(what: &str, error: &io::Error) -> ExitCode {
    println!("cargo::error={what}: {error}");
    ExitCode::FAILURE
}

fn list(endings: &[&str]) -> io::Result<()> {
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed={}", home.display());
    let mut files = Vec::new();
    collect(&home, &mut files)?;
    let mut named = Vec::new();
    for path in &files {
        let name = path.strip_prefix(&home).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let first = name.split('/').next().unwrap_or_default();
        let others = name.split('/').any(|part| part.starts_with('.'))
            || ["Cargo.toml", "Cargo.toml.orig", "Cargo.lock", "target"].contains(&first);
        if !others && endings.iter().any(|end| name.ends_with(end)) {
            named.push((name, path));
        }
    }
    // By the text of the path: the same order on every system.
    named.sort();
    let mut text = String::from("&[\n");
    for (name, path) in named {
        text += &format!("    ({name:?}, include_bytes!({:?})),\n", path.display().to_string());
    }
    text += "]\n";
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("files.rs"), text)
}

fn build() -> io::Result<String> {
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut files = vec![home.join("Cargo.toml"), home.join("build.rs")];
    // Of a workspace the lock file is that of its root; a published package carries its own.
    files.extend(home.ancestors().map(|folder| folder.join("Cargo.lock")).find(|path| path.is_file()));
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-changed={}", home.join("src").display());
    collect(&home.join("src"), &mut files)?;
    let mut digest = Sha256::new();
    let mut take = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    for path in &files {
        // Paths of the package only, in one spelling: where it is built does not count.
        let name = path.strip_prefix(&home).map_or_else(|_| "Cargo.lock".into(), Path::to_string_lossy);
        take(name.replace('\\', "/").as_bytes());
        take(&fs::read(path)?);
    }
    let compiler =
        Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output()?;
    take(&compiler.stdout);
    take(env::var("TARGET").unwrap_or_default().as_bytes());
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The files of a folder, sorted at each level.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}
