//! What was published beside what was drawn.
//!
//! The values are counted from the tables by code that takes no part in the drawing.

use super::households::{ceiling, composition};
use super::spec::Spec;
use super::{Package, TableOut};
use logis_data::{Output, OutputColumn};
use logis_language::value::{Type, Value};

/// One figure: published, and in the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalibrationRow {
    /// What it is.
    pub figure: String,
    /// As published.
    pub target: String,
    /// In the data.
    pub value: String,
    /// Where it was published.
    pub source: String,
    /// How far that can be trusted.
    pub confidence: String,
}

/// Compares a package with the margins of its population file.
pub fn calibration(spec: &Spec, package: &Package) -> Vec<CalibrationRow> {
    let mut rows = Vec::new();
    let mut add = |figure: &str, target: String, value: String, source: &str, confidence: &str| {
        rows.push(CalibrationRow {
            figure: figure.to_string(),
            target,
            value,
            source: source.to_string(),
            confidence: confidence.to_string(),
        });
    };
    let empty = TableOut { name: "", header: Vec::new(), rows: Vec::new() };
    let table = |name: &str| package.table(name).unwrap_or(&empty);
    let (requests, units, employers) = (table("demandes"), table("logements"), table("employeurs"));
    let d = &spec.demandes;
    add(
        "demandes de salariés",
        d.nombre.to_string(),
        requests.rows.len().to_string(),
        &d.source,
        &d.confidence,
    );
    let l = &spec.logements;
    add("logements réservés", l.nombre.to_string(), units.rows.len().to_string(), &l.source, &l.confidence);
    let e = &spec.employeurs;
    add(
        "employeurs de 10 salariés et plus",
        e.nombre.to_string(),
        employers.column("effectif").filter(|n| n.parse::<u64>().is_ok_and(|n| n >= 10)).count().to_string(),
        &e.source,
        &e.confidence,
    );
    let communes = &spec.communes.liste;
    let served = communes.iter().filter(|c| {
        requests.column("commune").any(|r| r == c.code) || units.column("commune").any(|u| u == c.code)
    });
    add("communes", communes.len().to_string(), served.count().to_string(), &spec.communes.source, "A");
    let r = &spec.ressources;
    let households = composition(package, Spec::day(&spec.as_of));
    let under = |ceilings: &[i64; 7]| {
        let later = requests.column("rfr_n1").zip(requests.column("revenus_12_mois"));
        let incomes = requests.column("rfr_n2").zip(later).zip(&households);
        incomes
            .filter(|((n2, (n1, last)), (_, _, category))| {
                let n2: i64 = n2.parse().unwrap_or(i64::MAX);
                // The later incomes count where they are at least a tenth lower.
                let later = [*n1, *last]
                    .into_iter()
                    .filter_map(|x| x.parse::<i64>().ok())
                    .filter(|x| 10 * x <= 9 * n2);
                later.min().unwrap_or(n2).min(n2) <= ceiling(ceilings, *category)
            })
            .count()
    };
    let total = requests.rows.len();
    let target = |part: u64| percent(usize::try_from(part).unwrap_or(0), 100);
    add(
        "part des demandes sous les plafonds PLUS et PLAI",
        target(r.sous_plai + r.sous_plus),
        percent(under(&r.plafonds_plus), total),
        &r.source,
        "A",
    );
    add(
        "part des demandes sous le plafond PLAI",
        target(r.sous_plai),
        percent(under(&r.plafonds_plai), total),
        &r.source,
        "C",
    );
    let m = &spec.menages;
    let persons = table("personnes");
    let with = |link: &str| -> std::collections::BTreeSet<&str> {
        persons
            .column("demande_id")
            .zip(persons.column("lien"))
            .filter(|(_, l)| *l == link)
            .map(|(d, _)| d)
            .collect()
    };
    let (couples, parents) = (with("conjoint"), with("enfant"));
    let kind = |couple: bool, children: bool| {
        requests
            .column("demande_id")
            .filter(|d| couples.contains(d) == couple && parents.contains(d) == children)
            .count()
    };
    for (name, part, count) in [
        ("personnes seules", m.seule, kind(false, false)),
        ("familles monoparentales", m.monoparentale, kind(false, true)),
        ("couples sans enfant", m.couple, kind(true, false)),
        ("couples avec enfants", m.couple_enfants, kind(true, true)),
    ] {
        add(&format!("ménages: {name}"), target(part), percent(count, total), &m.source, &m.confidence);
    }
    let sizes: u64 = spec.typologies.liste.values().map(|t| t.part).sum();
    for (name, size) in &spec.typologies.liste {
        let count = units.column("typologie").filter(|t| t == name).count();
        let part = percent(usize::try_from(size.part).unwrap_or(0), usize::try_from(sizes).unwrap_or(1));
        add(
            &format!("logements: {name}"),
            part,
            percent(count, units.rows.len()),
            &spec.typologies.source,
            &spec.typologies.confidence,
        );
    }
    for (name, product) in &spec.financements.liste {
        let count = units.column("financement").filter(|f| f == name).count();
        add(
            &format!("logements: {name}"),
            target(product.part),
            percent(count, units.rows.len()),
            &spec.financements.source,
            &spec.financements.confidence,
        );
    }
    let a = &spec.attributions;
    add(
        "attributions à des salariés",
        a.nombre.to_string(),
        "non calé: sortie de l'appariement".to_string(),
        &a.source,
        &a.confidence,
    );
    rows
}

/// `98,0 %`, halves up.
fn percent(part: usize, whole: usize) -> String {
    let tenths = if whole == 0 { 0 } else { (2000 * part + whole) / (2 * whole) };
    format!("{},{} %", tenths / 10, tenths % 10)
}

/// The comparison as a result to write.
pub fn to_output(rows: &[CalibrationRow]) -> Output {
    texts(
        rows,
        &[
            ("chiffre", |r| &r.figure),
            ("publie", |r| &r.target),
            ("donnees", |r| &r.value),
            ("source", |r| &r.source),
            ("confiance", |r| &r.confidence),
        ],
    )
}

/// A column of texts: its name, and what it takes of a row.
type TextColumn<'n, T> = (&'n str, fn(&T) -> &str);

/// A comparison of which every cell is a text.
pub(super) fn texts<T>(rows: &[T], columns: &[TextColumn<'_, T>]) -> Output {
    let column = |(name, cell): &TextColumn<'_, T>| OutputColumn {
        name: (*name).to_string(),
        cells: rows.iter().map(|row| Some(Value::text(cell(row)))).collect(),
        kind: Type::Text(None),
    };
    Output { name: "calibration".to_string(), columns: columns.iter().map(column).collect() }
}
