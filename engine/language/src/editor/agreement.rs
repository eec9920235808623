//! The JSON Schema of `bilan.toml`.

use serde_json::{Value as Json, json};

use super::{day, document, object, properties, said, text, texts};
use crate::pack::Parsed;

/// Of the file of a pack, with its entities.
pub(super) fn schema(parsed: &Parsed) -> Json {
    let source = || said("Où cela est écrit", json!({ "type": ["object", "array"] }));
    let one_of = |description: &str, words: &[&str]| said(description, json!({ "enum": words }));
    let names = |of: Vec<&str>| json!({ "enum": of });
    let entities = names(parsed.schema.entities.iter().map(|e| e.name.as_str()).collect());
    let sum = properties([
        ("rows", said("Compte les lignes de cette entité", entities)),
        ("count", text("Compte les lignes où cette règle, ou ce champ, est vrai")),
        ("sum", text("Additionne cette règle, ou ce champ")),
        ("date", text("Champ de la date par laquelle une ligne est d'une année")),
        ("where", said("Seulement les lignes dont ces champs ont ces valeurs", json!({ "type": "object" }))),
        ("place", text("Champ du code de la commune, si la table n'appartient à aucune")),
    ]);
    let term = object(sum.clone(), &[], json!(false));
    let mut indicator = sum;
    indicator.extend(properties([
        ("id", text("Numéro dans la convention")),
        ("article", text("Article")),
        ("label", text("Ce qui est compté")),
        ("unit", text("Unité ; `%` montre une part en pour cent")),
        ("text", text("Ce qu'il faut savoir pour le lire")),
        ("doute", text("Pourquoi cela peut être faux")),
        ("list", said("Nomme les lignes comptées", json!({ "type": "boolean" }))),
        ("from", day("Premier jour de sa propre période")),
        ("until", day("Dernier jour de sa propre période")),
        ("kind", one_of("Voulu : au moins, au plus, environ", &["at_least", "at_most", "about"])),
        (
            "every",
            one_of(
                "L'objectif vaut par an, pour la période, ou à la dernière date",
                &["year", "period", "last"],
            ),
        ),
        ("made", one_of("Ce que le bilan sait lui-même", &["years", "review", "amendments", "attributions"])),
        ("plus", term.clone()),
        ("over", term.clone()),
        ("target_sum", term),
        ("growth_from", said("Année de base d'une hausse", json!({ "type": "integer" }))),
        ("target", text("Paramètre qui donne l'objectif")),
        ("wanted", said("Chiffre que le texte demande", json!({ "type": "number" }))),
        ("observed", said("Chiffre que le texte donne du passé", json!({ "type": "number" }))),
        ("source", source()),
    ]));
    let export = properties([
        ("id", text("Nom de la table")),
        ("title", text("Ce qu'elle est")),
        ("article", text("Article qui la demande")),
        ("of", text("Entité dont les lignes sont comptées")),
        ("date", text("Champ de la date dont l'année est la première colonne")),
        ("by", texts("Règles et champs par lesquels compter")),
        ("bands", said("Bornes des tranches d'un nombre", json!({ "type": "object" }))),
        ("sums", texts("Règles et champs à additionner")),
        ("only", text("Seulement les lignes où cette règle est vraie")),
    ]);
    let export = object(export, &["id", "title", "of"], json!(false));
    let of_file = properties([
        ("export", json!({ "type": "array", "items": export })),
        ("title", text("Nom de la convention")),
        ("from", day("Premier jour")),
        ("until", day("Dernier jour")),
        ("source", source()),
        ("places", texts("Tables de référence par lesquelles les chiffres sont détaillés")),
        ("indicator", json!({ "type": "array", "items": object(indicator, &["id", "label"], json!(false)) })),
    ]);
    document(
        "Bilan de la convention d'un territoire",
        object(of_file, &["title", "from", "until"], json!(false)),
    )
}
