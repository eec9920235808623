//! What a workbook says of itself: which data, which rules, which engine.

use logis::data::Dataset;
use logis::fingerprint::of_pack;
use logis::plan::Plan;

/// Characters of a hash that are shown: enough to compare, not to seal.
const SHOWN: usize = 16;

/// The data package, in the words that it has for itself.
pub fn data(dataset: &Dataset) -> Vec<String> {
    let about = &dataset.about;
    let mut lines: Vec<String> = about.title.iter().map(|title| format!("Données : {title}.")).collect();
    if about.synthetic {
        lines.push("Ces ménages sont inventés : les données sont synthétiques.".to_string());
    }
    lines
}

/// The pack, and what is to be known of its rules on the date.
pub fn rules(plan: &Plan) -> Vec<String> {
    let manifest = &plan.parsed.manifest;
    let name = match (manifest.title.as_str(), manifest.name.as_str()) {
        ("", "") => "sans nom".to_string(),
        ("", name) => name.to_string(),
        (title, "") => title.to_string(),
        (title, name) => format!("{title} ({name})"),
    };
    let hash = of_pack(&plan.parsed);
    let hash: String = hash.trim_start_matches("sha256:").chars().take(SHOWN).collect();
    let mut lines = vec![
        format!("Paquet de règles : {name}, empreinte {hash}."),
        format!("Calculé par logis {}.", env!("CARGO_PKG_VERSION")),
    ];
    lines.extend(plan.warnings.iter().map(|warning| format!("À savoir : {warning}")));
    lines.extend(plan.notes.iter().map(|note| format!("À savoir : {note}")));
    lines.push("Ce calcul applique les règles aux données qu'on lui a données ; il n'est pas la décision de l'organisme compétent.".to_string());
    lines
}
