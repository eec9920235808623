//! A pack as it was: a folder of a git revision, read without touching the work tree.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use logis::Pack;

/// The pack in a folder, or in `REVISION:FOLDER` of the git repository around the current folder.
pub fn pack(place: &str) -> Result<Pack> {
    if Path::new(place).is_dir() {
        return Ok(Pack::load(place)?);
    }
    match place.split_once(':') {
        Some((revision, _)) if !revision.is_empty() && !revision.starts_with('-') => {
            Ok(Pack::from_files(place, files(place)?)?)
        }
        _ => bail!(
            "{place}: ni un dossier de règles, ni un dossier d'une révision git (RÉVISION:DOSSIER, par exemple main~3:rules)"
        ),
    }
}

/// The files below `REVISION:FOLDER`, hidden ones left out.
fn files(place: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let list = Command::new("git")
        .args(["ls-tree", "-r", "-z", "--full-tree", place])
        .output()
        .context("git: le programme ne se lance pas; il lit les révisions")?;
    if !list.status.success() {
        bail!("{place}: {}", not_found(place));
    }
    let mut wanted: Vec<(String, String)> = Vec::new();
    for entry in String::from_utf8_lossy(&list.stdout).split('\0').filter(|entry| !entry.is_empty()) {
        // `100644 blob 0123…<tab>path`
        let Some((about, path)) = entry.split_once('\t') else { continue };
        let mut about = about.split(' ');
        let (mode, kind, id) = (about.next(), about.next(), about.next());
        let hidden = path.split('/').any(|part| part.starts_with('.'));
        if let (Some("blob"), Some(id), false) = (kind, id, hidden || mode == Some("120000")) {
            wanted.push((path.to_string(), id.to_string()));
        }
    }
    if wanted.is_empty() {
        bail!("{place}: ce dossier est vide");
    }
    contents(place, &wanted)
}

/// Why git lists no folder: its own words are in the language of the system.
fn not_found(place: &str) -> String {
    let knows = |words: &[&str]| {
        let asked = Command::new("git").arg("rev-parse").args(words).output();
        asked.is_ok_and(|answer| answer.status.success())
    };
    let (revision, folder) = place.split_once(':').unwrap_or((place, ""));
    if !knows(&["--git-dir"]) {
        return "ce dossier-ci n'est pas d'un dépôt git".to_string();
    }
    if !knows(&["--verify", "--quiet", &format!("{revision}^{{commit}}")]) {
        return format!("git ne trouve pas la révision « {revision} »");
    }
    format!("git ne trouve pas le dossier « {folder} » dans la révision « {revision} »")
}

/// The contents of blobs, by one `git cat-file`.
fn contents(place: &str, wanted: &[(String, String)]) -> Result<Vec<(String, Vec<u8>)>> {
    let unreadable = || format!("{place}: git ne lit pas les fichiers de la révision");
    let mut child = Command::new("git")
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(unreadable)?;
    let (Some(mut asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        bail!(unreadable());
    };
    let ids: String = wanted.iter().map(|(_, id)| format!("{id}\n")).collect();
    // Asked beside reading: neither waits for the other for ever.
    let asking = std::thread::spawn(move || asks.write_all(ids.as_bytes()));
    let mut answers = BufReader::new(answers);
    let mut files = Vec::new();
    for (path, _) in wanted {
        // `0123… blob 42`, the content, a line's end.
        let mut about = String::new();
        answers.read_line(&mut about).with_context(unreadable)?;
        let size = about.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
        let Some(size) = size.filter(|_| about.contains(" blob ")) else {
            bail!("{}: {path} n'y est pas", unreadable());
        };
        let mut bytes: Vec<u8> = vec![0; size];
        answers.read_exact(&mut bytes).with_context(unreadable)?;
        answers.read_exact(&mut [0]).with_context(unreadable)?;
        files.push((path.clone(), bytes));
    }
    drop(answers);
    drop(asking.join());
    child.wait().with_context(unreadable)?;
    Ok(files)
}
