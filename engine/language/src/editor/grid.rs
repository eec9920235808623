//! The JSON Schema of `grille.toml`.

use serde_json::{Value as Json, json};

use super::{day, document, object, properties, said, text, texts};
use crate::pack::Parsed;

/// Of the file of a pack, with its entities.
pub(super) fn schema(parsed: &Parsed) -> Json {
    let source = || said("Où cela est écrit", json!({ "type": ["object", "array"] }));
    let number = |description: &str| said(description, json!({ "type": "number" }));
    let pair = json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 });
    let entities: Vec<&str> = parsed.schema.entities.iter().map(|e| e.name.as_str()).collect();
    let criterion = properties([
        ("name", text("Son nom, dont est fait celui de sa règle")),
        ("label", text("Ce qui vaut des points")),
        ("when", text("Condition : une règle ou un champ vrai ou faux, ou une expression")),
        ("of", text("Nombre dont chaque unité vaut les points, ou dont sont les tranches")),
        ("points", number("Points")),
        ("bands", said("Tranches : à partir de, points", json!({ "type": "array", "items": pair }))),
        ("unknown", text("Pourquoi les points ne sont pas connus")),
        ("cap", number("Au plus")),
        ("group", text("De ceux d'un même groupe, seul le plus grand compte")),
        ("from", day("Premier jour, si ce n'est celui de la grille")),
        ("until", day("Dernier jour")),
        ("doute", text("Pourquoi cela peut être faux")),
        ("source", source()),
    ]);
    let whole = properties([
        ("title", text("Ce que compte la grille")),
        ("rule", text("Règle qu'elle fait : `cotation`, si rien n'est dit")),
        (
            "entity",
            said("Entité de cette règle, si aucune règle nationale n'a son nom", json!({ "enum": entities })),
        ),
        ("from", day("Premier jour")),
        ("until", day("Dernier jour")),
        ("source", source()),
        ("doute", text("Pourquoi cela peut être faux")),
        ("reserves", texts("Ce que la grille demande et qui n'est pas repris")),
        ("cap", number("Points au plus, en tout")),
        (
            "criterion",
            json!({ "type": "array", "items": object(criterion, &["name", "label"], json!(false)) }),
        ),
    ]);
    let file = object(whole, &["title", "from", "criterion"], json!(false));
    document("Une grille de points (grille.toml)", file)
}
