//! `docs/src/fr/territoire.md`, played: its files are written, its commands run, and what it shows is what they say.

use std::fs;
use std::process::Command;

use crate::support::{Folder, LOGIS, files, root, told};

/// The blocks of the page: language and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

/// A copy of the rules, as `mes_regles`.
fn copied() -> Folder {
    let mut all = Vec::new();
    files(&root().join("rules"), "mes_regles/", &mut all);
    let folder = Folder(tempfile::tempdir().unwrap());
    for (path, bytes) in all {
        fs::create_dir_all(folder.path(&path).parent().unwrap()).unwrap();
        fs::write(folder.path(&path), bytes).unwrap();
    }
    folder
}

fn run(folder: &Folder, line: &str) -> (i32, String, String) {
    let args = line.split(' ').skip(1).map(|arg| arg.trim_matches('\''));
    told(&Command::new(LOGIS).args(args).current_dir(folder.0.path()).output().unwrap())
}

#[test]
fn the_guide_to_a_territory_is_what_the_commands_say() {
    let page = fs::read_to_string(root().join("docs/src/fr/territoire.md")).unwrap();
    let folder = copied();
    let mut said = String::new();
    let mut shown = 0;
    for (language, text) in blocks(&page) {
        match language {
            "sh" => {
                said.clear();
                for line in text.lines() {
                    let (code, out, err) = run(&folder, line);
                    assert_eq!(code, 0, "{line}\n{out}{err}");
                    said.push_str(&out);
                    said.push_str(&err);
                }
            }
            "text" => {
                for line in text.lines() {
                    assert!(said.lines().any(|own| own == line), "{line}\n---\n{said}");
                    shown += 1;
                }
            }
            // The path stands in the first comment that has one.
            _ => {
                let path = text.lines().find_map(|line| {
                    line.strip_prefix("# ").or_else(|| line.strip_prefix("//! ")).filter(|p| p.contains('/'))
                });
                let rows = text.lines().filter(|line| language != "csv" || !line.starts_with('#'));
                let rows: String = rows.map(|line| format!("{line}\n")).collect();
                folder.write(path.unwrap(), &rows);
            }
        }
    }
    assert!(shown >= 8, "{shown}");
}

/// A folder that is there is not touched, and what cannot be a territory is refused before anything is written.
#[test]
fn a_territory_is_drafted_once_and_where_it_can_be() {
    let folder = copied();
    for (line, why) in [
        ("logis new territory dijon --rules mes_regles", "existe déjà"),
        ("logis new territory Mende --rules mes_regles", "ne peut être le nom d'un territoire"),
        (
            "logis new territory mende --rules mes_regles --at region=x",
            "attendu une colonne parmi departement, epci, commune",
        ),
        ("logis eval --rules mes_regles --data x --territory dijjon", "vouliez-vous dire `dijon` ?"),
    ] {
        let (code, _, err) = run(&folder, line);
        assert!(code == 2 && err.contains(why), "{line}: {code} {err}");
    }
    assert!(!folder.path("mes_regles/territoires/mende").exists());
    // A draft without a place says what it wants.
    assert_eq!(run(&folder, "logis new territory mende --rules mes_regles").0, 0);
    let (code, out, err) = run(&folder, "logis check --rules mes_regles");
    assert!(
        code != 0 && format!("{out}{err}").contains("le territoire `mende` ne dit pas où il est"),
        "{out}{err}"
    );
}
