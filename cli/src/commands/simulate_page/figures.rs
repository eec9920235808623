//! The figures that a reader wants first: what they are, what the variants make of them, and how sure it is.

use logis::scenario::report::{Cell, Report, Sheet};
use serde::Serialize;

/// A figure in large type.
#[derive(Serialize)]
pub(super) struct Figure {
    label: String,
    unit: String,
    value: String,
    /// Of a share or a mean: of how many.
    of: Option<String>,
    /// Between which values it falls.
    between: Option<String>,
    others: Vec<Other>,
    how: String,
    source: String,
}

/// What a variant makes of a figure.
#[derive(Serialize)]
struct Other {
    title: String,
    value: String,
    difference: String,
    between: Option<String>,
}

const WANTED: [&str; 6] = [
    "Attributions",
    "Part des demandes servies",
    "Demandes non servies",
    "Ancienneté moyenne des demandes servies",
    "Priorité moyenne des demandes servies",
    "Taux d'effort moyen des attributions, aide déduite",
];

/// How a figure of the summary is computed, and what it rests on.
pub fn meaning(label: &str) -> Option<(&'static str, &'static str)> {
    let matching = "appariement prouvé et vérifié, règles de `[matching]` du paquet";
    let data = "données du scénario";
    Some(match label {
        "Demandes" => ("Demandes du jeu de données, après les changements du scénario.", data),
        "Logements" => ("Logements réservés du jeu de données, après les changements du scénario.", data),
        "Couples recevables" => (
            "Couples d'une demande et d'un logement que la règle de recevabilité permet : plafond, taille, financement, commune voulue.",
            "règle `suitable` de `[matching]` du paquet",
        ),
        "Couples qu'une donnée manquante laisse ouverts" => (
            "Couples dont la recevabilité dépend d'une donnée que la demande ne donne pas ; l'appariement ne les propose pas.",
            "règle `suitable` de `[matching]` du paquet",
        ),
        "Attributions" => (
            "Le plus grand nombre de demandes que l'on peut loger ensemble, une par logement, parmi les couples recevables.",
            matching,
        ),
        "Part des demandes servies" => ("Attributions divisées par demandes.", matching),
        "Demandes non servies" => ("Demandes moins attributions.", matching),
        "Demandes auxquelles aucun logement ne convient" => (
            "Demandes qui n'ont aucun couple recevable : plus de logements semblables n'y changerait rien.",
            matching,
        ),
        "Logements restés libres" => ("Logements moins attributions.", matching),
        "Priorité moyenne des demandes servies" => (
            "Somme des points de priorité des demandes servies, divisée par leur nombre. Elle baisse quand on sert plus loin dans la file : ce n'est pas une perte.",
            "règle de priorité de `[matching]` du paquet",
        ),
        "Adéquation moyenne des attributions" => (
            "Somme des points d'adéquation (commune voulue, taille, distance, loyer) des attributions, divisée par leur nombre.",
            "règle d'adéquation de `[matching]` du paquet",
        ),
        "Ancienneté moyenne des demandes servies" => (
            "Mois entre le dépôt et la date du calcul, en moyenne sur les demandes servies.",
            "règle d'ancienneté du paquet",
        ),
        "Ancienneté moyenne des demandes non servies" => (
            "Mois entre le dépôt et la date du calcul, en moyenne sur les demandes qui attendent.",
            "règle d'ancienneté du paquet",
        ),
        "Taux d'effort moyen des attributions, aide déduite" => (
            "Loyer et charges moins aide au logement, rapportés aux ressources du ménage ; moyenne des attributions dont il est connu.",
            "règle du taux d'effort du paquet, loyers et ressources des données",
        ),
        "Taux d'effort médian" => (
            "Le taux d'effort que la moitié des attributions ne dépasse pas.",
            "règle du taux d'effort du paquet",
        ),
        _ => return None,
    })
}

fn sheet<'r>(report: &'r Report, id: &str) -> Option<&'r Sheet> {
    report.sheets.iter().find(|s| s.id == id)
}

fn is(cell: Option<&Cell>, text: &str) -> bool {
    matches!(cell, Some(Cell::Text(t)) if t == text)
}

/// A count in French digits.
pub(super) fn counted(n: u64) -> String {
    Cell::Number { value: i64::try_from(n).unwrap_or(i64::MAX), decimals: 0 }.to_string()
}

