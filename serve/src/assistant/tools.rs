//! The tools: what each is for, what it takes, and what it answers. Answers and errors are the documents that HTTP gives.

use logis::diagnostic::foreign;
use logis::value::Date;
use logis::{Decider, Pack};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use super::{Assistant, missing};
use crate::problem::Problem;
use crate::{day, lookup, models};

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Decide,
    Explain,
    Missing,
    Rules,
    Rule,
    Parameters,
    Parameter,
    Code,
}

/// What is asked of a record.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRecord {
    date: Option<String>,
    #[serde(default)]
    rules: Vec<String>,
    record: Json,
}

/// What is asked of a list.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OfList {
    date: Option<String>,
    #[serde(default)]
    words: String,
}

/// What is asked of one rule, one parameter or one code.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OfName {
    date: Option<String>,
    name: String,
}

impl Tool {
    pub const ALL: [Tool; 8] = [
        Tool::Decide,
        Tool::Explain,
        Tool::Missing,
        Tool::Rules,
        Tool::Rule,
        Tool::Parameters,
        Tool::Parameter,
        Tool::Code,
    ];

    pub fn named(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Tool::Decide => "decider",
            Tool::Explain => "expliquer",
            Tool::Missing => "questions",
            Tool::Rules => "regles",
            Tool::Rule => "regle",
            Tool::Parameters => "parametres",
            Tool::Parameter => "parametre",
            Tool::Code => "code",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Tool::Decide => "Décider par les règles",
            Tool::Explain => "Pourquoi, et ce qui changerait un refus",
            Tool::Missing => "Ce qui reste à demander",
            Tool::Rules => "Les règles et leurs groupes",
            Tool::Rule => "Le texte d'une règle à une date",
            Tool::Parameters => "Les chiffres de la loi, par leurs noms",
            Tool::Parameter => "Un chiffre de la loi à une date",
            Tool::Code => "Ce que veut dire le code d'une faute",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Tool::Decide => {
                "Les résultats des règles pour un ménage, à une date : un document `decision`. C'est cet outil qui \
                 décide, et non l'assistant. Ce qui manque ou vaut null est inconnu : un résultat qui en dépend est \
                 « unknown », avec ce qui manque, et n'est ni oui ni non. Rien n'est gardé."
            }
            Tool::Explain => {
                "Pourquoi chaque résultat est ce qu'il est, avec les textes cités, et ce qui changerait chaque refus : \
                 un document `explanation`. À reprendre avec ses sources et ses réserves, sans rien y ajouter. Rien \
                 n'est gardé."
            }
            Tool::Missing => {
                "Les données qui peuvent encore changer les résultats demandés, et elles seules, d'abord celle après \
                 laquelle il en reste le moins : chacune avec sa place dans `record`, ce qu'elle veut dire, sa forme \
                 et les règles qui l'attendent. Une liste vide : tout ce qui peut être demandé l'a été."
            }
            Tool::Rules => {
                "Les règles en quelques mots, à une date, avec les groupes et les résultats du paquet : pour trouver \
                 le nom d'une règle à donner aux autres outils."
            }
            Tool::Rule => {
                "Une règle : ses textes (celui en vigueur si une date est donnée), ses articles et l'adresse où ils \
                 s'ouvrent, ses réserves et ses doutes, les paramètres qu'elle lit."
            }
            Tool::Parameters => {
                "Les paramètres (plafonds, seuils, montants) en quelques mots : pour trouver le nom d'un chiffre."
            }
            Tool::Parameter => {
                "Un chiffre de la loi : ses valeurs (celles en vigueur si une date est donnée), leurs textes, et \
                 jusqu'à quand elles ont été vérifiées. `stale` dit que la loi les a peut-être renouvelées depuis."
            }
            Tool::Code => "Ce que veut dire le code d'une faute (D0403, L0102) qu'un autre outil a rendue.",
        }
    }

    /// What it takes.
    fn schema(self, pack: &Pack) -> Json {
        let date = |otherwise: &str| {
            json!({
                "type": "string", "format": "date",
                "description": format!("Date de la décision ou du texte, AAAA-MM-JJ ; sinon {otherwise}."),
            })
        };
        let name = |of: &str| json!({ "type": "string", "description": of });
        let words = name("Des mots du nom ou du libellé ; sinon, tous.");
        match self {
            Tool::Decide => {
                let mut models = models::records(pack, "#/$defs/");
                models.retain(|name, _| name.starts_with("table."));
                let any: Vec<Json> =
                    models.keys().map(|name| json!({ "$ref": format!("#/$defs/{name}") })).collect();
                let main = pack.main_entity().and_then(|id| pack.parsed().schema.entities.get(id));
                let main = main.map_or("demande", |entity| entity.name.as_str());
                let record = json!({
                    "description": format!(
                        "Une ligne de l'entité des règles ({main}, pour les résultats du paquet) avec ce qui lui \
                         appartient ; absent ou null : inconnu. Aucun nom, aucune adresse."
                    ),
                    "anyOf": any,
                });
                let mut schema = of_record_schema(date("aujourd'hui"), record);
                if let Some(keys) = schema.as_object_mut() {
                    keys.insert("$defs".into(), json!(models));
                }
                schema
            }
            // The models are told once: they are most of what a client reads of the tools.
            Tool::Explain | Tool::Missing => {
                let record =
                    json!({ "type": "object", "description": "De la forme du `record` de `decider`." });
                of_record_schema(date("aujourd'hui"), record)
            }
            Tool::Rules => object(&[("date", date("aujourd'hui")), ("words", words)], &[]),
            Tool::Parameters => object(&[("words", words)], &[]),
            Tool::Rule => {
                let name = name("Nom de la règle, ex. eligible_plus.");
                object(&[("date", date("tous ses textes")), ("name", name)], &["name"])
            }
            Tool::Parameter => {
                let name = name("Chemin du paramètre, ex. plus.plafond.");
                object(&[("date", date("toutes ses valeurs")), ("name", name)], &["name"])
            }
            Tool::Code => object(&[("name", name("Le code, ex. D0403."))], &["name"]),
        }
    }

    /// The tool, described.
    pub fn offered(self, pack: &Pack) -> Json {
        json!({
            "name": self.name(),
            "title": self.title(),
            "description": self.description(),
            "inputSchema": self.schema(pack),
            "annotations": {
                "title": self.title(), "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true,
                "openWorldHint": false,
            },
        })
    }

    /// The answer to a call, or what is wrong with it.
    pub fn answer(self, assistant: &Assistant, arguments: Json) -> Result<Json, Problem> {
        let pack = &assistant.pack;
        match self {
            Tool::Decide => of_record(assistant, arguments, |decider, record| {
                document(decider.decide(record).map_err(|error| Problem::data(&error))?)
            }),
            Tool::Explain => of_record(assistant, arguments, |decider, record| {
                document(decider.explanations(record).map_err(|error| Problem::data(&error))?.document())
            }),
            Tool::Missing => {
                of_record(assistant, arguments, |decider, record| missing::document(pack, decider, record))
            }
            Tool::Rules => {
                let OfList { date, words } = read(arguments)?;
                Ok(lookup::rules(pack, day_of(date)?.unwrap_or_else(day::today), &words))
            }
            Tool::Parameters => {
                let OfList { date, words } = read(arguments)?;
                none(date, "les paramètres sont nommés sans date")?;
                Ok(lookup::parameters(pack, &words))
            }
            Tool::Rule => {
                let OfName { date, name } = read(arguments)?;
                lookup::rule(pack, &name, day_of(date)?)
            }
            Tool::Parameter => {
                let OfName { date, name } = read(arguments)?;
                lookup::parameter(pack, &name, day_of(date)?)
            }
            Tool::Code => {
                let OfName { date, name } = read(arguments)?;
                none(date, "un code a le même sens à toute date")?;
                lookup::code(&name)
            }
        }
    }
}

