//! The description of the interface (OpenAPI 3.1). Its models are the JSON Schemas that the library publishes: of the
//! pack's own data, and of the documents of `logis/1`; OpenAPI 3.1 takes them as they are, under other names.

use logis::data::issue_code;
use logis::diagnostic::codes;
use logis::formats;
use serde_json::{Map, Value as Json, json};

use crate::book;
use crate::models;
use crate::service::Service;

/// The document.
pub fn document(service: &Service) -> Json {
    let mut schemas = models::records(&service.pack, "#/components/schemas/");
    schemas.extend(documents());
    schemas.extend(own());
    schemas.extend(names(service));
    // Documents hold issues of data alone; a problem may be one of rules, or have no code.
    if let Some(mut issue) = schemas.get("logis.issue").cloned() {
        if let Some(code) = issue.pointer_mut("/properties/code") {
            *code = json!({ "type": "string", "pattern": "^([DL][0-9]{4})?$" });
        }
        schemas.insert("issue".into(), issue);
    }
    let title = &service.pack.parsed().manifest.title;
    let title = if title.is_empty() { &service.name } else { title };
    let mut described = json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Logis : {title}"),
            "version": service.options.version.as_deref().unwrap_or(env!("CARGO_PKG_VERSION")),
            "description": format!(
                "Décide, explique et attribue par les règles du paquet « {} » ({}).", service.name, service.hash
            ),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths(),
        "components": { "schemas": schemas },
    });
    if service.options.token.is_some() {
        let scheme = json!({ "jeton": { "type": "http", "scheme": "bearer" } });
        if let Some(components) = described.get_mut("components").and_then(Json::as_object_mut) {
            components.insert("securitySchemes".into(), scheme);
        }
        if let Some(described) = described.as_object_mut() {
            described.insert("security".into(), json!([{ "jeton": [] }]));
        }
    }
    described
}

/// The documents of `logis/1`.
fn documents() -> Map<String, Json> {
    let mut whole: Json = serde_json::from_str(formats::SCHEMA).unwrap_or_default();
    models::rename(&mut whole, "#/$defs/", "#/components/schemas/logis.");
    let parts = whole.get("$defs").and_then(Json::as_object).cloned().unwrap_or_default();
    parts.into_iter().map(|(name, schema)| (format!("logis.{name}"), schema)).collect()
}

/// The names that an address may end with: of rules, of parameters, of codes.
fn names(service: &Service) -> Map<String, Json> {
    let parsed = service.pack.parsed();
    let one = |name: &str, names: Vec<&str>| (name.to_string(), json!({ "type": "string", "enum": names }));
    let rules = book::rules(parsed).map(|rule| rule.name.as_str()).collect();
    let parameters = parsed.parameters.iter().map(|parameter| parameter.path.as_str()).collect();
    let known = issue_code::all().iter().chain(codes::all()).map(|code| code.code).collect();
    let all = [one("rule_name", rules), one("parameter_path", parameters), one("code_name", known)];
    all.into_iter().collect()
}

