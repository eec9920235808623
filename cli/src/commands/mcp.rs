//! `logis mcp`: the rules as tools for assistants, over the standard input and output. The tools are in the crate
//! `logis-serve`, which a build has for them by the feature `mcp`.

use anyhow::Result;

use crate::End;
use crate::args::RulesArgs;

/// `logis mcp`
#[derive(clap::Args)]
pub struct McpArgs {
    #[command(flatten)]
    rules: RulesArgs,
}

/// Says which build has the tools.
#[cfg(not(feature = "mcp"))]
pub fn run(_: &McpArgs) -> Result<End> {
    anyhow::bail!(
        "cette construction de logis n'a pas les outils pour assistants ; pour les avoir: cargo install --path cli --features mcp"
    )
}

/// Offers the tools until the standard input ends.
#[cfg(feature = "mcp")]
pub fn run(args: &McpArgs) -> Result<End> {
    let pack = crate::input::pack(&args.rules)?;
    // The embedded pack is of the version of the binary; a folder has none.
    let version = args.rules.rules.is_none().then(|| env!("CARGO_PKG_VERSION").to_string());
    logis_serve::assist(pack, version)?;
    Ok(End::Fine)
}
