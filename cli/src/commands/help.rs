//! `logis help`: the help of the whole, or of a command.

use anyhow::Result;

use crate::{End, output};

/// `logis help`
#[derive(clap::Args)]
pub struct HelpArgs {
    /// La commande dont on veut l'aide
    #[arg(value_name = "COMMANDE")]
    command: Option<String>,
}

/// Prints the help that `logis COMMAND --help` prints.
pub fn run(args: &HelpArgs, command: clap::Command) -> Result<End> {
    let words = ["logis"].into_iter().chain(args.command.as_deref()).chain(["--help"]);
    if let Err(help) = command.try_get_matches_from(words) {
        help.print().map_err(output::stdout_unwritable)?;
    }
    Ok(End::Fine)
}
