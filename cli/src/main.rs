//! `logis`: the command line of Logis.
//!
//! Each command is a module of [`commands`]; this file only says what they are called with. Exit
//! codes: 0 fine; 1 a check, a test or a regression fell short, or rows were left out; 2 bad usage or bad
//! input.

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

mod asked;
mod commands;
mod embedded;
mod input;
mod output;
mod package;
mod paths;
mod revision;
mod text;
mod told;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use logis_engine::value::{Date, parse_date};

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
    Eval(EvalArgs),
    /// Décide à nouveau ce que des reçus gardent, et signale toute dérive
    Replay(ReplayArgs),
    /// Explique les décisions d'une ligne: chaque comparaison, chaque seuil et sa source
    Explain(ExplainArgs),
    /// Liste les candidatures recevables: quelle demande peut recevoir quel logement
    Candidates(CandidatesArgs),
    /// Attribue les logements aux demandes, au mieux niveau par niveau, et le prouve
    Match(MatchArgs),
    /// Vérifie qu'un résultat de `logis match` tient sur des données: chaque attribution, chaque niveau, la preuve
    Verify(VerifyArgs),
    /// Dresse la liste des candidats de chaque logement pour la commission d'attribution
    Commission(CommissionArgs),
    /// Dit qui attend, et qui attend à cause d'un quota
    Fairness(FairnessArgs),
    /// Vérifie un paquet de règles et signale tout ce qui ne va pas
    Check(CheckArgs),
    /// Exécute les cas du paquet de règles
    Test(TestArgs),
    /// Dit ce que les cas atteignent: règles, branches, conditions qui décident seules
    Coverage(CoverageArgs),
    /// Change les règles et les paramètres un à un, et liste les changements qu'aucun cas ne voit
    Mutate(MutateArgs),
    /// Écrit des lignes de données au seuil de chaque comparaison, juste avant et juste après
    Boundaries(BoundariesArgs),
    /// Vérifie et teste à nouveau à chaque enregistrement d'un fichier du paquet
    Watch(WatchArgs),
    /// Met en forme les tables, les cas et les scripts d'un paquet
    Fmt(FmtArgs),
    /// Compare deux versions des règles: qui gagne, qui perd, et d'où cela vient
    Diff(DiffArgs),
    /// Calcule un scénario et ses variantes, et écrit un rapport (HTML, XLSX, JSON, CSV)
    Simulate(SimulateArgs),
    /// Écrit le livre des règles: une page HTML, par sujet, par article de loi, par champ
    Doc(DocArgs),
    /// Dessine le graphe des règles
    Graph(GraphArgs),
    /// Donne le schéma des données attendues, et des modèles vides
    Schema(SchemaArgs),
    /// Tire une population synthétique
    Generate(GenerateArgs),
    /// Écrit le complètement automatique pour un interpréteur de commandes
    Completions {
        /// L'interpréteur
        shell: clap_complete::Shell,
    },
}