/// The schema of what is asked of a record.
fn of_record_schema(date: Json, record: Json) -> Json {
    let rules = json!({
        "type": "array", "items": { "type": "string" },
        "description": "Noms de règles ou de groupes d'une même entité (outil `regles`) ; sinon les résultats du paquet.",
    });
    object(&[("date", date), ("rules", rules), ("record", record)], &["record"])
}

/// A schema of these properties, and of no others.
fn object(properties: &[(&str, Json)], required: &[&str]) -> Json {
    let properties: Map<String, Json> =
        properties.iter().map(|(name, schema)| ((*name).to_string(), schema.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// The arguments, or what is wrong with them.
fn read<T: DeserializeOwned>(arguments: Json) -> Result<T, Problem> {
    T::deserialize(arguments).map_err(|error| Problem::arguments(foreign::json(&error)))
}

fn day_of(date: Option<String>) -> Result<Option<Date>, Problem> {
    let read =
        |text: String| day::date(&text).map_err(|words| Problem::arguments(format!("`date`: {words}")));
    date.map(read).transpose()
}

/// No date is heard here.
fn none(date: Option<String>, why: &str) -> Result<(), Problem> {
    date.map_or(Ok(()), |_| Err(Problem::arguments(format!("`date`: {why}"))))
}

fn of_record(
    assistant: &Assistant,
    arguments: Json,
    answer: impl FnOnce(&Decider, &Json) -> Result<Json, Problem>,
) -> Result<Json, Problem> {
    let OfRecord { date, rules, record } = read(arguments)?;
    let date = day_of(date)?.unwrap_or_else(day::today);
    let decider =
        assistant.deciders.of(&assistant.pack, date, &rules).map_err(|error| Problem::rules(&error))?;
    answer(&decider, &record)
}

fn document(body: impl Serialize) -> Result<Json, Problem> {
    serde_json::to_value(body).map_err(|_| Problem::failed())
}
