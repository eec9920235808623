//! Rules and figures of the pack with their legal references, as programs and the page show them.

use logis::exchange;
use logis::fingerprint;
use logis::pack::citation::{Citation, address, code, parse, parse_parts};
use logis::pack::params::{Parameter, ParameterVersion};
use logis::pack::script::{RuleText, text_at};
use logis::pack::{Parsed, RuleTexts};
use logis::value::{Date, Value};
use serde_json::{Map, Value as Json, json};

/// The references of a line `source:`, each with the articles it names and where it opens; one that cannot be opened
/// stands as it is written.
pub fn references(parsed: &Parsed, line: &str) -> Vec<Citation> {
    let known = &parsed.manifest.texts;
    // A reference that cannot be opened does not hide those beside it.
    let parts = line.split(" ; ").map(str::trim).filter(|part| !part.is_empty());
    let one = |part: &str| {
        parse(part, known).unwrap_or_else(|_| {
            vec![Citation { written: part.to_string(), text: part.to_string(), ..Citation::default() }]
        })
    };
    let mut found: Vec<Citation> = parts.flat_map(one).collect();
    for citation in found.iter_mut().filter(|citation| citation.links().is_empty()) {
        citation.link = code(&citation.text).and_then(|code| address(code.id));
    }
    found
}

/// References for programs.
fn citations(all: &[Citation]) -> Json {
    let one = |citation: &Citation| {
        let article = |(article, part): &(String, String)| match part.is_empty() {
            true => json!({ "article": article }),
            false => json!({ "article": article, "part": part }),
        };
        json!({
            "written": citation.written,
            "text": citation.text,
            "articles": citation.articles.iter().map(article).collect::<Vec<_>>(),
            "ids": citation.ids,
            "links": citation.links(),
        })
    };
    all.iter().map(one).collect()
}

fn entity(parsed: &Parsed, id: usize) -> &str {
    parsed.schema.entities.get(id).map_or("", |entity| entity.name.as_str())
}

/// The rules that decide something: helpers are no rules to whoever asks.
pub fn rules(parsed: &Parsed) -> impl Iterator<Item = &RuleTexts> {
    parsed.rules.iter().filter(|rule| rule.texts.iter().any(|text| !text.helper))
}

/// A rule in a few words, as of a date.
pub fn rule_line(parsed: &Parsed, rule: &RuleTexts, date: Date) -> Json {
    let text = rule.text_near(date);
    let mut keys = Map::new();
    keys.insert("name".into(), json!(rule.name));
    keys.insert("label".into(), json!(text.map_or("", |text| text.doc.label.as_str())));
    keys.insert("entity".into(), json!(entity(parsed, rule.entity)));
    if let Some(unit) = text.and_then(|text| text.doc.unit.as_ref()) {
        keys.insert("unit".into(), json!(unit));
    }
    match rule.outside(date) {
        Some(why) => keys.insert("not_in_force".into(), json!(why.to_string())),
        None => None,
    };
    Json::Object(keys)
}

/// A rule with its text in force on a date, or with all its texts.
pub fn rule(parsed: &Parsed, rule: &RuleTexts, date: Option<Date>, today: Date) -> Json {
    let mut line = rule_line(parsed, rule, date.unwrap_or(today));
    let texts: Vec<Json> = match date {
        Some(date) => text_at(&rule.texts, date).into_iter().map(|text| rule_text(parsed, text)).collect(),
        None => rule.texts.iter().filter(|text| !text.helper).map(|text| rule_text(parsed, text)).collect(),
    };
    if let Some(keys) = line.as_object_mut() {
        if let Some(days) = rule.in_force() {
            let day = |day: Option<Date>| day.map(|day| day.to_string());
            keys.insert("in_force".into(), json!({ "from": day(days.from), "until": day(days.until) }));
        }
        keys.insert("texts".into(), json!(texts));
    }
    line
}

fn rule_text(parsed: &Parsed, text: &RuleText) -> Json {
    let doc = &text.doc;
    let sources: Vec<Citation> = doc.sources.iter().flat_map(|line| references(parsed, line)).collect();
    json!({
        "from": text.from.map(|from| from.to_string()),
        "label": doc.label,
        "sources": citations(&sources),
        "reserves": doc.reserves,
        "doubts": doc.doubts,
        "combined": doc.combined,
        "reads": text.params.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "code": format!("fn {}", fingerprint::source(parsed, text).trim()),
    })
}

/// A parameter in a few words.
pub fn parameter_line(parameter: &Parameter) -> Json {
    let mut keys = Map::new();
    keys.insert("path".into(), json!(parameter.path));
    keys.insert("label".into(), json!(parameter.label));
    if let Some(unit) = &parameter.unit {
        keys.insert("unit".into(), json!(unit));
    }
    keys.insert("by".into(), json!(parameter.by));
    Json::Object(keys)
}

/// A parameter with its values in force on a date, or with all it ever had.
pub fn parameter(parsed: &Parsed, parameter: &Parameter, date: Option<Date>) -> Json {
    let mut line = parameter_line(parameter);
    let versions: Vec<&ParameterVersion> = match date {
        Some(date) => parameter.at(date).into_iter().collect(),
        None => parameter.versions.iter().collect(),
    };
    let versions: Vec<Json> = versions.into_iter().map(|one| version(parsed, one, &parameter.by)).collect();
    if let Some(keys) = line.as_object_mut() {
        if let Some(verified) = &parameter.verified {
            let told = json!({ "on": verified.on.to_string(), "by": verified.by });
            keys.insert("verified".into(), told);
        }
        if let Some(date) = date {
            // The law may have renewed the table since.
            keys.insert("stale".into(), json!(parameter.is_stale(date)));
        }
        keys.insert("versions".into(), json!(versions));
    }
    line
}

fn version(parsed: &Parsed, version: &ParameterVersion, by: &[String]) -> Json {
    let cell = |(keys, cell): (&Vec<Value>, &logis::pack::params::Cell)| {
        let named: Map<String, Json> =
            by.iter().zip(keys).map(|(name, key)| (name.clone(), exchange::value(key))).collect();
        json!({ "keys": named, "value": exchange::value(&cell.value) })
    };
    let sources: Vec<Citation> = version.sources().flat_map(|source| source_of(parsed, source)).collect();
    json!({
        "from": version.from.to_string(),
        "until": version.until.map(|until| until.to_string()),
        "sources": citations(&sources),
        "doubt": version.doubt,
        "cells": version.cells.iter().map(cell).collect::<Vec<_>>(),
    })
}

/// The references of a parameter's source.
fn source_of(parsed: &Parsed, source: &logis::pack::params::Source) -> Vec<Citation> {
    let (id, url) = (source.id.as_deref(), source.url.as_deref());
    parse_parts(&source.title, id, url, &parsed.manifest.texts).unwrap_or_else(|_| {
        vec![Citation {
            written: source.title.clone(),
            text: source.title.clone(),
            ids: source.id.iter().cloned().collect(),
            link: source.url.clone(),
            ..Citation::default()
        }]
    })
}