/// Which rules.
#[derive(Clone, clap::Args)]
pub struct RulesArgs {
    /// Dossier du paquet de règles (sinon, celui qui est embarqué)
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// Which data.
#[derive(clap::Args)]
pub struct DataArgs {
    /// Paquet de données: dossier de CSV, Parquet ou JSON, un classeur (XLSX, ODS…), un fichier JSON, ou `-`
    /// pour l'entrée standard
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Correspondance des fichiers d'autrui au schéma: voir `logis schema --mapping`
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Date à laquelle tout est décidé (sinon celle du paquet de données, sinon aujourd'hui)
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// How strictly data are read.
#[derive(clap::Args, Default)]
pub struct ReadingArgs {
    /// Écarte les lignes fautives et continue avec les autres; finit alors avec le code 1
    #[arg(long)]
    keep_going: bool,
    /// Refuse les données auxquelles manque une colonne (sinon, elle est inconnue)
    #[arg(long)]
    strict: bool,
    /// Écrit dans ce fichier CSV chaque faute des données: fichier, ligne, colonne, valeur, raison
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// How results are written.
#[derive(clap::Args)]
pub struct OutputArgs {
    /// Forme du résultat (sinon d'après le nom du fichier, sinon un tableau)
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Forms of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tableau pour le terminal
    Table,
    /// CSV, UTF-8, virgules
    Csv,
    /// Tableau JSON d'objets
    Json,
    /// Un objet JSON par ligne
    Ndjson,
    /// Apache Parquet
    Parquet,
    /// Classeur Excel
    Xlsx,
}

/// `logis eval`
#[derive(clap::Args)]
pub struct EvalArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Règles ou groupes de règles à décider, séparés par des virgules (sinon les résultats du paquet)
    #[arg(long, value_name = "RULE,RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Champ qui donne à chaque ligne sa propre date de décision
    #[arg(long, value_name = "CHAMP", conflicts_with = "as_of")]
    as_of_field: Option<String>,
    /// Moteur: le plan, ou l'interpréteur de Rhai pour le contrôler
    #[arg(long, value_enum, default_value = "plan")]
    engine: Engine,
    /// Garde un reçu de chaque décision dans ce fichier (JSON Lines): voir `logis replay`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// `logis replay`
#[derive(clap::Args)]
pub struct ReplayArgs {
    /// Reçus écrits par `logis eval --record`
    file: PathBuf,
    #[command(flatten)]
    rules: RulesArgs,
    /// Écrit dans ce fichier les reçus tels que décidés à présent
    #[arg(long, value_name = "FILE")]
    rewrite: Option<PathBuf>,
    /// Accepte les reçus sans sceau, tels que les versions antérieures les écrivaient
    #[arg(long)]
    unsealed: bool,
    /// Forme du rapport
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

/// Which engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Le plan: rapide, données manquantes suivies
    Plan,
    /// L'interpréteur de Rhai: l'oracle
    Reference,
}

/// `logis explain`
#[derive(clap::Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Identifiant de la ligne; pour une candidature, DEMANDE:LOGEMENT
    #[arg(long)]
    id: String,
    /// Règle à expliquer, ou plusieurs séparées par des virgules
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    rule: Vec<String>,
    /// Explique plutôt ce que ce résultat de `logis match --format json` fait d'une demande ou d'un logement
    #[arg(long = "match", value_name = "FILE", conflicts_with = "rule")]
    result: Option<PathBuf>,
    /// Forme de l'explication
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
    #[command(flatten, next_help_heading = "Avec --match: le problème, à poser comme à `logis match`")]
    problem: ProblemArgs,
}

/// Forms of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// Texte
    Text,
    /// JSON
    Json,
}

/// `logis candidates`
#[derive(clap::Args)]
pub struct CandidatesArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Règles de la candidature, de la demande ou du logement à écrire en plus, séparées par des virgules
    #[arg(long, value_name = "RULE,RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Ne garde que N logements par demande, les plus adaptés; ce qui suit ne vaut plus qu'entre eux
    #[arg(long, value_name = "N", value_parser = positive)]
    max_candidates: Option<usize>,
}

/// What poses the problem of a matching, besides the rules, the data and the date.
#[derive(clap::Args)]
pub struct ProblemArgs {
    /// Règles de la candidature, de la demande ou du logement en colonnes de plus, séparées par des virgules
    #[arg(long, value_name = "RULE,RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Ne garde que N logements par demande, les plus adaptés; la preuve ne vaut plus qu'entre eux
    #[arg(long, value_name = "N", value_parser = positive)]
    max_candidates: Option<usize>,
    /// Sans les quotas du paquet de règles
    #[arg(long, conflicts_with = "hard")]
    no_quotas: bool,
    /// Quotas à tenir absolument, séparés par des virgules, ou `all`: s'ils ne peuvent l'être, dit ce qui manque
    #[arg(long, value_name = "QUOTA,QUOTA", value_delimiter = ',')]
    hard: Vec<String>,
}

/// `logis match`
#[derive(clap::Args)]
pub struct MatchArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    problem: ProblemArgs,
    /// Résultat précédent (`logis match --format json`): repart de lui, et ne déplace que qui doit l'être
    #[arg(long, value_name = "FILE")]
    near: Option<PathBuf>,
}

/// `logis verify`
#[derive(clap::Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Le résultat à vérifier, écrit par `logis match --format json`
    #[arg(long = "match", value_name = "FILE")]
    result: PathBuf,
    #[command(flatten, next_help_heading = "Le problème, à poser comme à `logis match`")]
    problem: ProblemArgs,
}

