//! Pages of the book, played: their files are written, their commands run, and what they show is what the commands say.

use std::fs;
use std::process::Command;

use crate::support::{Folder, LOGIS, files, root, told};

/// The blocks of a page: language and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

/// A folder with a copy of one of the repository.
pub fn copied(from: &str, name: &str) -> Folder {
    let mut all = Vec::new();
    files(&root().join(from), &format!("{name}/"), &mut all);
    let folder = Folder(tempfile::tempdir().unwrap());
    for (path, bytes) in all {
        fs::create_dir_all(folder.path(&path).parent().unwrap()).unwrap();
        fs::write(folder.path(&path), bytes).unwrap();
    }
    folder
}

/// Runs a line of the page in the folder.
pub fn run(folder: &Folder, line: &str) -> (i32, String, String) {
    let args = line.split(' ').skip(1).map(|arg| arg.trim_matches('\''));
    told(&Command::new(LOGIS).args(args).current_dir(folder.0.path()).output().unwrap())
}

/// A page with the files that it shows, each in the place of the line that names it.
fn included(page: &str) -> String {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let folder = root().join(page);
    let line = |line: &str| match line.strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}")) {
        Some(path) => fs::read_to_string(folder.parent().unwrap().join(path)).unwrap(),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Plays a page, and gives how many lines it shows. Commands end with 0, or with the number beside the language of their
/// block.
pub fn play(page: &str, folder: &Folder) -> usize {
    let page = included(page);
    let mut said = String::new();
    let mut shown = 0;
    for (language, text) in blocks(&page) {
        match language.split_once(' ').unwrap_or((language, "0")) {
            ("sh", expected) => {
                said.clear();
                for line in text.lines() {
                    let (code, out, err) = run(folder, line);
                    assert_eq!(code.to_string(), expected, "{line}\n{out}{err}");
                    said.push_str(&out);
                    said.push_str(&err);
                }
            }
            ("text", _) => {
                for line in text.lines() {
                    assert!(said.lines().any(|own| own == line), "{line}\n---\n{said}");
                    shown += 1;
                }
            }
            // The path stands in the first comment that has one.
            _ => {
                let path = text.lines().find_map(|line| {
                    let comment = line.strip_prefix("# ").or_else(|| line.strip_prefix("//! "));
                    comment.filter(|path| path.contains('/') || language == "csv")
                });
                let rows = text.lines().filter(|line| language != "csv" || !line.starts_with('#'));
                let rows: String = rows.map(|line| format!("{line}\n")).collect();
                // What is marked so stands at the end of a file that is there.
                let before =
                    if language.ends_with(" +") { folder.read(path.unwrap()) } else { String::new() };
                folder.write(path.unwrap(), &format!("{before}{rows}"));
            }
        }
    }
    shown
}
