//! `logis`: the command line of Logis.
//!
//! Each command is a module of [`commands`], where its arguments stand beside its `run`; this file only
//! finds the one that is asked. Exit codes: 0 fine; 1 a check, a test or a regression fell short, or rows
//! were left out; 2 bad usage or bad input.

// Nothing but `output` writes to the standard streams: the macros of the library panic where one is closed
// or full, and pass on what acts on a terminal.
#![warn(clippy::print_stdout, clippy::print_stderr)]

/// Says a line on the standard error; nobody hearing it is no error.
macro_rules! eprintln {
    ($($part:tt)*) => { $crate::output::say(&(format!($($part)*) + "\n")) };
}

/// Says something on the standard error; nobody hearing it is no error.
macro_rules! eprint {
    ($($part:tt)*) => { $crate::output::say(&format!($($part)*)) };
}

mod args;
mod asked;
mod commands;
mod embedded;
mod french;
mod grid;
mod input;
mod output;
mod package;
mod page;
mod paths;
mod presented;
mod revision;
mod text;
mod told;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// Règles d'Action Logement: qui a droit à quoi, pourquoi, et quel logement pour qui.
#[derive(Parser)]
#[command(name = "logis", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Décide, explique et apparie les demandes de Grand Dijon (données embarquées)
    Demo,
    /// Décide des règles pour chaque ligne d'un paquet de données
    Eval(commands::eval::EvalArgs),
    /// Décide à nouveau ce que des reçus gardent, et signale toute dérive
    Replay(commands::replay::ReplayArgs),
    /// Explique les décisions d'une ligne: chaque comparaison, chaque seuil et sa source
    Explain(commands::explain::ExplainArgs),
    /// Liste les candidatures recevables: quelle demande peut recevoir quel logement
    Candidates(commands::pairs::CandidatesArgs),
    /// Attribue les logements aux demandes, au mieux niveau par niveau, et le prouve
    Match(commands::matching::MatchArgs),
    /// Vérifie qu'un résultat de `logis match` tient sur des données: chaque attribution, chaque niveau, la preuve
    Verify(commands::matching::VerifyArgs),
    /// Dresse la liste des candidats de chaque logement pour la commission d'attribution
    Commission(commands::commission::CommissionArgs),
    /// Tient le registre des propositions, des réponses et des baux
    #[command(alias = "registre")]
    Ledger(commands::ledger::LedgerCommand),
    /// Trouve la marge qu'il faut à chaque quota sur le papier pour qu'il tienne sur les baux
    #[command(alias = "marge")]
    Margin(commands::margin::MarginArgs),
    /// Dit à une demande ses points, sa position parmi les semblables et l'attente à prévoir, par des années tirées
    Position(commands::position::PositionArgs),
    /// Dit ce que coûte à l'année d'attribuer aujourd'hui les logements libres, par des années tirées
    #[command(alias = "attendre")]
    Defer(commands::defer::DeferArgs),
    /// Dit qui attend, et qui attend à cause d'un quota
    Fairness(commands::fairness::FairnessArgs),
    /// Vérifie un paquet de règles et signale tout ce qui ne va pas
    Check(commands::check::CheckArgs),
    /// Exécute les cas du paquet de règles
    Test(commands::test::TestArgs),
    /// Dit ce que les cas atteignent: règles, branches, conditions qui décident seules
    Coverage(commands::coverage::CoverageArgs),
    /// Change les règles et les paramètres un à un, et liste les changements qu'aucun cas ne voit
    Mutate(commands::mutate::MutateArgs),
    /// Écrit des lignes de données au seuil de chaque comparaison, juste avant et juste après
    Boundaries(commands::boundaries::BoundariesArgs),
    /// Vérifie et teste à nouveau à chaque enregistrement d'un fichier du paquet
    Watch(commands::watch::WatchArgs),
    /// Ébauche un territoire dans un paquet de règles, ou y ajoute les quartiers prioritaires d'une liste publiée
    New(commands::new::NewArgs),
    /// Met en forme les tables, les cas et les scripts d'un paquet
    Fmt(commands::fmt::FmtArgs),
    /// Compare deux versions des règles: qui gagne, qui perd, et d'où cela vient
    Diff(commands::diff::DiffArgs),
    /// Calcule un scénario et ses variantes, et écrit un rapport (HTML, XLSX, JSON, CSV)
    Simulate(commands::simulate::SimulateArgs),
    /// Dresse le bilan annuel de la convention d'un territoire (ou `logis bilan`): objectifs, réalisations, écarts
    #[command(alias = "bilan")]
    Review(commands::review::ReviewArgs),
    /// Écrit les tables à échanger d'une convention, avec leur dictionnaire
    Export(commands::export::ExportArgs),
    /// Répond par HTTP: décisions et explications pour des programmes, une page pour un ménage
    Serve(commands::serve::ServeArgs),
    /// Donne à un assistant des outils qui décident et expliquent (MCP, par l'entrée et la sortie standard)
    Mcp(commands::mcp::McpArgs),
    /// Écrit le livre des règles: une page HTML, par sujet, par article de loi, par champ
    Doc(commands::doc::DocArgs),
    /// Dessine le graphe des règles
    Graph(commands::graph::GraphArgs),
    /// Donne le schéma des données attendues, et des modèles vides
    Schema(commands::schema::SchemaArgs),
    /// Tire une population synthétique
    Generate(commands::generate::GenerateArgs),
    /// Écrit le complètement automatique pour un interpréteur de commandes
    Completions(commands::completions::CompletionsArgs),
    /// Affiche cette aide, ou celle d'une commande
    Help(commands::help::HelpArgs),
}