/// A difference with its sign.
pub(super) fn signed(cell: Option<&Cell>) -> String {
    match cell {
        Some(cell @ Cell::Number { value, .. }) if *value > 0 => format!("+{cell}"),
        Some(cell) => cell.to_string(),
        None => String::new(),
    }
}

/// `de 340 à 355`, where the runs are repeated: of a figure, or (`apart`) of its difference to the baseline.
fn between(report: &Report, run: &str, label: &str, apart: bool) -> Option<String> {
    let rows = &sheet(report, "intervalles")?.rows;
    let row = rows.iter().find(|r| is(r.first(), run) && is(r.get(1), label))?;
    let (low, high) = if apart { (row.get(8)?, row.get(9)?) } else { (row.get(4)?, row.get(5)?) };
    let shown = |cell: &Cell| if apart { signed(Some(cell)) } else { cell.to_string() };
    match (low, high) {
        (Cell::Empty, _) | (_, Cell::Empty) => None,
        (low, high) if low == high => Some(format!("{} à chaque répétition", shown(low))),
        (low, high) => Some(format!("de {} à {}", shown(low), shown(high))),
    }
}

/// The figures in large type.
pub(super) fn figures(report: &Report) -> Vec<Figure> {
    let Some(summary) = sheet(report, "synthese") else { return Vec::new() };
    let figure = |label: &&str| {
        let row = summary.rows.iter().find(|r| is(r.first(), label))?;
        let text = |at: usize| row.get(at).map(ToString::to_string).unwrap_or_default();
        // A difference of percents is in points.
        let points = if text(1) == "%" { "\u{202f}pt" } else { "" };
        let others = report.runs.iter().skip(1).enumerate().map(|(variant, run)| Other {
            title: run.title.clone(),
            value: text(3 + 2 * variant),
            difference: match row.get(4 + 2 * variant) {
                Some(Cell::Number { value: 0, .. }) => "=".to_string(),
                Some(Cell::Empty) | None => String::new(),
                cell => format!("{}{points}", signed(cell)),
            },
            between: between(report, &run.title, label, true),
        });
        let (how, source) = meaning(label).unwrap_or((&summary.how, &summary.source));
        Some(Figure {
            label: (*label).to_string(),
            unit: text(1),
            value: text(2),
            of: row.get(2).and_then(Cell::of).map(counted),
            between: report.runs.first().and_then(|r| between(report, &r.title, label, false)),
            others: others.collect(),
            how: how.to_string(),
            source: source.to_string(),
        })
    };
    WANTED.iter().filter_map(figure).collect()
}

/// What a run does, in sentences.
pub(super) fn effects(report: &Report, run: usize) -> Vec<String> {
    let mut all = Vec::new();
    let row = sheet(report, "synthese").and_then(|s| s.rows.iter().find(|r| is(r.first(), "Attributions")));
    let Some(row) = row else { return all };
    let text = |at: usize| row.get(at).map(ToString::to_string).unwrap_or_default();
    let units = sheet(report, "synthese").and_then(|s| s.rows.iter().find(|r| is(r.first(), "Logements")));
    let column = if run == 0 { 2 } else { 1 + 2 * run };
    if matches!(units.and_then(|r| r.get(column)), Some(Cell::Number { value: 0, .. })) {
        all.push("aucun logement dans les données, donc aucune attribution".to_string());
        return all;
    }
    if run == 0 {
        all.push(format!("{} attributions", text(2)));
        return all;
    }
    let change = match row.get(2 + 2 * run) {
        Some(Cell::Number { value: 0, .. }) => "autant que la base".to_string(),
        cell => signed(cell),
    };
    all.push(format!("{} attributions ({change})", text(1 + 2 * run)));
    let whole = sheet(report, "gains_pertes").and_then(|s| s.rows.iter().find(|r| is(r.first(), "Ensemble")));
    if let Some([gain @ Cell::Number { value: gains, .. }, loss @ Cell::Number { value: losses, .. }]) =
        whole.and_then(|r| r.get(3 * run - 1..3 * run + 1))
    {
        let gains = match gains {
            0 => "aucune demande ne gagne un logement".to_string(),
            1 => "1 demande gagne un logement".to_string(),
            _ => format!("{gain} demandes gagnent un logement"),
        };
        let losses = match losses {
            0 => "aucune n'en perd".to_string(),
            1 => "1 en perd un".to_string(),
            _ => format!("{loss} en perdent un"),
        };
        all.push(format!("{gains}, {losses}"));
    }
    all
}
