//! JSON Schemas of the files of a pack, for completion in editors.
//!
//! They say which keys there are and what they hold, with the names of the pack itself: a case may give
//! a field or a rule of its entity, and expects rules. What they let pass is still checked when the pack
//! is read; they are made from the pack, so write them again when its names change.

mod agreement;
mod grid;

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::codes;
use crate::pack::Parsed;
use crate::pack::manifest::Ranks;
use crate::pack::schema::{Entity, Field, FieldKind, Origin};

/// The schemas, by the name of the file that holds each, with the files of a pack that it is about.
pub fn schemas(parsed: &Parsed) -> Vec<(&'static str, Vec<&'static str>, Json)> {
    vec![
        ("bilan.schema.json", vec!["**/bilan.toml"], agreement::schema(parsed)),
        ("cas.schema.json", vec!["**/*.cas.toml"], cases(parsed)),
        ("grille.schema.json", vec!["**/grille.toml", "**/*.grille.toml"], grid::schema(parsed)),
        ("mutants.schema.json", vec!["mutants.toml"], mutants(parsed)),
        ("pack.schema.json", vec!["pack.toml"], manifest(parsed)),
        ("parametres.schema.json", vec!["**/*.toml"], parameters()),
        ("schema.schema.json", vec!["schema.toml"], schema()),
        ("territoire.schema.json", vec!["**/territoire.toml"], territory(parsed)),
    ]
}

/// What the editor plug-ins that read `.taplo.toml` need to find the schemas, put into the same folder.
pub fn taplo(parsed: &Parsed) -> String {
    let mut out = String::from("# Écrit par `logis schema --files` : quel schéma pour quel fichier.\n");
    for (file, about, _) in schemas(parsed) {
        let quoted: Vec<String> = about.iter().map(|a| format!("\"{a}\"")).collect();
        let others = if file == "parametres.schema.json" {
            "exclude = [\"**/*.cas.toml\", \"Cargo.toml\", \"pack.toml\", \"schema.toml\", \"mutants.toml\", \"**/territoire.toml\", \"**/bilan.toml\", \"**/grille.toml\", \"**/*.grille.toml\", \".taplo.toml\"]\n"
        } else {
            ""
        };
        out.push_str(&format!(
            "\n[[rule]]\ninclude = [{}]\n{others}schema = {{ path = \"{file}\" }}\n",
            quoted.join(", ")
        ));
    }
    out
}

fn document(title: &str, mut schema: Json) -> Json {
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
        object.insert("title".into(), json!(title));
    }
    schema
}

fn object(properties: Map<String, Json>, required: &[&str], others: Json) -> Json {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": others,
    })
}

fn properties<const N: usize>(of: [(&str, Json); N]) -> Map<String, Json> {
    of.into_iter().map(|(key, schema)| (key.to_string(), schema)).collect()
}

fn said(description: &str, mut schema: Json) -> Json {
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".into(), json!(description));
    }
    schema
}

fn text(description: &str) -> Json {
    said(description, json!({ "type": "string" }))
}

fn texts(description: &str) -> Json {
    said(description, json!({ "type": "array", "items": { "type": "string" } }))
}

/// A day is a text for most readers of TOML.
fn day(description: &str) -> Json {
    said(description, json!({ "type": "string", "format": "date" }))
}

fn cases(parsed: &Parsed) -> Json {
    let rules: Map<String, Json> = parsed
        .rules
        .iter()
        .filter_map(|rule| {
            let text = rule.texts.iter().find(|t| !t.helper)?;
            Some((rule.name.clone(), json!({ "description": text.doc.label })))
        })
        .collect();
    let fields = parsed.schema.fields.iter().map(|f| (f.name.clone(), json!({ "description": f.label })));
    let expected: Map<String, Json> = rules.clone().into_iter().chain(fields).collect();
    let tolerances = rules.keys().map(|rule| (rule.clone(), json!({ "type": "number" }))).collect();
    let names = json!({ "type": ["string", "array"] });
    let reasons = rules.keys().map(|rule| (rule.clone(), names.clone())).collect();
    let mut of_case = properties([
        ("tolerance", said("Écart admis, par règle", object(tolerances, &[], json!(false)))),
        ("raisons", said("Ce que l'explication doit nommer, par règle", object(reasons, &[], json!(false)))),
        ("nom", text("Nom du cas")),
        ("date", day("Date à laquelle le cas est décidé")),
        (
            "attendu",
            said(
                "Résultats attendus ; \"inconnu\" : le résultat doit l'être",
                object(expected, &[], json!(false)),
            ),
        ),
    ]);
    for (id, entity) in parsed.schema.entities.iter().enumerate() {
        let row = row(parsed, id, entity, &rules);
        let rows = json!({ "anyOf": [row, { "type": "array", "items": row }] });
        of_case.insert(entity.name.clone(), said(&entity.label, rows));
    }
    let case = object(of_case, &["nom", "date"], json!(false));
    document(
        "Cas d'un paquet de règles Logis",
        object(properties([("cas", json!({ "type": "array", "items": case }))]), &[], json!(false)),
    )
}