/// `logis commission`
#[derive(clap::Args)]
pub struct CommissionArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Candidats par logement (sinon ce que dit la règle `presented` du paquet, sinon 3)
    #[arg(long, value_name = "N", value_parser = positive)]
    candidates: Option<usize>,
    /// Refus à prendre en compte: CSV dont les colonnes sont les identifiants des deux côtés
    #[arg(long, value_name = "FILE")]
    refusals: Option<PathBuf>,
}

/// `logis fairness`
#[derive(clap::Args)]
pub struct FairnessArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Règles, champs ou groupes de la demande par lesquels compter (sinon le groupe `equite` du paquet)
    #[arg(long, value_name = "RULE,RULE", value_delimiter = ',')]
    by: Vec<String>,
    /// Forme du rapport
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "attendu: un entier d'au moins 1".to_string())
}

/// `logis check`
#[derive(clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué)
    folder: Option<PathBuf>,
    /// Forme des constats
    #[arg(long, value_enum, default_value = "text")]
    format: CheckFormat,
    /// Niveau à partir duquel le code de sortie est 1
    #[arg(long, value_enum, default_value = "error")]
    fail_on: CheckLevel,
    /// Explique un code (sans code: les liste tous)
    #[arg(long, value_name = "CODE", num_args = 0..=1)]
    explain: Option<Option<String>>,
}

/// Forms of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Texte, avec les lignes en cause
    Text,
    /// Tableau JSON d'objets
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations des exécutions de GitHub
    Github,
}

/// Levels of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckLevel {
    /// Remarque
    Note,
    /// Avertissement
    Warning,
    /// Erreur
    Error,
}

/// `logis watch`
#[derive(clap::Args)]
pub struct WatchArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Vérifie et teste une seule fois
    #[arg(long)]
    once: bool,
    /// Dossier du paquet de règles (sinon celui où l'on est), ou texte comme ci-après
    filter: Option<String>,
    /// Ne garde que les cas dont le nom ou le fichier contient ce texte
    more: Option<String>,
}

/// `logis fmt`
#[derive(clap::Args)]
pub struct FmtArgs {
    /// Dossier du paquet de règles
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// N'écrit rien: dit ce qui n'est pas en forme, et sort avec le code 1
    #[arg(long)]
    check: bool,
    /// Fichiers .toml ou .rhai
    files: Vec<PathBuf>,
}

/// `logis diff`
#[derive(clap::Args)]
pub struct DiffArgs {
    /// Les règles d'avant: un dossier, ou RÉVISION:DOSSIER d'un dépôt git (main~3:rules)
    base: String,
    /// Les règles d'après
    head: String,
    /// Corpus, en plus des cas: paquet de données, ou reçus de `logis eval --record` (.jsonl); plusieurs fois
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// Laisse de côté les cas des deux paquets de règles
    #[arg(long)]
    no_cases: bool,
    /// Décide aussi des lignes au seuil de chaque comparaison des deux paquets de règles
    #[arg(long)]
    boundaries: bool,
    /// Dates auxquelles décider les paquets de données (sinon la leur, et celles où quelque chose change)
    #[arg(long, value_name = "DATE,DATE", value_delimiter = ',', value_parser = date)]
    as_of: Vec<Date>,
    /// Règles ou groupes à comparer (sinon tout ce que le changement peut atteindre et que quelqu'un lit)
    #[arg(long, value_name = "RULE,RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Champs, règles, groupes ou entités par lesquels compter (sinon publics et commune, s'ils existent)
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    by: Vec<String>,
    /// Différences acceptées: échoue si autre chose change, ou si elles n'arrivent plus
    #[arg(long, value_name = "FILE")]
    accept: Option<PathBuf>,
    /// Écrit dans ce fichier toutes les différences, comme acceptées, raisons à remplir
    #[arg(long, value_name = "FILE")]
    write_accepted: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Montre aussi, dans le texte et la page, une ligne de données pour chaque différence: identifiant,
    /// revenus (le JSON les a toujours)
    #[arg(long)]
    with_rows: bool,
    /// Forme du rapport (sinon d'après le nom du fichier, sinon un texte)
    #[arg(long, value_enum)]
    format: Option<DiffFormat>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Forms of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Texte
    Text,
    /// JSON
    Json,
    /// Une page HTML
    Html,
}

