//! `logis schema`: what data is expected, and empty files to fill.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use logis::data;
use logis::diagnostic::nearest;
use logis::editor;
use logis::formats;
use logis::pack::schema::Origin;

use crate::args::RulesArgs;
use crate::{End, input, output, package};

/// `logis schema`
#[derive(clap::Args)]
pub struct SchemaArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Ce qu'il faut écrire (sinon d'après le nom du fichier, sinon json)
    #[arg(long, value_enum)]
    format: Option<SchemaFormat>,
    /// Fichier (json, xlsx) ou dossier (csv) à écrire
    #[arg(long, short, value_name = "CHEMIN")]
    output: Option<PathBuf>,
    /// Ébauche plutôt la correspondance de ces données au schéma, à relire puis à donner à --mapping
    #[arg(long, value_name = "DONNÉES", conflicts_with_all = ["format", "files"])]
    mapping: Option<PathBuf>,
    /// Dossier où écrire plutôt les schémas des fichiers du paquet lui-même, pour les éditeurs
    #[arg(long, value_name = "DOSSIER", conflicts_with_all = ["format", "output"])]
    files: Option<PathBuf>,
    /// Plutôt le schéma JSON de ce que Logis écrit pour d'autres programmes: `explanation`, `receipt`, `matching`,
    /// `diff`… (`all`: tous)
    #[arg(long, value_name = "SORTE", conflicts_with_all = ["format", "files", "mapping"])]
    format_of: Option<String>,
    /// Remplace ce qui est déjà là, même rempli
    #[arg(long)]
    force: bool,
}

/// Forms of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaFormat {
    /// JSON Schema
    Json,
    /// Un modèle CSV vide par table
    Csv,
    /// Un classeur vide, une feuille par table
    Xlsx,
}

/// Writes the JSON Schema, or empty templates.
pub fn run(args: &SchemaArgs) -> Result<End> {
    if let Some(kind) = &args.format_of {
        return format_of(kind, args);
    }
    let pack = input::pack(&args.rules)?;
    if let Some(folder) = &args.files {
        return files(&pack, folder, args.force);
    }
    // Tables of pairs are filled as others are.
    let pairs = (0..pack.parsed().schema.entities.len()).collect::<Vec<_>>();
    let pack = pairs.into_iter().fold(pack, |pack, pair| pack.with_given_pairs(pair).unwrap_or(pack));
    if let Some(data) = &args.mapping {
        return mapping(&pack, data, args);
    }
    let schema = &pack.parsed().schema;
    match form(args)? {
        SchemaFormat::Json => {
            let text = format!(
                "{}\n",
                serde_json::to_string_pretty(&data::json_schema(schema, pack.main_entity()))?
            );
            if let Some(path) = &args.output {
                output::refuse_replacing(path, text.as_bytes(), is_schema, args.force)?;
            }
            output::bytes_to(text.as_bytes(), args.output.as_deref(), false)?;
        }
        SchemaFormat::Xlsx => {
            let book = data::template_xlsx(schema)?;
            if let Some(path) = &args.output {
                output::refuse_replacing(path, &book, |_| false, args.force)?;
            }
            output::bytes_to(&book, args.output.as_deref(), true)?;
        }
        SchemaFormat::Csv => {
            let Some(folder) = &args.output else {
                bail!("un modèle CSV par table: donner un dossier avec --output")
            };
            let models: Vec<_> = (0..)
                .zip(&schema.entities)
                .filter_map(|(id, entity)| match &entity.origin {
                    Origin::Data { table } => {
                        Some((folder.join(format!("{table}.csv")), data::template_csv(schema, id)))
                    }
                    _ => None,
                })
                .collect();
            // Models that are still empty are written again; a package is not mixed with them.
            let own = |path: &Path| {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                models.iter().any(|(model, empty)| model.file_name() == path.file_name() && *empty == text)
            };
            output::refuse_package(folder, own, args.force)?;
            output::make_folder(folder)?;
            for (path, text) in &models {
                output::file(path, text.as_bytes())?;
            }
        }
    }
    Ok(End::Fine)
}

