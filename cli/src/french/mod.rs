//! What libraries would say in English, said in French: help and errors of the command line, and the chain of an
//! error.
//!
//! The texts of our own commands and arguments stand beside them, as their documentation; here are the words that
//! clap would add.

mod errors;
mod help;

use std::io;

use logis::diagnostic::foreign;

pub use errors::message;
pub use help::in_french;

/// An error and what it comes from, in one line: what a library or the system says is said in French.
pub fn chain(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain() {
        let words = if let Some(error) = cause.downcast_ref::<io::Error>() {
            foreign::io(error)
        } else if let Some(error) = cause.downcast_ref::<serde_json::Error>() {
            foreign::json(error)
        } else if let Some(error) = cause.downcast_ref::<toml::de::Error>() {
            foreign::toml(error)
        } else if let Some(error) = cause.downcast_ref::<notify::Error>() {
            watching(error)
        } else {
            cause.to_string()
        };
        // Some errors repeat what they come from.
        if !said.last().is_some_and(|last| last.ends_with(&words)) {
            said.push(words);
        }
    }
    said.join(": ")
}

/// Why changes of files cannot be followed.
fn watching(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::Io(error) => foreign::io(error),
        notify::ErrorKind::PathNotFound => "introuvable".to_string(),
        notify::ErrorKind::MaxFilesWatch => "le système ne suit pas autant de fichiers".to_string(),
        _ => "le système ne le permet pas".to_string(),
    }
}

/// What is said where the program itself is wrong: the place, for whoever reports it. With `RUST_BACKTRACE` set, all
/// that Rust says of it.
pub fn panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|asked| asked != "0") {
            return usual(panic);
        }
        let place = panic.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
        eprintln!("panne interne de logis{place}: signaler la commande et ce qu'elle a lu");
    }));
}
