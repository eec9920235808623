//! `logis doc`: the rule book as one page of HTML, by aid, by folder of the pack, by article of law, by field; with
//! `--as-of`, the book of one day.
//!
//! `page` says what stands on the page, with a module for each of its parts; `page.html` says how it looks.

mod aids;
mod chart;
mod index;
mod page;
mod rules;
mod tables;

use std::path::PathBuf;

use anyhow::Result;
use logis::value::Date;

use crate::args::{RulesArgs, date};
use crate::{End, input, output};

/// `logis doc`
#[derive(clap::Args)]
pub struct DocArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Jour du livre: les textes et les valeurs de ce jour, ce qui n'est pas en vigueur avec sa raison (sinon, tous)
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FICHIER")]
    output: Option<PathBuf>,
}

/// A page has one form: another ending of the file is told.
pub fn form(args: &DocArgs) -> Result<()> {
    output::form(None, args.output.as_deref(), &[("html", ()), ("htm", ())], ())
}

/// Writes the page.
pub fn run(args: &DocArgs) -> Result<End> {
    let pack = input::pack_with_cases(&args.rules)?;
    let page = page::Page::of(pack.parsed(), args.as_of);
    let mut engine = minijinja::Environment::new();
    engine.add_template("doc.html", include_str!("page.html"))?;
    let html =
        engine.get_template("doc.html")?.render(minijinja::Value::from(minijinja::value::Serde(&page)))?;
    output::bytes_to(html.as_bytes(), args.output.as_deref(), false)?;
    Ok(End::Fine)
}
