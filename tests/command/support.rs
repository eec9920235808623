//! What several files of this binary need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs the command in the folder of the repository.
pub fn logis(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logis")).current_dir(root()).args(args).output().unwrap()
}

/// What it wrote on the standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it wrote on the standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
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