/// Writes the JSON Schema of a kind of document, or of all.
fn format_of(kind: &str, args: &SchemaArgs) -> Result<End> {
    let schema = match kind {
        "all" => None,
        kind => match formats::schema(kind) {
            Some(schema) => Some(schema),
            None => {
                let kinds = formats::kinds();
                let near = nearest(kind, kinds.iter().copied());
                let hint = near.map_or_else(String::new, |near| format!(" ; vouliez-vous dire `{near}` ?"));
                bail!(
                    "« {kind} » n'est pas une sorte de document{hint} ; attendu: `all`, `{}`",
                    kinds.join("`, `")
                )
            }
        },
    };
    let text = match schema {
        Some(schema) => serde_json::to_string_pretty(&schema)? + "\n",
        None => formats::SCHEMA.to_string(),
    };
    if let Some(path) = &args.output {
        output::refuse_replacing(path, text.as_bytes(), is_schema, args.force)?;
    }
    output::bytes_to(text.as_bytes(), args.output.as_deref(), false)?;
    Ok(End::Fine)
}

/// The form that was asked, by name or by the ending of the file.
pub fn form(args: &SchemaArgs) -> Result<SchemaFormat> {
    if args.mapping.is_some() {
        return output::form(
            None,
            args.output.as_deref(),
            &[("toml", SchemaFormat::Json)],
            SchemaFormat::Json,
        );
    }
    let forms = [("json", SchemaFormat::Json), ("xlsx", SchemaFormat::Xlsx)];
    output::form(args.format, args.output.as_deref(), &forms, SchemaFormat::Json)
}

/// Is this a JSON Schema, as an earlier version of a pack gave it?
fn is_schema(bytes: &[u8]) -> bool {
    let json: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    json.is_some_and(|json| json.get("$schema").is_some())
}

/// Drafts the mapping of data of others.
fn mapping(pack: &logis::Pack, data: &Path, args: &SchemaArgs) -> Result<End> {
    let files = match package::is_standard_input(data) {
        true => vec![package::standard_input(pack)?],
        false => input::files(data)?,
    };
    let (text, issues) = data::draft_mapping(&pack.parsed().schema, files);
    let wrong = issues.iter().filter(|i| i.is_error()).count();
    for issue in &issues {
        eprintln!("{}: {issue}", if issue.is_error() { "erreur" } else { "avertissement" });
    }
    if let Some(path) = &args.output {
        output::refuse_replacing(path, text.as_bytes(), |_| false, args.force)?;
    }
    output::bytes_to(text.as_bytes(), args.output.as_deref(), false)?;
    // A draft without a file that does not read is not all that was asked.
    Ok(if wrong > 0 { End::FellShort } else { End::Fine })
}

/// Writes the JSON Schemas of the files of a pack, and which is for which.
fn files(pack: &logis::Pack, folder: &Path, force: bool) -> Result<End> {
    let mut texts = Vec::new();
    for (name, _, schema) in editor::schemas(pack.parsed()) {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema)?);
        output::refuse_replacing(&folder.join(name), text.as_bytes(), is_schema, force)?;
        texts.push((name, text));
    }
    output::make_folder(folder)?;
    let mut written = Vec::new();
    for (name, text) in texts {
        output::file(&folder.join(name), text.as_bytes())?;
        written.push(name);
    }
    let taplo = folder.join(".taplo.toml");
    // One that is there may hold more than ours.
    if taplo.exists() {
        eprintln!("{}: laissé tel quel", taplo.display());
    } else {
        output::file(&taplo, editor::taplo(pack.parsed()).as_bytes())?;
        written.push(".taplo.toml");
    }
    output::print(&format!("{}: {}\n", folder.display(), written.join(", ")))?;
    Ok(End::Fine)
}
