//! `logis serve`: the rules over HTTP, for programs and for households. The service is the crate `logis-serve`, which a
//! build has by the feature `serve`: what it needs besides is compiled for those alone who ask for it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;

use crate::End;
use crate::args::{RulesArgs, positive};

/// `logis serve`
#[derive(clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Adresse et port où écouter ; port 0: un port libre
    #[arg(long, value_name = "ADRESSE:PORT", default_value = "127.0.0.1:8417", value_parser = address)]
    listen: SocketAddr,
    /// Fichier du jeton que les programmes doivent montrer ; sans lui, seule cette machine est écoutée
    #[arg(long, value_name = "FICHIER")]
    token_file: Option<PathBuf>,
    /// Où garder les reçus que les programmes demandent: un fichier (SQLite), ou postgres://… ; sans lui, aucun n'est gardé
    #[arg(long, value_name = "FICHIER|ADRESSE")]
    receipts: Option<String>,
    /// Paquet de données (dossier ou fichier) dont la vue du conseiller montre les demandes et les logements
    #[arg(long, value_name = "DOSSIER")]
    data: Option<PathBuf>,
    /// Octets qu'une requête peut avoir
    #[arg(long, value_name = "N", value_parser = positive, default_value = "1048576")]
    max_body: usize,
    /// Secondes qu'une réponse peut prendre
    #[arg(long, value_name = "N", value_parser = positive, default_value = "30")]
    max_seconds: usize,
    /// Requêtes calculées à la fois (sinon, autant que de processeurs)
    #[arg(long, value_name = "N", value_parser = positive)]
    max_computing: Option<usize>,
    /// N'écrit pas une ligne par requête sur la sortie d'erreur
    #[arg(long)]
    quiet: bool,
}

/// An address of the command line.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "attendu: une adresse et un port, ex. 127.0.0.1:8417".to_string())
}

/// Says which build has the service.
#[cfg(not(feature = "serve"))]
pub fn run(_: &ServeArgs) -> Result<End> {
    anyhow::bail!(
        "cette construction de logis n'a pas le service ; pour l'avoir: cargo install --path cli --features serve"
    )
}

/// Answers until it is interrupted.
#[cfg(feature = "serve")]
pub fn run(args: &ServeArgs) -> Result<End> {
    use std::sync::Arc;
    use std::time::Duration;

    use anyhow::Context;
    use logis_serve::{Options, ReceiptsPlace, Server};

    let pack = crate::input::pack(&args.rules)?;
    let mut options = Options::default();
    options.address = args.listen;
    if let Some(path) = &args.token_file {
        let token = std::fs::read_to_string(path);
        let token = token.with_context(|| format!("{}: lecture impossible", path.display()))?;
        options.token = Some(token.trim().to_string());
    }
    options.receipts = args.receipts.as_deref().map(ReceiptsPlace::of);
    options.data = args.data.as_deref().map(crate::input::files).transpose()?;
    // The embedded pack is of the version of the binary; a folder has none.
    options.version = args.rules.rules.is_none().then(|| env!("CARGO_PKG_VERSION").to_string());
    options.limits.body = args.max_body;
    options.limits.time = Duration::from_secs(args.max_seconds as u64);
    if let Some(computing) = args.max_computing {
        options.limits.computing = computing;
    }
    if !args.quiet {
        options.log = Some(Arc::new(|line: &str| eprintln!("{line}")));
    }
    let server = Server::bind(pack, options)?;
    eprintln!("Logis écoute: http://{} (Ctrl-C pour finir)", server.address());
    server.run()?;
    Ok(End::Fine)
}
