//! What the pack says: rules and figures as of a date, and what the codes of issues mean.

use std::sync::Arc;

use axum::extract::{Path, Request, State};

use super::{Answer, document};
use crate::asked::Query;
use crate::day;
use crate::lookup;
use crate::service::Service;

/// `GET /v1/regles`: all rules in a few words, as of a date (today, if none is given).
pub async fn rules(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let date = Query::of(&request, &["date"])?.date()?.unwrap_or_else(day::today);
    document(&lookup::rules(&service.pack, date, ""), Some(date))
}

/// `GET /v1/regles/{name}`: a rule with its text in force on a date; without a date, with all its texts.
pub async fn rule(State(service): State<Arc<Service>>, Path(name): Path<String>, request: Request) -> Answer {
    let date = Query::of(&request, &["date"])?.date()?;
    document(&lookup::rule(&service.pack, &name, date)?, date)
}

/// `GET /v1/parametres`: all parameters in a few words.
pub async fn parameters(State(service): State<Arc<Service>>, request: Request) -> Answer {
    Query::of(&request, &[])?;
    document(&lookup::parameters(&service.pack, ""), None)
}

/// `GET /v1/parametres/{path}`: a parameter with its values in force on a date; without a date, with all it ever had.
pub async fn parameter(
    State(service): State<Arc<Service>>,
    Path(path): Path<String>,
    request: Request,
) -> Answer {
    let date = Query::of(&request, &["date"])?.date()?;
    document(&lookup::parameter(&service.pack, &path, date)?, date)
}

/// `GET /v1/codes/{code}`: what a code of an issue means: of data (`D0403`) and of packs (`L0102`).
pub async fn code(Path(code): Path<String>, request: Request) -> Answer {
    Query::of(&request, &[])?;
    document(&lookup::code(&code)?, None)
}