/// What is no document of `logis/1`.
fn own() -> Map<String, Json> {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let date = || json!({ "type": "string", "format": "date" });
    let maybe_date = || json!({ "type": ["string", "null"], "format": "date" });
    let source = json!({
        "type": "object",
        "properties": {
            "written": text(), "text": text(),
            "articles": { "type": "array", "items": {
                "type": "object",
                "properties": { "article": text(), "part": text() },
                "required": ["article"],
            } },
            "ids": texts(), "links": texts(),
        },
        "required": ["written", "text", "articles", "ids", "links"],
    });
    let sources = json!({ "type": "array", "items": reference("source") });
    let rule = json!({
        "type": "object",
        "properties": {
            "name": text(), "label": text(), "entity": text(), "unit": text(),
            "not_in_force": { "type": "string", "description": "Pourquoi elle n'est pas en vigueur à la date." },
            "in_force": { "type": "object", "properties": { "from": maybe_date(), "until": maybe_date() } },
            "texts": { "type": "array", "items": {
                "type": "object",
                "properties": {
                    "from": maybe_date(), "label": text(), "sources": sources.clone(), "reserves": texts(),
                    "doubts": texts(), "combined": texts(), "reads": texts(), "code": text(),
                },
            } },
        },
        "required": ["name", "label", "entity"],
    });
    let parameter = json!({
        "type": "object",
        "properties": {
            "path": text(), "label": text(), "unit": text(), "by": texts(),
            "verified": { "type": "object", "properties": { "on": date(), "by": text() } },
            "stale": { "type": "boolean", "description": "La loi a peut-être renouvelé ces valeurs depuis." },
            "versions": { "type": "array", "items": {
                "type": "object",
                "properties": {
                    "from": date(), "until": maybe_date(), "sources": sources,
                    "doubt": { "type": ["string", "null"] },
                    "cells": { "type": "array", "items": {
                        "type": "object",
                        "properties": { "keys": { "type": "object" }, "value": {} },
                        "required": ["keys", "value"],
                    } },
                },
            } },
        },
        "required": ["path", "label", "by"],
    });
    let asked = json!({
        "type": "object",
        "properties": {
            "date": { "type": "string", "format": "date", "description": "Date de la décision ; sinon aujourd'hui." },
            "rules": {
                "type": "array", "items": { "type": "string" },
                "description": "Règles et groupes d'une même entité ; sinon les résultats du paquet.",
            },
            "record": reference("record"),
            "receipt": {
                "type": "boolean", "description": "Garder un reçu ; l'en-tête `Logis-Receipt` le nomme.",
            },
        },
        "required": ["record"],
        "additionalProperties": false,
    });
    // A receipt is kept of a decision, and of no explanation.
    let mut explained = asked.clone();
    if let Some(receipt) = explained.pointer_mut("/properties/receipt") {
        *receipt = json!({ "const": false });
    }
    let problem = json!({
        "type": "object",
        "properties": {
            "type": { "type": "string", "description": "`/v1/codes/CODE`, ou `about:blank`." },
            "title": text(), "status": { "type": "integer" }, "detail": text(),
            "issues": { "type": "array", "items": reference("issue") },
        },
        "required": ["type", "title", "status", "detail"],
    });
    let rules = json!({
        "type": "object",
        "properties": {
            "date": date(), "results": texts(),
            "groups": { "type": "object", "additionalProperties": texts() },
            "rules": { "type": "array", "items": reference("rule") },
        },
        "required": ["date", "results", "groups", "rules"],
    });
    let parameters = json!({
        "type": "object",
        "properties": { "parameters": { "type": "array", "items": reference("parameter") } },
        "required": ["parameters"],
    });
    let code = json!({
        "type": "object",
        "properties": {
            "code": text(), "title": text(), "level": text(),
            "text": { "type": "string", "description": "Markdown." },
        },
        "required": ["code", "title", "level", "text"],
    });
    let all = [
        ("source", source),
        ("rule", rule),
        ("rules", rules),
        ("parameter", parameter),
        ("parameters", parameters),
        ("code", code),
        ("asked", asked),
        ("explained", explained),
        ("problem", problem),
    ];
    all.into_iter().map(|(name, schema)| (name.to_string(), schema)).collect()
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The paths.
fn paths() -> Json {
    let one = |summary: &str, asked: &str, answered: &str| {
        operation("post", summary, &[], Some(&content(asked)), &content(answered))
    };
    let get = |summary: &str, parameters: &[Json], answered: &str| {
        operation("get", summary, parameters, None, &content(answered))
    };
    let date = || query("date", json!({ "type": "string", "format": "date" }));
    let names = |name| query(name, json!({ "type": "string", "description": "Des noms entre virgules." }));
    let is = |name| query(name, json!({ "type": "boolean" }));
    let whole =
        |name, least: u32| query(name, json!({ "type": "integer", "minimum": least, "maximum": u32::MAX }));
    let most = whole("max_candidates", 1);
    // What is no JSON has no type of JSON.
    let lines = json!({ "schema": { "description": "Un document par ligne." } });
    let table = json!({ "schema": { "description": "Une ligne par enregistrement, la première nomme les colonnes." } });
    let bytes = json!({ "schema": { "description": "Un flux d'Arrow (IPC)." } });
    let batch = json!({
        "application/x-ndjson": lines, "text/csv": table, "application/vnd.apache.arrow.stream": bytes,
    });
    let rows = json!({ "type": "array", "items": { "type": "object" } });
    let rows = json!({
        "application/json": { "schema": rows }, "application/x-ndjson": lines, "text/csv": table,
    });
    let tables = content("tables");
    json!({
        "/v1/decisions": one("Décide un enregistrement", "asked", "logis.decision"),
        "/v1/explications": one(
            "Explique les décisions d'un enregistrement, et ce qui les changerait", "explained", "logis.explanation"
        ),
        "/v1/lots": operation(
            "post", "Décide des enregistrements l'un après l'autre ; lire la réponse en envoyant",
            &[date(), names("rules"), is("states")], Some(&batch), &batch,
        ),
        "/v1/candidatures": operation(
            "post", "Les couples recevables d'une demande et d'un logement",
            &[date(), names("select"), most.clone()], Some(&tables), &rows,
        ),
        "/v1/attributions": operation(
            "post", "Qui reçoit quel logement, avec la preuve",
            &[
                date(), names("select"), most, is("no_quotas"), names("hard"), whole("seed", 0), whole("keep", 0),
                is("prices"), whole("time_limit", 1),
            ],
            Some(&content("posed")), &content("logis.matching"),
        ),
        "/v1/recus": operation(
            "get", "Tous les reçus, scellés : ce que `logis replay` lit", &[], None,
            &json!({ "application/x-ndjson": lines }),
        ),
        "/v1/recus/{id}": get("Un reçu", &[path("id", json!({ "type": "string" }))], "logis.receipt"),
        "/v1/recus/{id}/rejeu": operation(
            "post", "Décide à nouveau ce qu'un reçu garde", &[path("id", json!({ "type": "string" }))], None, &content("logis.replayed"),
        ),
        "/v1/regles": get("Les règles, à une date", &[date()], "rules"),
        "/v1/regles/{name}": get("Une règle, ses textes et leurs articles", &[path("name", reference("rule_name")), date()], "rule"),
        "/v1/parametres": get("Les paramètres", &[], "parameters"),
        "/v1/parametres/{path}": get(
            "Un paramètre, ses valeurs et leurs articles", &[path("path", reference("parameter_path")), date()], "parameter"
        ),
        "/v1/codes/{code}": get("Ce que veut dire un code", &[path("code", reference("code_name"))], "code"),
    })
}

fn content(schema: &str) -> Json {
    json!({ "application/json": { "schema": reference(schema) } })
}

/// The answers of an operation: what it gives, or a problem.
fn responses(content: &Json) -> Json {
    json!({
        "200": {
            "description": "La réponse.",
            "headers": {
                "Logis-Pack": { "schema": { "type": "string" } },
                "Logis-Pack-Hash": { "schema": { "type": "string" } },
                "Logis-Date": { "schema": { "type": "string", "format": "date" } },
            },
            "content": content,
        },
        "default": {
            "description": "Ce qui ne va pas.",
            "content": { "application/problem+json": { "schema": reference("problem") } },
        },
    })
}

fn operation(
    method: &str,
    summary: &str,
    parameters: &[Json],
    asked: Option<&Json>,
    answered: &Json,
) -> Json {
    let mut operation =
        json!({ "summary": summary, "parameters": parameters, "responses": responses(answered) });
    if let (Some(keys), Some(asked)) = (operation.as_object_mut(), asked) {
        keys.insert("requestBody".into(), json!({ "required": true, "content": asked }));
    }
    json!({ method: operation })
}

fn path(name: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn query(name: &str, schema: Json) -> Json {
    json!({ "name": name, "in": "query", "schema": schema })
}