/// The row of a case: fields by name or column, relations by column, rules given in place of computed.
fn row(parsed: &Parsed, id: usize, entity: &Entity, rules: &Map<String, Json>) -> Json {
    let mut cells = Map::new();
    for rule in parsed.rules.iter().filter(|r| r.entity == id) {
        cells.extend(rules.get(&rule.name).map(|schema| (rule.name.clone(), schema.clone())));
    }
    for relation in &entity.belongs_to {
        cells.insert(relation.column.clone(), json!({ "type": ["string", "number"] }));
    }
    if !entity.key.is_empty() {
        cells.insert(entity.key.clone(), json!({ "type": ["string", "number"] }));
    }
    for field in entity.fields.iter().filter_map(|&f| parsed.schema.fields.get(f)) {
        cells.insert(field.column.clone(), said(&field.label, cell(field)));
        cells.insert(field.name.clone(), said(&field.label, cell(field)));
    }
    object(cells, &[], json!(false))
}

fn cell(field: &Field) -> Json {
    match &field.kind {
        FieldKind::Boolean => json!({ "anyOf": [{ "type": "boolean" }, { "const": "inconnu" }] }),
        FieldKind::Number { .. } => json!({ "type": ["number", "string"] }),
        FieldKind::Date => json!({ "type": "string" }),
        FieldKind::Text => json!({ "type": ["string", "number"] }),
        FieldKind::Codes => json!({ "type": ["string", "number", "array"] }),
        FieldKind::Enum(values) => {
            let values: Vec<&str> = values.iter().map(AsRef::as_ref).chain(["inconnu"]).collect();
            json!({ "enum": values })
        }
    }
}

fn mutants(parsed: &Parsed) -> Json {
    let rules: Vec<&str> = parsed.rules.iter().map(|r| r.name.as_str()).collect();
    let parameters: Vec<&str> = parsed.parameters.iter().map(|p| p.path.as_str()).collect();
    let references = parsed.schema.entities.iter().filter(|e| matches!(e.origin, Origin::Reference { .. }));
    let references: Vec<&str> = references.map(|e| e.name.as_str()).collect();
    let mutant = properties([
        ("rule", json!({ "enum": rules })),
        ("parameter", json!({ "enum": parameters })),
        ("table", json!({ "enum": references })),
        ("from", day("Premier jour du texte ou de la valeur")),
        ("change", text("Le changement, tel que `logis mutate` le dit")),
        ("reason", text("Pourquoi aucun cas n'a à le voir")),
    ]);
    let condition = properties([
        ("rule", json!({ "enum": rules })),
        ("from", day("Premier jour du texte")),
        ("condition", text("La condition, telle que `logis coverage` la dit")),
        ("reason", text("Pourquoi aucun cas n'a à la montrer")),
    ]);
    let mutants = json!({ "type": "array", "items": object(mutant, &["reason"], json!(false)) });
    let conditions = object(condition, &["rule", "condition", "reason"], json!(false));
    let conditions = json!({ "type": "array", "items": conditions });
    document(
        "Ce qu'aucun cas d'un paquet de règles Logis n'a à montrer",
        object(properties([("mutant", mutants), ("condition", conditions)]), &[], json!(false)),
    )
}

