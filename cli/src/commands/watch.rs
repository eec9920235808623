//! `logis watch`: checks and tests a pack again whenever one of its files is saved.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use logis::diagnostic::{Severity, render};
use logis::testing;
use notify::{EventKind, RecursiveMode, Watcher};

use crate::args::RulesArgs;
use crate::asked::{self, Asked};
use crate::{End, commands, french, input, output};

/// `logis watch`
#[derive(clap::Args)]
pub struct WatchArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Vérifie et teste une seule fois
    #[arg(long)]
    once: bool,
    /// Dossier du paquet de règles (sinon celui où l'on est), ou texte comme ci-après
    #[arg(value_name = "DOSSIER|TEXTE")]
    filter: Option<String>,
    /// Ne garde que les cas dont le nom ou le fichier contient ce texte
    #[arg(value_name = "TEXTE")]
    more: Option<String>,
}

/// How long no file must change before the pack is read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// Runs until it is interrupted; `--once` runs one time, with the exit code of what it found.
pub fn run(args: &WatchArgs) -> Result<End> {
    let asked = asked::asked(&args.rules, &[args.filter.as_ref(), args.more.as_ref()])?;
    let Some(folder) = asked.rules.rules.as_deref() else {
        bail!("donner le dossier du paquet à suivre: --rules DOSSIER")
    };
    if !folder.is_dir() {
        bail!("{}: ce dossier de règles n'existe pas", folder.display());
    }
    if args.once {
        return Ok(if pass(&asked)? { End::Fine } else { End::FellShort });
    }
    output::end_quietly_on_interrupt();
    let (sender, changes) = channel();
    let unwatched = || format!("{}: les fichiers ne peuvent être suivis", folder.display());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // What is read, by this command too, is no change.
        if event
            .is_ok_and(|e| !matches!(e.kind, EventKind::Access(_)) && e.paths.iter().any(|p| is_of_pack(p)))
        {
            let _ = sender.send(());
        }
    })
    .with_context(unwatched)?;
    watcher.watch(folder, RecursiveMode::Recursive).with_context(unwatched)?;
    loop {
        if std::io::stdout().is_terminal() {
            output::bytes_to(b"\x1b[2J\x1b[H", None, false)?;
        }
        if let Err(error) = pass(&asked) {
            if output::is_broken_pipe(&error) {
                return Err(error);
            }
            output::print(&format!("{}\n", french::chain(&error)))?;
        }
        if !wait(&changes) {
            return Ok(End::Fine);
        }
    }
}

/// Does a change of this file change the pack? Editors keep files of their own beside.
fn is_of_pack(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    !hidden && path.extension().is_some_and(|e| ["toml", "rhai", "csv"].iter().any(|end| e == *end))
}

/// Waits for a change and then for quiet; false if nobody watches any more.
fn wait(changes: &Receiver<()>) -> bool {
    if changes.recv().is_err() {
        return false;
    }
    loop {
        match changes.recv_timeout(QUIET) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Checks and tests once: what is wrong, then one line. Is all well?
fn pass(asked: &Asked) -> Result<bool> {
    let start = Instant::now();
    let pack = match input::quiet_pack(&asked.rules) {
        Ok(pack) => pack,
        Err(error) => {
            output::print(&format!("{}\n", french::chain(&error).trim_end()))?;
            output::print("le paquet ne se charge pas\n")?;
            return Ok(false);
        }
    };
    let references = input::references(&pack)?;
    let found = commands::check::findings(&pack, &references);
    // Notes are for `logis check`: here they would hide what has just changed.
    let shown: Vec<_> = found.iter().filter(|d| d.severity > Severity::Note).cloned().collect();
    output::print(&render(&shown, &pack.parsed().sources))?;
    // What is wrong with the cases themselves is among what was found.
    let Ok(results) = testing::run(&pack, &references, &asked.filter) else {
        output::print("les cas ne peuvent être exécutés\n")?;
        return Ok(false);
    };
    let failed: Vec<_> = results.iter().filter(|r| !r.failures.is_empty()).collect();
    for result in &failed {
        let mut text = format!("ÉCHEC {} : {}\n", result.place, result.name);
        for f in &result.failures {
            text.push_str(&format!("   {} : attendu {}, trouvé {}\n", f.rule, f.expected, f.found));
        }
        output::print(&text)?;
    }
    let seconds = start.elapsed().as_millis();
    output::print(&format!(
        "{}: {} ; {} cas réussis, {} en échec ({seconds} ms)\n",
        pack.parsed().manifest.name,
        commands::check::counts(&shown),
        results.len() - failed.len(),
        failed.len()
    ))?;
    let errors = found.iter().any(|d| d.severity == Severity::Error);
    Ok(failed.is_empty() && !errors)
}
