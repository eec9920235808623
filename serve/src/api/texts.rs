//! What the pack says: rules and figures as of a date, and what the codes of issues mean.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use logis::data::issue_code;
use logis::diagnostic::{codes, nearest};
use serde_json::json;

use super::{Answer, document};
use crate::asked::{self, Query};
use crate::book;
use crate::problem::Problem;
use crate::service::Service;

/// `GET /v1/regles`: all rules in a few words, as of a date (today, if none is given).
pub async fn rules(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let date = Query::of(&request, &["date"])?.date()?.unwrap_or_else(asked::today);
    let parsed = service.pack.parsed();
    let rules: Vec<_> = book::rules(parsed).map(|rule| book::rule_line(parsed, rule, date)).collect();
    let groups = parsed.manifest.groups.iter();
    let groups: serde_json::Map<_, _> = groups
        .map(|(name, rules)| (name.clone(), rules.iter().map(|(rule, _)| rule.as_str()).collect()))
        .collect();
    let body = json!({
        "date": date.to_string(), "results": service.pack.results(), "groups": groups, "rules": rules,
    });
    document(&body, Some(date))
}

/// `GET /v1/regles/{name}`: a rule with its text in force on a date; without a date, with all its texts.
pub async fn rule(State(service): State<Arc<Service>>, Path(name): Path<String>, request: Request) -> Answer {
    let date = Query::of(&request, &["date"])?.date()?;
    let parsed = service.pack.parsed();
    let Some(rule) = book::rules(parsed).find(|rule| rule.name == name) else {
        return Err(none("règle", &name, book::rules(parsed).map(|rule| rule.name.as_str())));
    };
    document(&book::rule(parsed, rule, date, asked::today()), date)
}

/// `GET /v1/parametres`: all parameters in a few words.
pub async fn parameters(State(service): State<Arc<Service>>, request: Request) -> Answer {
    Query::of(&request, &[])?;
    let parameters: Vec<_> = service.pack.parsed().parameters.iter().map(book::parameter_line).collect();
    document(&json!({ "parameters": parameters }), None)
}

/// `GET /v1/parametres/{path}`: a parameter with its values in force on a date; without a date, with all it ever had.
pub async fn parameter(
    State(service): State<Arc<Service>>,
    Path(path): Path<String>,
    request: Request,
) -> Answer {
    let date = Query::of(&request, &["date"])?.date()?;
    let parsed = service.pack.parsed();
    let Some(parameter) = parsed.parameter(&path).and_then(|id| parsed.parameters.get(id)) else {
        return Err(none("paramètre", &path, parsed.parameters.iter().map(|p| p.path.as_str())));
    };
    document(&book::parameter(parsed, parameter, date), date)
}

/// `GET /v1/codes/{code}`: what a code of an issue means: of data (`D0403`) and of packs (`L0102`).
pub async fn code(Path(code): Path<String>, request: Request) -> Answer {
    Query::of(&request, &[])?;
    let all = || issue_code::all().iter().chain(codes::all());
    let Some(found) = all().find(|known| known.code.eq_ignore_ascii_case(&code)) else {
        return Err(none("code", &code, all().map(|known| known.code)));
    };
    let body = json!({
        "code": found.code, "title": found.title, "level": found.severity.name(), "text": found.text,
    });
    document(&body, None)
}

/// There is nothing of that name, with the nearest that there is.
fn none<'n>(what: &str, name: &str, all: impl Iterator<Item = &'n str>) -> Problem {
    let hint = nearest(name, all).map_or_else(String::new, |near| format!(" ; vouliez-vous dire `{near}` ?"));
    Problem::not_found(
        format!("« {name} » n'est le nom d'aucun {what}{hint}").replace("aucun règle", "aucune règle"),
    )
}
