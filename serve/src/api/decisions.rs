//! One record, decided or explained.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use logis::value::Date;
use logis::{DataError, Decider};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Answer, document, kept};
use crate::asked;
use crate::day;
use crate::problem::Problem;
use crate::service::Service;

/// What is asked of one record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The date as of which it is decided; today, if none is given.
    date: Option<String>,
    /// Rules and groups; the results of the pack, if none are given.
    #[serde(default)]
    rules: Vec<String>,
    /// The record, of the entity of the rules.
    record: Json,
    /// Keep a receipt of the decision, which the header `Logis-Receipt` names.
    #[serde(default)]
    receipt: bool,
}

impl Asked {
    fn date(&self) -> Result<Date, Problem> {
        match &self.date {
            None => Ok(day::today()),
            Some(text) => day::date(text).map_err(|words| Problem::body(format!("`date`: {words}"))),
        }
    }
}

/// `POST /v1/decisions`: a document of the kind `decision`.
pub async fn decide(State(service): State<Arc<Service>>, request: Request) -> Answer {
    answer(service, request, |service, decider, record, receipt| {
        let decision = counted(service, decider.decide(record))?;
        let mut response = document(&decision, Some(decider.plan().date))?;
        if receipt {
            let receipt = decider.receipt(record).map_err(|error| Problem::data(&error))?;
            let id = kept::place(service)?.keep(&receipt.to_line()).map_err(|error| kept::failed(&error))?;
            if let Ok(id) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(HeaderName::from_static("logis-receipt"), id);
            }
        }
        Ok(response)
    })
    .await
}

/// `POST /v1/explications`: a document of the kind `explanation`.
pub async fn explain(State(service): State<Arc<Service>>, request: Request) -> Answer {
    answer(service, request, |service, decider, record, receipt| {
        if receipt {
            return Err(Problem::body("`receipt`: un reçu se garde d'une décision: /v1/decisions"));
        }
        let explained = counted(service, decider.explanations(record))?;
        document(&explained.document(), Some(decider.plan().date))
    })
    .await
}

async fn answer(
    service: Arc<Service>,
    request: Request,
    of: impl FnOnce(&Service, &Decider, &Json, bool) -> Answer + Send + 'static,
) -> Answer {
    let asked: Asked = asked::json(&service, request, service.options.limits.body).await?;
    let date = asked.date()?;
    service
        .compute(move |service| {
            let decider = service.decider(date, &asked.rules).map_err(|error| Problem::rules(&error))?;
            of(service, &decider, &asked.record, asked.receipt)
        })
        .await
}

/// Counts a record, and says what is wrong with one that does not fit.
pub fn counted<T>(service: &Service, decided: Result<T, DataError>) -> Result<T, Problem> {
    match decided {
        Ok(decided) => {
            service.metrics.records.fetch_add(1, Ordering::Relaxed);
            Ok(decided)
        }
        Err(error) => {
            service.metrics.refused.fetch_add(1, Ordering::Relaxed);
            Err(Problem::data(&error))
        }
    }
}