/// `logis graph`
#[derive(clap::Args)]
pub struct GraphArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Règles dont on veut ce qu'il leur faut (sinon tout le paquet)
    #[arg(long, value_name = "RULE,RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Montre plutôt ce qui dépend de ces règles
    #[arg(long, requires = "select")]
    needed_by: bool,
    /// Date du texte des règles
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Forme du dessin (sinon d'après le nom du fichier, sinon mermaid)
    #[arg(long, value_enum)]
    format: Option<GraphFormat>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `logis test`
#[derive(clap::Args)]
pub struct TestArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué), ou texte comme
    /// ci-après
    filter: Option<String>,
    /// Ne garde que les cas dont le nom ou le fichier contient ce texte
    more: Option<String>,
    /// Montre les résultats trouvés à la place de ceux attendus, puis les écrit si on l'accepte
    #[arg(long)]
    update: bool,
    /// Écrit sans le demander
    #[arg(long, requires = "update")]
    yes: bool,
    /// Fichier JUnit (XML) à écrire, pour l'intégration continue
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// `logis coverage`
#[derive(clap::Args)]
pub struct CoverageArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué), ou texte comme
    /// ci-après
    filter: Option<String>,
    /// Ne garde que les cas dont le nom ou le fichier contient ce texte
    more: Option<String>,
    /// Part des conditions qui décident seules, en pour cent, au-dessous de laquelle la commande échoue (code 1)
    #[arg(long, value_name = "PERCENT")]
    min_conditions: Option<f64>,
    /// Fichier lcov à écrire
    #[arg(long, value_name = "FILE")]
    lcov: Option<PathBuf>,
    /// Page HTML à écrire
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// `logis mutate`
#[derive(clap::Args)]
pub struct MutateArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué), ou texte comme
    /// ci-après
    filter: Option<String>,
    /// Ne change que les règles et paramètres dont le nom ou le fichier contient ce texte
    more: Option<String>,
    /// Score, en pour cent, au-dessous duquel la commande échoue (code 1)
    #[arg(long, value_name = "PERCENT")]
    min_score: Option<f64>,
}

/// `logis boundaries`
#[derive(clap::Args)]
pub struct BoundariesArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Règles ou groupes de règles à décider, séparés par des virgules (sinon les résultats du paquet)
    #[arg(long, value_name = "RULE,RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Date des règles (sinon un paquet pour le jour de chaque changement du droit et pour sa veille)
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Dossier à écrire
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Remplace le dossier, s'il est de la même commande
    #[arg(long)]
    force: bool,
}

/// `logis simulate`
#[derive(clap::Args)]
pub struct SimulateArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Fichier de scénario (TOML)
    file: PathBuf,
    /// Dossier des résultats (sinon resultats/NOM); les calculs finis y restent et sont repris
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Montre aussi dans la page les demandes dont le sort change, par leur identifiant (le classeur et les
    /// CSV les ont toujours)
    #[arg(long)]
    with_rows: bool,
    /// Écrit dans le dossier même s'il tient autre chose
    #[arg(long)]
    force: bool,
}

/// `logis doc`
#[derive(clap::Args)]
pub struct DocArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Forms of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid, que les pages Markdown dessinent
    Mermaid,
}

/// `logis schema`
#[derive(clap::Args)]
pub struct SchemaArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Ce qu'il faut écrire (sinon d'après le nom du fichier, sinon json)
    #[arg(long, value_enum)]
    format: Option<SchemaFormat>,
    /// Fichier (json, xlsx) ou dossier (csv) à écrire
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Ébauche plutôt la correspondance de ces données au schéma, à relire puis à donner à --mapping
    #[arg(long, value_name = "DATA", conflicts_with_all = ["format", "files"])]
    mapping: Option<PathBuf>,
    /// Dossier où écrire plutôt les schémas des fichiers du paquet lui-même, pour les éditeurs
    #[arg(long, value_name = "DIR", conflicts_with_all = ["format", "output"])]
    files: Option<PathBuf>,
    /// Remplace ce qui est déjà là, même rempli
    #[arg(long)]
    force: bool,
}

