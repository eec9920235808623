//! `logis new`: the folder of a territory, with the questions that its texts answer; a table of districts.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use logis::Pack;
use logis::pack::Parsed;
use logis::pack::grid::is_figure;
use logis::pack::params::Parameter;
use logis::value::{Type, Value};

use super::districts::{self, DistrictsArgs};
use crate::{End, output};

/// `logis new`
#[derive(clap::Args)]
pub struct NewArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Ébauche un territoire: son dossier, et les questions auxquelles ses textes répondent
    Territory(TerritoryArgs),
    /// Fait de la liste publiée des quartiers prioritaires une table du paquet de règles
    Districts(DistrictsArgs),
}

/// `logis new territory`
#[derive(clap::Args)]
pub struct TerritoryArgs {
    /// Nom du territoire, qui est celui de son dossier: minuscules, chiffres et `_`
    #[arg(value_name = "NOM")]
    name: String,
    /// Dossier du paquet de règles
    #[arg(long, value_name = "DOSSIER")]
    rules: PathBuf,
    /// Où il est: une colonne de `levels` et ses codes, comme `epci=242100410`
    #[arg(long, value_name = "COLONNE=CODE,CODE")]
    at: Option<String>,
}

/// Writes the folder; nothing, if there is one of that name.
pub fn run(args: &NewArgs) -> Result<End> {
    let args = match &args.what {
        What::Territory(args) => args,
        What::Districts(args) => return districts::run(args),
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if args.name.is_empty() || !args.name.chars().all(plain) || args.name == "aucun" {
        bail!("`{}` ne peut être le nom d'un territoire; attendu: minuscules, chiffres et `_`", args.name);
    }
    let pack = Pack::to_decide(&args.rules)?;
    let parsed = pack.parsed();
    let levels: Vec<&str> = parsed.territories.levels.iter().map(|level| level.column.as_str()).collect();
    if levels.is_empty() {
        bail!("ce paquet n'a pas de territoires; attendu: `[territories]` dans `pack.toml`");
    }
    let folder = args.rules.join("territoires").join(&args.name);
    if folder.exists() || parsed.territories.find(&args.name).is_some() {
        bail!("le territoire `{}` existe déjà: rien n'est écrit", args.name);
    }
    let place = match args.at.as_deref().map(|at| at.split_once('=').unwrap_or((at, ""))) {
        None => None,
        Some((column, codes)) if levels.contains(&column) && !codes.is_empty() => Some((column, codes)),
        Some((column, _)) => {
            bail!(
                "`--at {column}`: attendu une colonne parmi {} et ses codes, comme `epci=242100410`",
                levels.join(", ")
            )
        }
    };
    std::fs::create_dir_all(&folder)?;
    let (manifest, tables) = (folder.join("territoire.toml"), folder.join("a_remplir.toml"));
    let grid = folder.join(GRID_TO_FILL);
    let agreement = folder.join(AGREEMENT_TO_FILL);
    output::file(&manifest, manifest_of(&args.name, &levels, place).as_bytes())?;
    output::file(&tables, tables_of(parsed).as_bytes())?;
    output::file(&grid, grid_of(&args.name).as_bytes())?;
    output::file(&agreement, agreement_of(&args.name).as_bytes())?;
    let told = format!(
        "{}: où il est, depuis quand, d'où cela vient\n{}: ce qu'il peut donner, à remplir\n\
         {}: sa grille de points, à remplir et à renommer {}\n\
         {}: une de ses conventions, à remplir dans un dossier à elle, sous le nom {}\n\
         ensuite: logis check --rules {} dit ce qui manque, et ce qui en reste inconnu\n",
        manifest.display(),
        tables.display(),
        grid.display(),
        logis::pack::grid::FILE,
        agreement.display(),
        logis::pack::agreement::FILE,
        args.rules.display()
    );
    output::text_to(&told, None)?;
    Ok(End::Fine)
}

fn manifest_of(name: &str, levels: &[&str], place: Option<(&str, &str)>) -> String {
    let column = place.map_or_else(|| levels.last().copied().unwrap_or("commune"), |(column, _)| column);
    let codes =
        place.map_or("", |(_, codes)| codes).split(',').map(str::trim).filter(|code| !code.is_empty());
    let codes: Vec<String> = codes.map(|code| format!("\"{code}\"")).collect();
    format!(
        "# Le territoire `{name}`. Les questions auxquelles ce fichier répond :\n\
         # - Où est-il ? Des codes d'une seule colonne : {}.\n\
         # - Depuis quel jour, et jusqu'à quel jour, ses règles valent-elles (`from`, `until`), si ce n'est toujours ?\n\
         # - Où est-ce écrit (`source`), et qu'est-ce qui peut être faux (`doute`) ?\n\
         name   = \"{name}\"\n\
         {column} = [{}]\n\
         source = {{ title = \"à remplir\" }}\n",
        levels.join(", "),
        codes.join(", ")
    )
}

/// An agreement's file as it is written first: notes, which no command reads.
const AGREEMENT_TO_FILL: &str = "convention_a_remplir.md";

/// An agreement with the questions that its text answers.
fn agreement_of(name: &str) -> String {
    format!(
        "# Une convention de `{name}`: à remplir, puis à enregistrer sous `{name}/convention_2024_2029/{}`, sans ces lignes.\n\
         # - Quels jours vaut-elle ? Une autre convention du territoire a son propre dossier, et ses propres objectifs.\n\
         # - Que compte son bilan, ligne par ligne, par quelle date, et face à quoi ?\n\
         # - Ses objectifs sont des tables de paramètres datés, dans un autre fichier du même dossier ; un avenant est une valeur de plus.\n\
         title  = \"Convention de …\"\n\
         from   = 2024-01-01\n\
         until  = 2029-12-31\n\
         source = {{ title = \"…\", url = \"https://…\" }}\n\
         places = [\"commune\"]\n\
         \n\
         [[indicator]]\n\
         id      = \"1\"\n\
         article = \"2\"\n\
         label   = \"Logements sociaux produits\"\n\
         unit    = \"logements\"\n\
         sum     = \"social_produit\"\n\
         date    = \"date_livraison\"\n\
         target  = \"convention.production_sru\"\n",
        logis::pack::agreement::FILE
    )
}

/// The grid's file as it is written first: notes, which no command reads, until it is filled in.
const GRID_TO_FILL: &str = "grille_a_remplir.md";

/// A grid of points with the questions that its text answers.
fn grid_of(name: &str) -> String {
    format!(
        "# Grille de points de `{name}`: à remplir, puis à enregistrer sous `{}`, sans ces lignes.\n\
         # - Quel texte la fixe, et depuis quel jour ? Une source à chaque critère qui en a une autre.\n\
         # - Tous les critères y sont-ils ? Ce qui n'est pas écrit ne compte pas : un critère dont les points ne sont pas connus\n\
         #   se met avec `unknown` et sa raison, et la somme de qui y répond est inconnue.\n\
         # - Des critères se cumulent-ils ? De ceux d'un même `group`, seul le plus grand compte.\n\
         title  = \"Grille de cotation de …\"\n\
         from   = 2024-01-01\n\
         source = {{ title = \"…\", url = \"https://…\" }}\n\
         # cap  = 100                         # au plus, en tout\n\
         \n\
         [[criterion]]\n\
         name   = \"dalo\"\n\
         label  = \"Reconnu prioritaire par la commission de médiation\"\n\
         when   = 'public_dalo'               # une règle ou un champ vrai ou faux, ou une expression : 'nombre_personnes >= 5'\n\
         points = 50\n\
         \n\
         [[criterion]]\n\
         name   = \"anciennete\"\n\
         label  = \"Ancienneté de la demande\"\n\
         of     = 'anciennete_demande'        # un nombre\n\
         bands  = [[12, 2], [24, 5], [48, 10]] # à partir de 12 mois 2 points, de 24 mois 5… ; ou `points`, pour chaque unité\n\
         # cap  = 36                          # au plus\n\
         \n\
         [[criterion]]\n\
         name    = \"parent_seul\"\n\
         label   = \"Parent seul\"\n\
         when    = 'personne_seule_avec_charge'\n\
         unknown = \"la page ne dit pas combien\"\n",
        logis::pack::grid::FILE
    )
}

/// Every table that only territories give, as comments: what is filled in has its marks taken away.
fn tables_of(parsed: &Parsed) -> String {
    let mut text = "# Ce que le territoire peut donner. Chaque table est en commentaire : ôter les `#` de ce que ses textes disent,\n\
                    # et laisser le reste, qui est inconnu pour ses lignes. De chaque valeur : qui la fixe, par quel texte, depuis\n\
                    # quel jour, et qu'est-ce qui peut en être faux (`doute`) ? Ne rien inventer.\n"
        .to_string();
    let only_local = |p: &&Parameter| p.territory.is_none() && p.versions.is_empty() && !is_figure(&p.path);
    for table in parsed.parameters.iter().filter(only_local) {
        let path = &table.path;
        let _ = writeln!(text, "\n#[{path}]\n#label = \"{}\"", table.label);
        if let Some(unit) = &table.unit {
            let _ = writeln!(text, "#unit  = \"{unit}\"");
        }
        if !table.by.is_empty() {
            let _ = writeln!(text, "#by    = [\"{}\"]", table.by.join("\", \""));
        }
        let _ = writeln!(text, "#\n#[[{path}.values]]\n#from   = 2024-01-01");
        let _ = writeln!(text, "#source = {{ title = \"…\", url = \"https://…\" }}");
        for key in keys_of(parsed, table) {
            let _ = writeln!(text, "#{key} = {}", example(&table.value_type));
        }
    }
    text
}

/// The keys of a table's cells, as another territory writes them; `value` of a table without keys.
fn keys_of(parsed: &Parsed, table: &Parameter) -> Vec<String> {
    if table.by.is_empty() {
        return vec!["value".to_string()];
    }
    let other = table.local.iter().find_map(|id| parsed.parameters.get(*id));
    let cells = other.and_then(|other| other.versions.last()).map(|version| version.cells.keys());
    let mut keys: Vec<String> =
        cells.into_iter().flatten().filter_map(|keys| keys.first()).map(key).collect();
    keys.dedup();
    keys
}

fn key(value: &Value) -> String {
    let text = value.to_string();
    match text.chars().all(|c| c.is_ascii_alphabetic() || c == '_') {
        true => text,
        false => format!("\"{text}\""),
    }
}

fn example(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "false",
        Type::Date => "2024-01-01",
        Type::Text(_) | Type::List(_) => "\"…\"",
        Type::Number => "0",
    }
}