/// What a command ends with.
pub enum End {
    /// All is fine.
    Fine,
    /// A check, a test or a regression fell short: exit code 1.
    FellShort,
    /// Bad input, already said: exit code 2.
    Bad,
}

fn main() -> ExitCode {
    french::panics();
    match read_line().and_then(|line| line.map_or(Ok(End::Bad), run)) {
        Ok(End::Fine) if input::left_rows_out() => ExitCode::from(1),
        Ok(End::Fine) => ExitCode::SUCCESS,
        Ok(End::FellShort) => ExitCode::from(1),
        Ok(End::Bad) => ExitCode::from(2),
        // Whoever reads our output stopped reading: nothing is wrong.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", french::chain(&error).trim_end());
            ExitCode::from(2)
        }
    }
}

/// The command line, with what it writes looked at; `None` if it is wrong, which is then said. Help is an
/// output like any other: where it cannot be written, that is an error.
fn read_line() -> anyhow::Result<Option<Command>> {
    let mut line = french::in_french(Cli::command());
    let read = line.try_get_matches_from_mut(std::env::args_os()).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((matches, cli))
    });
    let (matches, cli) = match read {
        Ok(read) => read,
        Err(error) if error.use_stderr() => {
            match french::message(&error, &line) {
                Some(text) => eprintln!("{text}"),
                // The help, for a command line without a command.
                None => drop(error.print()),
            }
            return Ok(None);
        }
        Err(help) => {
            help.print().map_err(output::stdout_unwritable)?;
            std::process::exit(0);
        }
    };
    if let Some((name, matches)) = matches.subcommand() {
        check_ending(&cli.command)?;
        paths::check(name, matches)?;
        if let ("ledger", Some((inner, matches))) = (name, matches.subcommand()) {
            paths::check(&format!("{name} {inner}"), matches)?;
        }
    }
    Ok(Some(cli.command))
}

/// Does the name of the output say a form? Asked before anything is computed.
fn check_ending(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Eval(args) => output::format(&args.output).map(drop),
        Command::Candidates(args) => output::format(&args.output).map(drop),
        Command::Match(args) => output::format(&args.output).map(drop),
        Command::Commission(args) => output::format(&args.output).map(drop),
        Command::Ledger(args) => commands::ledger::form(args),
        Command::Diff(args) => commands::diff::form(args).map(drop),
        Command::Review(args) => commands::review::form(args).map(drop),
        Command::Graph(args) => commands::graph::form(args).map(drop),
        Command::Schema(args) => commands::schema::form(args).map(drop),
        Command::Doc(args) => commands::doc::form(args),
        _ => Ok(()),
    }
}

fn run(command: Command) -> anyhow::Result<End> {
    // A service writes no files, and ends its answers before it ends.
    if !matches!(command, Command::Serve(_)) {
        output::clean_on_interrupt();
    }
    match command {
        Command::Demo => commands::demo::run(),
        Command::Eval(args) => commands::eval::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Candidates(args) => commands::pairs::candidates(&args),
        Command::Match(args) => commands::matching::run(&args),
        Command::Verify(args) => commands::matching::check(&args),
        Command::Commission(args) => commands::commission::run(&args),
        Command::Ledger(args) => commands::ledger::run(&args),
        Command::Margin(args) => commands::margin::run(&args),
        Command::Defer(args) => commands::defer::run(&args),
        Command::Position(args) => commands::position::run(&args),
        Command::Fairness(args) => commands::fairness::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Coverage(args) => commands::coverage::run(&args),
        Command::Mutate(args) => commands::mutate::run(&args),
        Command::Boundaries(args) => commands::boundaries::run(&args),
        Command::Watch(args) => commands::watch::run(&args),
        Command::New(args) => commands::new::run(&args),
        Command::Fmt(args) => commands::fmt::run(&args),
        Command::Diff(args) => commands::diff::run(&args),
        Command::Simulate(args) => commands::simulate::run(&args),
        Command::Review(args) => commands::review::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::Serve(args) => commands::serve::run(&args),
        Command::Mcp(args) => commands::mcp::run(&args),
        Command::Doc(args) => commands::doc::run(&args),
        Command::Graph(args) => commands::graph::run(&args),
        Command::Schema(args) => commands::schema::run(&args),
        Command::Generate(args) => commands::generate::run(&args),
        Command::Help(args) => commands::help::run(&args, french::in_french(Cli::command())),
        Command::Completions(args) => {
            commands::completions::run(&args, &mut french::in_french(Cli::command()))
        }
    }
}
