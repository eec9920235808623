//! `logis schema`: what data is expected, and empty files to fill.

use anyhow::{Context, Result, bail};
use logis_engine::data;
use logis_engine::editor;
use logis_engine::pack::schema::Origin;

use crate::{End, SchemaArgs, SchemaFormat, input, output};

/// Writes the JSON Schema, or empty templates.
pub fn run(args: &SchemaArgs) -> Result<End> {
    let pack = input::pack(&args.rules)?;
    if let Some(folder) = &args.files {
        return files(&pack, folder);
    }
    let schema = &pack.parsed().schema;
    match args.format {
        SchemaFormat::Json => {
            let text = format!("{}\n", serde_json::to_string_pretty(&data::json_schema(schema))?);
            output::bytes_to(text.as_bytes(), args.output.as_deref(), false)?;
        }
        SchemaFormat::Xlsx => output::bytes_to(&data::template_xlsx(schema)?, args.output.as_deref(), true)?,
        SchemaFormat::Csv => {
            let Some(folder) = &args.output else {
                bail!("un modèle CSV par table: donner un dossier avec --output")
            };
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{}: création impossible", folder.display()))?;
            for (id, entity) in schema.entities.iter().enumerate() {
                if let Origin::Data { table } = &entity.origin {
                    output::file(
                        &folder.join(format!("{table}.csv")),
                        data::template_csv(schema, id).as_bytes(),
                    )?;
                }
            }
        }
    }
    Ok(End::Fine)
}

/// Writes the JSON Schemas of the files of a pack, and which is for which.
fn files(pack: &logis_engine::Pack, folder: &std::path::Path) -> Result<End> {
    std::fs::create_dir_all(folder).with_context(|| format!("{}: création impossible", folder.display()))?;
    let mut written = Vec::new();
    for (name, _, schema) in editor::schemas(pack.parsed()) {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema)?);
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