fn manifest(parsed: &Parsed) -> Json {
    let rules: Vec<&str> = parsed.rules.iter().map(|r| r.name.as_str()).collect();
    let fields: Vec<&str> = parsed.schema.fields.iter().map(|f| f.name.as_str()).collect();
    let entities: Vec<&str> = parsed.schema.entities.iter().map(|e| e.name.as_str()).collect();
    let names: Vec<&str> = rules.iter().chain(&fields).copied().collect();
    let list = json!({ "type": "array", "items": { "enum": names } });
    let levels: Map<String, Json> = codes::all()
        .iter()
        .filter(|c| c.adjustable)
        .map(|c| (c.code.to_string(), said(c.title, json!({ "enum": ["off", "note", "warning", "error"] }))))
        .collect();
    let check = properties([
        ("sources", said("Chaque texte d'une règle a-t-il une source ?", json!({ "type": "boolean" }))),
        (
            "cases_per_rule",
            said("Cas qui attendent un résultat de chaque règle", json!({ "type": "integer" })),
        ),
        (
            "open_sources",
            said(
                "Chaque source doit-elle pouvoir s'ouvrir ? Comme `sources`, si rien n'est dit",
                json!({ "type": "boolean" }),
            ),
        ),
        ("tables_since", day("Premier jour que toute table doit couvrir")),
        ("levels", said("Niveau de chaque constat de `logis check`", object(levels, &[], json!(false)))),
    ]);
    let pairs: Vec<&str> = parsed
        .schema
        .entities
        .iter()
        .filter(|e| matches!(e.origin, Origin::Pair(..)))
        .map(|e| e.name.as_str())
        .collect();
    let matching = properties([
        ("candidature", said("L'entité des couples", json!({ "enum": pairs }))),
        ("suitable", said("Règle du couple : ce logement peut-il être proposé ?", json!({ "enum": rules }))),
        (
            "priority",
            said("Règle de la demande, de 0 à 16 777 216 : qui passe d'abord", json!({ "enum": rules })),
        ),
        (
            "order",
            said(
                "Points puis adéquation, ou chaque demande son mieux dans l'ordre des points",
                json!({ "enum": ["fit-after-points", "by-points"] }),
            ),
        ),
        (
            "ranks",
            said(
                "Les rangs d'après le premier : par les niveaux de l'appariement, ou pour le plus de baux attendus",
                json!({ "enum": Ranks::WRITTEN }),
            ),
        ),
        (
            "tie",
            said("Nombre ou date de la demande : qui passe d'abord à points égaux", json!({ "enum": names })),
        ),
        (
            "fit",
            said("Règle du couple, de 0 à 1000 : combien le logement convient", json!({ "enum": rules })),
        ),
        ("blocks", said("Règles du couple par lesquelles chercher les candidatures", list.clone())),
    ]);
    let one = |what| said(what, json!({ "enum": names }));
    let measures = properties([
        ("requests_by", said("Par quoi distinguer les demandes", list.clone())),
        ("units_by", said("Par quoi distinguer les logements", list.clone())),
        ("burden", one("Règle du couple : le taux d'effort")),
        ("waiting", one("Règle de la demande : son ancienneté, en mois")),
        ("product", one("Par quoi les réservations sont comptées")),
    ]);
    let territories = properties([
        (
            "table",
            said("La table de référence dont chaque ligne est d'un territoire", json!({ "enum": entities })),
        ),
        ("levels", texts("Ses colonnes par lesquelles une ligne l'est, de la plus large à la plus fine")),
        (
            "through",
            said(
                "Par où passe une entité qui y mène de plusieurs façons",
                object(Map::new(), &[], json!({ "enum": entities })),
            ),
        ),
    ]);
    let starts = |what| said(what, json!({ "type": "array", "items": { "type": "string" } }));
    let doc = properties([
        ("rights", starts("Début du nom des règles qui disent qui a droit à une aide")),
        ("gives", starts("Début du nom des règles qui disent ce qu'une aide donne")),
    ]);
    let text_of_sources = properties([
        ("id", text("Identifiant : JORFTEXT, LEGITEXT, NOR")),
        ("url", text("Adresse")),
        ("place", text("Où le texte se trouve, s'il n'a ni l'un ni l'autre")),
    ]);
    let text_of_sources = object(text_of_sources, &[], json!(false));
    let all = properties([
        ("name", text("Identifiant du paquet")),
        ("title", text("Titre du paquet")),
        ("version", text("Version du paquet, que les rapports disent à côté de l'empreinte")),
        ("entity", said("Entité décidée quand rien n'est demandé", json!({ "enum": entities }))),
        ("results", said("Règles montrées par défaut", list.clone())),
        ("groups", said("Règles demandées ensemble", object(Map::new(), &[], list))),
        ("matching", object(matching, &[], json!(true))),
        ("measures", object(measures, &[], json!(true))),
        ("territories", object(territories, &["table", "levels"], json!(false))),
        ("doc", object(doc, &[], json!(true))),
        ("sources", said("Textes nommés sans identifiant", object(Map::new(), &[], text_of_sources))),
        ("check", object(check, &[], json!(true))),
    ]);
    document("Manifeste d'un paquet de règles Logis", object(all, &[], json!(true)))
}

fn territory(parsed: &Parsed) -> Json {
    let mut all = properties([
        ("name", text("Nom pour les personnes")),
        ("from", day("Premier jour où c'en est un")),
        ("until", day("Dernier jour")),
        ("source", said("Où cela est écrit", json!({ "type": ["object", "array"] }))),
        ("doute", text("Pourquoi cela peut être faux")),
    ]);
    for level in &parsed.territories.levels {
        all.insert(level.column.clone(), texts("Où il est, par les codes de cette colonne"));
    }
    document("Territoire d'un paquet de règles Logis", object(all, &["name", "source"], json!(false)))
}

