//! What both binaries of tests need.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the repository: the nearest above the crate under test that holds the rules.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().find(|folder| folder.join("rules/pack.toml").is_file()).unwrap().to_path_buf()
}

/// Adds the files below a folder to `into`, which is then sorted: their paths in the folder, with `/`, after `prefix`.
pub fn files(folder: &Path, prefix: &str, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            files(&path, &format!("{name}/"), into);
        } else {
            into.push((name, fs::read(&path).unwrap()));
        }
    }
    into.sort();
}
