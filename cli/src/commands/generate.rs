//! `logis generate`: a synthetic population, drawn from published margins.

use anyhow::{Context, Result};
use logis_engine::data;
use logis_engine::generate::{Spec, about, calibration, generate, to_output};

use crate::{End, GenerateArgs, embedded, output};

/// Draws a population and writes it as a data package, with its margins beside it.
pub fn run(args: &GenerateArgs) -> Result<End> {
    let (name, text) = match &args.population {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{}: lecture impossible", path.display()))?;
            (path.display().to_string(), text)
        }
        None => {
            let files = embedded::grand_dijon();
            let file = files.into_iter().find(|(name, _)| name == "population.toml");
            (
                "population.toml".to_string(),
                file.map_or_else(String::new, |(_, b)| String::from_utf8_lossy(&b).into_owned()),
            )
        }
    };
    let spec =
        Spec::parse(&text).with_context(|| format!("{name}: ce fichier de population ne se lit pas"))?;
    let package = generate(&spec, args.seed).with_context(|| name.clone())?;
    let folder = &args.output;
    std::fs::create_dir_all(folder).with_context(|| format!("{}: création impossible", folder.display()))?;
    for table in &package.tables {
        output::file(&folder.join(format!("{}.csv", table.name)), &data::to_csv(&table.to_output())?)?;
    }
    let margins = to_output(&calibration(&spec, &package));
    output::file(&folder.join("calibration.csv"), &data::to_csv(&margins)?)?;
    output::file(&folder.join("population.toml"), text.as_bytes())?;
    output::file(&folder.join("paquet.toml"), about(&spec, args.seed).as_bytes())?;
    output::print(&crate::text::table(&margins))?;
    Ok(End::Fine)
}
