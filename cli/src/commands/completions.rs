//! `logis completions`: what a shell needs to complete the words of this command line.

use anyhow::Result;
use clap_complete::Shell;

use crate::{End, output};

/// `logis completions`
#[derive(clap::Args)]
pub struct CompletionsArgs {
    /// L'interpréteur
    #[arg(value_name = "INTERPRÉTEUR")]
    shell: Shell,
}

/// Writes the script of the shell for `command`, the whole of the command line.
pub fn run(args: &CompletionsArgs, command: &mut clap::Command) -> Result<End> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "logis", &mut script);
    output::bytes_to(&script, None, false)?;
    Ok(End::Fine)
}
