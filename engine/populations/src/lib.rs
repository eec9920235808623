//! Synthetic populations: data packages drawn from published margins.
//!
//! A population file (TOML) states each margin with its source and confidence. Margins are hit by
//! exact quotas: each draw is a shuffled deck that holds every class in its share, so that a figure
//! of the text is a figure of the data. The same file and seed give the same tables. No person, name
//! or employer is real.

mod calibration;
mod deck;
mod households;
pub mod ipf;
mod numbers;
pub mod population;
mod shuffle;
mod situations;
mod spec;
pub mod territory;
mod units;

pub use calibration::{CalibrationRow, calibration, to_output};
pub use spec::{GenerateError, Spec};

use logis_data::{Output, OutputColumn};
use logis_language::value::{Type, Value};

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");

/// The tables of a generated data package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// `demandes`, `personnes`, `projets`, `employeurs`, `logements`.
    pub tables: Vec<TableOut>,
}

/// One generated table, its cells as a CSV file writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOut {
    /// Name of the file, without extension.
    pub name: &'static str,
    /// Headers.
    pub header: Vec<String>,
    /// Rows; an empty cell is a missing value.
    pub rows: Vec<Vec<String>>,
}

impl Package {
    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&TableOut> {
        self.tables.iter().find(|t| t.name == name)
    }
}

impl TableOut {
    fn new(name: &'static str, header: &[&str], rows: Vec<Vec<String>>) -> TableOut {
        TableOut { name, header: header.iter().map(|h| h.to_string()).collect(), rows }
    }

    /// The cells of a column, by row.
    pub fn column<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t str> + use<'t> {
        let at = self.header.iter().position(|h| *h == name);
        self.rows.iter().map(move |row| at.and_then(|at| row.get(at)).map_or("", String::as_str))
    }

    /// The table as a result to write.
    pub fn to_output(&self) -> Output {
        let column = |name: &String| OutputColumn {
            name: name.clone(),
            cells: self.column(name).map(|c| (!c.is_empty()).then(|| Value::text(c))).collect(),
            kind: Type::Text(None),
        };
        Output { name: self.name.to_string(), columns: self.header.iter().map(column).collect() }
    }
}

/// Draws a population.
///
/// # Errors
/// [`GenerateError`] if the margins of the file do not make a population (an empty list of communes,
/// weights that are all zero).
pub fn generate(spec: &Spec, seed: u64) -> Result<Package, GenerateError> {
    spec.check()?;
    let mut draw = deck::Draw::new(seed);
    let employers = households::employers(spec, &mut draw);
    let (mut requests, mut persons) = households::requests(spec, &employers, &mut draw);
    // A draw of its own: what it draws does not change what is drawn above.
    situations::situations(spec, &mut persons, &mut deck::Draw::new(seed ^ 0x5170));
    let mut more = deck::Draw::new(seed ^ 0x5171);
    let link = persons.header.iter().position(|h| h == "lien").unwrap_or(usize::MAX);
    let child = |row: &[String]| row.get(link).is_some_and(|l| l == "enfant");
    situations::fields(spec, &spec.champs.personnes, &mut persons, child, &mut more);
    situations::fields(spec, &spec.champs.demandes, &mut requests, |_| false, &mut more);
    situations::first_quartile(spec, &mut requests, &persons);
    let projects = situations::projects(spec, &persons, &mut more);
    let units = units::units(spec, &mut draw);
    Ok(Package { tables: vec![requests, persons, projects, employers.table, units] })
}

/// What `paquet.toml` says of a generated package.
pub fn about(spec: &Spec, seed: u64) -> String {
    let mut table = toml::Table::new();
    table.insert("title".into(), spec.title.clone().into());
    table.insert("as_of".into(), spec.as_of.clone().into());
    table.insert("synthetic".into(), true.into());
    table.insert("text".into(), format!("{} Graine du tirage: {seed}.", spec.text).into());
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec::parse(include_str!("../../../scenarios/grand-dijon-2015/population.toml"))
            .expect("the shipped file")
    }

    #[test]
    fn the_seed_decides_the_draw() {
        let spec = spec();
        assert_eq!(generate(&spec, 1).unwrap(), generate(&spec, 1).unwrap());
        assert_ne!(generate(&spec, 1).unwrap(), generate(&spec, 2).unwrap());
    }

    /// The counts of the agreement are those of the data, whatever the seed.
    #[test]
    fn published_counts_are_exact() {
        let spec = spec();
        for seed in [1, 7, 2015] {
            let package = generate(&spec, seed).unwrap();
            let rows = |name: &str| package.table(name).unwrap().rows.len();
            assert_eq!((rows("demandes"), rows("logements"), rows("employeurs")), (879, 350, 348));
            let heads =
                package.table("personnes").unwrap().column("lien").filter(|l| *l == "demandeur").count();
            assert_eq!(heads, 879);
        }
    }

    /// Of 879 requests, 98 % of the agreement is 861 (861.42 rounded by the largest remainder), and
    /// the table of margins says so from the incomes and households of the data alone.
    #[test]
    fn ninety_eight_percent_are_under_the_ceilings() {
        let spec = spec();
        let package = generate(&spec, 2015).unwrap();
        let rows = calibration(&spec, &package);
        let row = rows.iter().find(|r| r.figure.contains("plafonds PLUS")).unwrap();
        assert_eq!(row.value, "98,0 %");
        assert!(rows.iter().all(|r| !r.source.is_empty()));
    }

    /// Every person's request, every applicant's employer and every unit's commune exist.
    #[test]
    fn references_hold() {
        let spec = spec();
        let package = generate(&spec, 3).unwrap();
        let column = |table: &str, name: &str| -> Vec<String> {
            package.table(table).unwrap().column(name).map(str::to_string).collect()
        };
        let requests = column("demandes", "demande_id");
        assert!(column("personnes", "demande_id").iter().all(|id| requests.contains(id)));
        let employers = column("employeurs", "employeur_id");
        assert!(column("personnes", "employeur_id").iter().all(|id| id.is_empty() || employers.contains(id)));
        let communes: Vec<&str> = spec.communes.liste.iter().map(|c| c.code.as_str()).collect();
        assert!(column("logements", "commune").iter().all(|c| communes.contains(&c.as_str())));
    }

    #[test]
    fn a_wrong_file_is_refused() {
        assert!(Spec::parse("title = 1").is_err());
        let text = include_str!("../../../scenarios/grand-dijon-2015/population.toml");
        assert!(Spec::parse(&text.replace("nombre     = 350", "nombr = 350")).is_err());
        assert!(Spec::parse(&text.replace("2015-12-31", "2015-13-31")).and_then(|s| s.check()).is_err());
    }
}
