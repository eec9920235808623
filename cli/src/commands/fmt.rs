//! `logis fmt`: one layout for the files of a pack.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use logis::diagnostic::foreign;
use logis::{Pack, format};

use crate::{End, french, output};

/// `logis fmt`
#[derive(clap::Args)]
pub struct FmtArgs {
    /// Dossier du paquet de règles
    #[arg(long, value_name = "DOSSIER")]
    rules: Option<PathBuf>,
    /// N'écrit rien: dit ce qui n'est pas en forme, et sort avec le code 1
    #[arg(long)]
    check: bool,
    /// Fichiers .toml ou .rhai
    #[arg(value_name = "FICHIER")]
    files: Vec<PathBuf>,
}

/// Lays out files, or says which are not; nothing is written if a file does not parse.
pub fn run(args: &FmtArgs) -> Result<End> {
    let mut paths = args.files.clone();
    if let Some(folder) = &args.rules {
        if !folder.is_dir() {
            bail!("{}: ce dossier de règles n'existe pas", folder.display());
        }
        let laid_out = |name: &String| name.ends_with(".toml") || name.ends_with(".rhai");
        paths.extend(
            Pack::file_names(folder)?.iter().filter(|name| laid_out(name)).map(|name| folder.join(name)),
        );
    } else if paths.is_empty() {
        bail!("donner le dossier du paquet (--rules DOSSIER) ou des fichiers");
    }
    paths.sort();
    paths.dedup();
    let mut changed = Vec::new();
    let mut problems = Vec::new();
    for path in &paths {
        match laid_out(path) {
            Ok((before, after)) if before != after => changed.push((path, before, after)),
            Ok(_) => {}
            Err(error) => problems.push(french::chain(&error)),
        }
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    let mut text = String::new();
    for (path, before, after) in &changed {
        if args.check {
            let line = 1 + before.lines().zip(after.lines()).take_while(|(a, b)| a == b).count();
            text.push_str(&format!("{}:{line}: à mettre en forme\n", path.display()));
        } else {
            output::file(path, after.as_bytes())?;
            text.push_str(&format!("{}: mis en forme\n", path.display()));
        }
    }
    let left = paths.len() - changed.len();
    text.push_str(&format!(
        "{} fichier(s) en forme, {} {}\n",
        left,
        changed.len(),
        if args.check { "à mettre en forme" } else { "modifié(s)" }
    ));
    output::print(&text)?;
    Ok(if args.check && !changed.is_empty() { End::FellShort } else { End::Fine })
}

/// A file before and after.
fn laid_out(path: &Path) -> Result<(String, String)> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    let Ok(text) = String::from_utf8(bytes) else {
        bail!("{}: le fichier n'est pas en UTF-8", path.display())
    };
    if path.extension().is_some_and(|e| e == "rhai") {
        let after = format::script(&text);
        return Ok((text, after));
    }
    if path.extension().is_none_or(|e| e != "toml") {
        bail!("{}: ni .toml ni .rhai", path.display());
    }
    let read = |text: &str| text.parse::<toml::Table>();
    let before = read(&text).map_err(|error| {
        let at = error.span().map_or(0, |s| s.start).min(text.len());
        let line = text.get(..at).unwrap_or("").matches('\n').count() + 1;
        anyhow::anyhow!("{}:{line}: ce n'est pas du TOML: {}", path.display(), foreign::toml_words(&error))
    })?;
    let after = format::toml(&text);
    // Whatever the layout: the values are the same, or the file is let be.
    if read(&after).ok().as_ref() != Some(&before) {
        return Ok((text.clone(), text));
    }
    Ok((text, after))
}
