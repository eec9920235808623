//! The lines by which the pages show the service are run as they stand, by a shell, with the command that this test was
//! built with in the place of the one that their first line installs.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use logis::value::parse_date;
use logis::{Decider, Pack};
use serde_json::{Value, json};

use crate::support::{LOGIS, root};

const INSTALL: &str = "cargo install --path cli --features serve";
const PORT: &str = "8417";

/// The blocks of a page that start the service.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_string());
    blocks.filter(|block| block.contains("logis serve")).collect()
}

/// A folder with the command, and with a `cargo` that takes no other line than that which installs it.
fn programs(folder: &Path) {
    symlink(LOGIS, folder.join("logis")).unwrap();
    let rest = INSTALL.strip_prefix("cargo ").unwrap();
    let script = format!("#!/bin/sh\n[ \"$*\" = \"{rest}\" ] || {{ echo \"cargo $*\" >&2; exit 1; }}\n");
    fs::write(folder.join("cargo"), script).unwrap();
    fs::set_permissions(folder.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the lines print; the service that they leave behind is ended.
fn run(block: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    programs(folder.path());
    // Another may listen where the pages do.
    let free = TcpListener::bind(format!("127.0.0.1:{PORT}")).is_ok();
    let lines = match free {
        true => block.to_string(),
        false => {
            let other = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
            block
                .replace("logis serve", &format!("logis serve --listen 127.0.0.1:{PORT}"))
                .replace(PORT, &other)
        }
    };
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let ran = Command::new("sh")
        .args(["-e", "-c", &format!("trap 'kill $!' EXIT\n{lines}")])
        .current_dir(root())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{lines}\n{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// What they answer is what the library decides of the household that they send: by the ceilings of 2017 for one person
/// outside the Paris region, 20,123 euros.
#[test]
fn the_lines_of_the_pages_are_run_as_they_stand() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("no curl: the lines of the pages that ask the service are not run");
        return;
    }
    let pages = ["docs/src/fr/service.md", "README.md", "README.fr.md"];
    let blocks: Vec<(&str, String)> =
        pages.iter().flat_map(|page| blocks(page).into_iter().map(|block| (*page, block))).collect();
    assert!(blocks.iter().any(|(page, _)| *page == pages[0]));
    for (page, block) in blocks {
        assert!(block.starts_with(INSTALL), "{page}: {block}");
        let answer: Value =
            serde_json::from_str(&run(&block)).unwrap_or_else(|error| panic!("{page}: {error}"));
        // The body between the apostrophes, as the shell hands it over.
        let sent = block.split("-d '").nth(1).unwrap().split('\'').next().unwrap();
        let sent: Value = serde_json::from_str(sent).unwrap();
        let date = parse_date(sent["date"].as_str().unwrap()).unwrap();
        let rules: Vec<&str> =
            sent["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect();
        let decider = Decider::new(Pack::national().plan(date, &rules).unwrap());
        assert_eq!(answer, serde_json::to_value(decider.decide(&sent["record"]).unwrap()).unwrap(), "{page}");
        if page == pages[0] {
            assert_eq!(
                answer["outcomes"]["eligible_plus"]["value"],
                json!(false),
                "20,124 is above the ceiling"
            );
        }
    }
}