/// Forms of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// JSON Schema
    Json,
    /// Un modèle CSV vide par table
    Csv,
    /// Un classeur vide, une feuille par table
    Xlsx,
}

/// How the tables of a data package are written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TableFormat {
    /// Parquet
    Parquet,
    /// CSV
    Csv,
}

/// `logis generate`
#[derive(clap::Args)]
pub struct GenerateArgs {
    /// Territoire: code ou nom d'un EPCI, d'une commune, d'un département ou d'une région, ou `france`
    /// (sinon les marges de Grand Dijon 2015)
    #[arg(long, value_name = "TERRITOIRE")]
    territory: Option<String>,
    /// Fichier de population (sinon celui qui est embarqué)
    #[arg(long, value_name = "FILE")]
    population: Option<PathBuf>,
    /// Nombre de demandes (sinon celui qui est publié du territoire, ou sa part du pays)
    #[arg(long, value_name = "N", requires = "territory")]
    demandes: Option<u64>,
    /// Nombre de logements libres (sinon la part du territoire)
    #[arg(long, value_name = "N", requires = "territory")]
    logements: Option<u64>,
    /// Forme des tables
    #[arg(long, value_enum, default_value = "parquet", requires = "territory")]
    format: TableFormat,
    /// Remplace le paquet de données qui est déjà dans le dossier
    #[arg(long)]
    force: bool,
    /// Graine du tirage
    #[arg(long, default_value_t = 2015)]
    seed: u64,
    /// Dossier à écrire
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
}

fn date(text: &str) -> Result<Date, String> {
    parse_date(text).ok_or_else(|| "attendu: une date telle que 2017-06-30 ou 30/06/2017".to_string())
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
    output::clean_on_interrupt();
    match read_line().and_then(|line| line.map_or(Ok(End::Bad), run)) {
        Ok(End::Fine) if input::left_rows_out() => ExitCode::from(1),
        Ok(End::Fine) => ExitCode::SUCCESS,
        Ok(End::FellShort) => ExitCode::from(1),
        Ok(End::Bad) => ExitCode::from(2),
        // Whoever reads our output stopped reading: nothing is wrong.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            eprintln!("{}", text.trim_end());
            ExitCode::from(2)
        }
    }
}

/// The command line, with what it writes looked at; `None` if it is wrong, which is then said. Help is an
/// output like any other: where it cannot be written, that is an error.
fn read_line() -> anyhow::Result<Option<Command>> {
    let read = Cli::command().try_get_matches().and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((matches, cli))
    });
    let (matches, cli) = match read {
        Ok(read) => read,
        Err(error) if error.use_stderr() => {
            let _ = error.print();
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
        Command::Diff(args) => commands::diff::form(args).map(drop),
        Command::Graph(args) => commands::graph::form(args).map(drop),
        Command::Schema(args) => commands::schema::form(args).map(drop),
        Command::Doc(args) => commands::doc::form(args),
        _ => Ok(()),
    }
}

fn run(command: Command) -> anyhow::Result<End> {
    match command {
        Command::Demo => commands::demo::run(),
        Command::Eval(args) => commands::eval::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Candidates(args) => commands::pairs::candidates(&args),
        Command::Match(args) => commands::matching::run(&args),
        Command::Verify(args) => commands::matching::check(&args),
        Command::Commission(args) => commands::commission::run(&args),
        Command::Fairness(args) => commands::fairness::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Coverage(args) => commands::coverage::run(&args),
        Command::Mutate(args) => commands::mutate::run(&args),
        Command::Boundaries(args) => commands::boundaries::run(&args),
        Command::Watch(args) => commands::watch::run(&args),
        Command::Fmt(args) => commands::fmt::run(&args),
        Command::Diff(args) => commands::diff::run(&args),
        Command::Simulate(args) => commands::simulate::run(&args),
        Command::Doc(args) => commands::doc::run(&args),
        Command::Graph(args) => commands::graph::run(&args),
        Command::Schema(args) => commands::schema::run(&args),
        Command::Generate(args) => commands::generate::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "logis", &mut script);
            output::bytes_to(&script, None, false)?;
            Ok(End::Fine)
        }
    }
}