fn parameters() -> Json {
    let source = properties([
        ("title", text("Titre du texte et article")),
        ("id", text("Identifiant du texte : JORFTEXT, LEGIARTI, NOR")),
        ("url", text("Adresse d'une page qui le montre")),
    ]);
    let source = object(source, &["title"], json!(false));
    let source = json!({ "anyOf": [source, { "type": "array", "items": source }] });
    let verified = properties([
        ("on", day("Dernier jour où les valeurs ont été vues en vigueur")),
        ("by", text("D'après quoi : une page et son jour, la version d'un programme")),
    ]);
    let version = properties([
        ("from", day("Premier jour où la valeur vaut")),
        ("until", day("Dernier jour, si rien ne suit")),
        ("source", said("Référence légale, ou plusieurs", source)),
        ("doute", text("Pourquoi la valeur peut être fausse")),
        ("value", json!({ "type": ["number", "boolean", "string"] })),
    ]);
    let parameter = properties([
        ("label", text("Nom pour les personnes")),
        ("unit", text("Unité : EUR/an, m², ans…")),
        ("by", texts("Clés des cellules, la première d'abord")),
        (
            "verified",
            said("Jusqu'où les valeurs sont vérifiées", object(verified, &["on", "by"], json!(false))),
        ),
        ("renewed", said("La loi la renouvelle chaque année", json!({ "const": "yearly" }))),
        ("values", json!({ "type": "array", "items": { "$ref": "#/$defs/version" } })),
    ]);
    let mut declared = parameter.clone();
    declared.extend(properties([
        ("local", said("Seuls des territoires la donnent", json!({ "const": true }))),
        ("type", said("Type des valeurs", json!({ "enum": ["number", "boolean", "date", "text"] }))),
    ]));
    let any = ["parameter", "declared", "folder"].map(|name| json!({ "$ref": format!("#/$defs/{name}") }));
    let any = json!({ "anyOf": any });
    document(
        "Tables de paramètres d'un paquet de règles Logis",
        json!({
            "type": "object",
            "additionalProperties": any,
            "$defs": {
                "parameter": object(parameter, &["values"], json!(false)),
                "declared": object(declared, &["local", "type"], json!(false)),
                "version": object(version, &["from", "source"], json!({ "$ref": "#/$defs/cell" })),
                "cell": { "anyOf": [
                    { "type": ["number", "boolean", "string"] },
                    { "type": "array", "items": { "$ref": "#/$defs/cell" } },
                    { "type": "object", "additionalProperties": { "$ref": "#/$defs/cell" } },
                ] },
                "folder": { "type": "object", "additionalProperties": any },
            },
        }),
    )
}

fn schema() -> Json {
    let yes = || json!({ "type": "boolean" });
    let field = properties([
        (
            "type",
            said(
                "Ce que tiennent les cellules",
                json!({ "enum": ["amount", "integer", "decimal", "boolean", "date", "text", "codes"] }),
            ),
        ),
        ("values", texts("Liste fermée, à la place d'un type")),
        ("synonyms", object(Map::new(), &[], json!({ "type": "array", "items": { "type": "string" } }))),
        ("of", text("L'entité de référence dont les cellules tiennent des codes")),
        ("unit", text("Unité : EUR/an, m²…")),
        (
            "range",
            said(
                "Plus petite et plus grande valeur",
                json!({ "type": "array", "items": { "type": "number" } }),
            ),
        ),
        ("decimals", said("Décimales d'un `decimal`", json!({ "type": "integer" }))),
        ("required", said("Une cellule vide est-elle une erreur ?", yes())),
        (
            "empty",
            text("Ce qu'est une cellule vide, connue : `none` (texte, codes) ou une des valeurs de la liste"),
        ),
        ("territory", said("Nomme-t-il le territoire de la ligne ?", yes())),
        ("unlisted", text("Pourquoi une cellule vide est hors de la liste")),
        ("exhaustive", text("Pourquoi une cellule vide est une des valeurs de la liste, et rien d'autre")),
        ("column", text("Nom de la colonne, s'il diffère")),
        ("label", text("Nom pour les personnes")),
        ("form", text("Où le formulaire officiel le demande")),
    ]);
    let relation = properties([
        ("column", text("Colonne qui tient l'identifiant")),
        ("required", said("Chaque ligne en a-t-elle une ?", yes())),
        ("min", said("Nombre de membres, au moins", json!({ "type": "integer" }))),
    ]);
    let entity = properties([
        ("label", text("Nom pour les personnes")),
        ("table", text("Fichier ou feuille du paquet de données")),
        ("source", text("Fichier CSV du paquet de règles")),
        ("pair", texts("Les deux côtés d'un couple")),
        ("key", text("Colonne de l'identifiant")),
        ("names", text("Colonne d'un nom par code, dans une table de référence")),
        ("belongs_to", object(Map::new(), &[], object(relation, &["column"], json!(false)))),
        ("fields", object(Map::new(), &[], object(field, &[], json!(false)))),
    ]);
    document("Schéma d'un paquet de règles Logis", object(Map::new(), &[], object(entity, &[], json!(false))))
}
