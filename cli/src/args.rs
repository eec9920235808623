//! Arguments that several commands share. What one command alone takes stands beside its `run`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use logis::data::{self, NoShare, Output, Share, WriteError};
use logis::scenario::map::Contours;
use logis::value::{Date, parse_date};

use crate::page;

/// Which rules.
#[derive(Clone, Args)]
pub struct RulesArgs {
    /// Dossier du paquet de règles (sinon, celui qui est embarqué)
    #[arg(long, value_name = "DOSSIER")]
    pub rules: Option<PathBuf>,
    /// Territoires dont les règles locales valent, séparés par des virgules: `dijon,orne` pour ceux-là seuls,
    /// `!dijon` pour tous les autres, `aucun` pour aucun (sinon, tous)
    #[arg(long, value_name = "TERRITOIRE", value_delimiter = ',')]
    pub territory: Vec<String>,
}

/// Which data.
#[derive(Args)]
pub struct DataArgs {
    /// Paquet de données: dossier de CSV, Parquet ou JSON, un classeur (XLSX, ODS…), un fichier JSON, ou `-`
    /// pour l'entrée standard
    #[arg(long, value_name = "CHEMIN")]
    pub data: PathBuf,
    /// Correspondance des fichiers d'autrui au schéma: voir `logis schema --mapping`
    #[arg(long, value_name = "FICHIER")]
    pub mapping: Option<PathBuf>,
    /// Date à laquelle tout est décidé (sinon celle du paquet de données, sinon aujourd'hui)
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How strictly data are read.
#[derive(Args, Default)]
pub struct ReadingArgs {
    /// Écarte les lignes fautives et continue avec les autres; finit alors avec le code 1
    #[arg(long)]
    pub keep_going: bool,
    /// Refuse les données auxquelles manque une colonne dont une décision a besoin (sinon, elle est inconnue), et contrôle
    /// aussi les colonnes dont rien ne dépend
    #[arg(long)]
    pub strict: bool,
    /// Écrit dans ce fichier CSV chaque faute des données: fichier, ligne, colonne, valeur, raison
    #[arg(long, value_name = "FICHIER")]
    pub rejects: Option<PathBuf>,
    /// Forme du fichier de `--rejects`
    #[arg(long, value_enum, value_name = "FORME", default_value_t, requires = "rejects")]
    pub rejects_format: CsvFormat,
}

/// How results are written.
#[derive(Args)]
pub struct OutputArgs {
    /// Forme du résultat (sinon d'après le nom du fichier, sinon un tableau)
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FICHIER")]
    pub output: Option<PathBuf>,
    /// Met en tête des colonnes les noms du paquet, et non leurs libellés (table, csv-fr, xlsx)
    #[arg(long)]
    pub names: bool,
    /// Ajoute à côté de chaque résultat une colonne qui dit s'il est connu, inconnu ou en erreur (les formes table, csv-fr et
    /// xlsx le disent dans la case)
    #[arg(long)]
    pub states: bool,
}

/// What a report to pass round says of itself.
#[derive(Args)]
pub struct ReportArgs {
    /// Jour où le rapport est fait, qu'il dit en tête: aucune horloge n'est lue, la même commande écrit le même rapport
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub made_on: Option<Date>,
    /// Contours de communes ou de quartiers (GeoJSON): les chiffres par lieu sont aussi dessinés sur des cartes, dans la
    /// page
    #[arg(long, value_name = "FICHIER")]
    pub contours: Option<PathBuf>,
}

impl ReportArgs {
    /// The contours that are given, read.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read_contours(&self) -> anyhow::Result<Option<Contours>> {
        self.contours.as_deref().map(page::contours).transpose()
    }
}

/// Forms of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tableau pour le terminal
    Table,
    /// CSV, UTF-8, virgules
    Csv,
    /// CSV pour un tableur français: libellés, points-virgules, virgule décimale, oui et non
    CsvFr,
    /// Tableau JSON d'objets
    Json,
    /// Un objet JSON par ligne
    Ndjson,
    /// Apache Parquet
    Parquet,
    /// Classeur Excel
    Xlsx,
}

impl Format {
    /// Is it read by people, by labels and in French? The others are for programs.
    pub fn is_for_people(self) -> bool {
        matches!(self, Format::Table | Format::CsvFr | Format::Xlsx)
    }
}

/// Forms of tables that are written as CSV alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CsvFormat {
    /// CSV, UTF-8, virgules
    #[default]
    Csv,
    /// CSV pour un tableur français: points-virgules, virgule décimale, oui et non
    CsvFr,
}

impl CsvFormat {
    /// A table in this form; its headers are the same in both, so that either is read again.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn bytes(self, table: &Output) -> Result<Vec<u8>, WriteError> {
        match self {
            CsvFormat::Csv => data::to_csv(table),
            CsvFormat::CsvFr => data::to_csv_fr(table),
        }
    }
}

/// Forms of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// Texte
    Text,
    /// JSON
    Json,
}

/// Which ledger.
#[derive(Args)]
pub struct LedgerArgs {
    /// Registre à suivre (un fichier, ou postgres://UTILISATEUR@HÔTE/BASE): ce qui y est décidé, accepté, refusé ou notifié vaut
    #[arg(long, value_name = "FICHIER")]
    pub ledger: Option<PathBuf>,
    /// Le registre tel qu'il était après cette ligne
    #[arg(long, value_name = "LIGNE", requires = "ledger")]
    pub up_to: Option<u64>,
}

/// What poses the problem of a matching, besides the rules, the data and the date.
#[derive(Args)]
pub struct ProblemArgs {
    /// Règles de la candidature, de la demande ou du logement en colonnes de plus, séparées par des virgules
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Ne garde que N logements par demande, les plus adaptés; la preuve ne vaut plus qu'entre eux
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = positive)]
    pub max_candidates: Option<usize>,
    /// Sans les quotas du paquet de règles, ni ceux qu'il fait passer d'abord
    #[arg(long, conflicts_with = "hard")]
    pub no_quotas: bool,
    /// Quotas qui passent avant le nombre d'attributions, séparés par des virgules, ou `all`; dit ce qu'ils coûtent
    #[arg(long, value_name = "QUOTA,QUOTA", value_delimiter = ',')]
    pub hard: Vec<String>,
    /// Tire au sort, avec cette graine, l'ordre des demandes que ni les points ni le paquet ne départagent
    #[arg(long, value_name = "GRAINE")]
    pub seed: Option<u64>,
    /// Attributions déjà décidées: CSV dont les colonnes sont les identifiants des deux côtés
    #[arg(long, value_name = "FICHIER")]
    pub fix: Option<PathBuf>,
    /// Couples à ne pas former, refus compris: CSV de même
    #[arg(long, value_name = "FICHIER")]
    pub forbid: Option<PathBuf>,
    /// Points de priorité à céder au plus pour déplacer le moins de demandes, avec --near
    #[arg(long, value_name = "POINTS")]
    pub keep: Option<u64>,
    #[command(flatten)]
    pub ledger: LedgerArgs,
}

/// A part of the command line.
pub fn share(text: &str) -> Result<Share, String> {
    text.parse().map_err(|error: NoShare| error.to_string())
}

/// A date of the command line.
pub fn date(text: &str) -> Result<Date, String> {
    parse_date(text).ok_or_else(|| "attendu: une date telle que 2017-06-30 ou 30/06/2017".to_string())
}

/// A number of the command line that is at least 1.
pub fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "attendu: un entier d'au moins 1".to_string())
}

/// A whole number of the command line.
pub fn whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("attendu: un entier de 0 à {}", u64::MAX))
}

/// Per cent, with a point or a comma.
pub fn percentage(text: &str) -> Result<f64, String> {
    let number = text.replace(',', ".").parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "attendu: un nombre, ex. 97,5".to_string())
}
