//! Candidacies and attributions of the tables of a data package, sent as JSON: what `logis candidates` and `logis match`
//! say of the same tables.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderName, HeaderValue, Response};
use logis::data::{InputFile, to_csv, to_json, to_ndjson};
use logis::value::Date;
use logis::{AllocationError, Options, Posing, Sent};

use super::{Answer, document, name_date, text};
use crate::asked::{self, Query};
use crate::day;
use crate::problem::Problem;
use crate::service::Service;

/// What the file of a body is called in messages.
const BODY: &str = "corps.json";

const PARAMETERS: [&str; 5] = ["date", "select", "max_candidates", "no_quotas", "hard"];

/// A problem as it is asked for.
struct Asked {
    date: Date,
    options: Options,
    tables: Vec<u8>,
}

async fn read(service: &Service, request: Request, known: &[&str]) -> Result<Asked, Problem> {
    let query = Query::of(&request, known)?;
    let date = query.date()?.unwrap_or_else(day::today);
    let mut options = Options::default();
    options.select = query.names("select");
    options.hard = query.names("hard");
    options.no_quotas = query.is("no_quotas")?;
    options.max_candidates = match query.get("max_candidates") {
        None => None,
        Some(text) => match text.parse().ok().filter(|most| *most > 0) {
            Some(most) => Some(most),
            None => {
                return Err(Problem::query(format!(
                    "`max_candidates`: « {text} » ; attendu: un entier d'au moins 1"
                )));
            }
        },
    };
    if asked::media(request.headers()) != "application/json" {
        return Err(Problem::media("application/json"));
    }
    let limits = &service.options.limits;
    let tables = asked::body(request, limits.tables, limits).await?.to_vec();
    Ok(Asked { date, options, tables })
}

/// Poses a problem.
fn pose(service: &Service, asked: Asked) -> Result<Sent, Problem> {
    let file = InputFile { name: BODY.to_string(), bytes: asked.tables };
    Sent::new(&service.pack, asked.date, file, &asked.options).map_err(|error| refused(&error))
}

fn refused(error: &AllocationError) -> Problem {
    let title = match error {
        AllocationError::Data(_) => "Données refusées",
        AllocationError::Unmet(_) => "Quotas impossibles",
        AllocationError::Pack(_) | AllocationError::UnknownQuota { .. } | AllocationError::NotInForce(_) => {
            "Règles refusées"
        }
        _ => "Attribution impossible",
    };
    Problem::issues(title, error)
}

/// Tells what is not in the rows of the answer: columns that were not sent, and pairs that they leave open.
fn tell(response: &mut Response<Body>, posing: &Posing, open: u64, absent: &[String]) {
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    put("logis-open-pairs", open.to_string());
    put("logis-failed-pairs", posing.instance.candidates.errors.to_string());
    if !absent.is_empty() {
        put("logis-absent-columns", absent.join(", "));
    }
    name_date(response, Some(posing.plan.pairs.date));
}

/// `POST /v1/candidatures`: a row for each suitable pair, in the form that is accepted.
pub async fn candidates(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let accept =
        request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*").to_string();
    let mut asked = read(&service, request, &["date", "select", "max_candidates"]).await?;
    service
        .compute(move |service| {
            asked.options.no_quotas = true;
            let sent = pose(service, asked)?;
            let (open, Sent { posing, absent, .. }) = (sent.open(), sent);
            let rows = posing.rows("candidatures", |_, _| true);
            let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
            let form = kinds.filter(|kind| !kind.is_empty()).find_map(|kind| match kind {
                "*/*" | "application/*" | "application/json" => Some(("application/json", to_json(&rows))),
                "application/x-ndjson" | "application/ndjson" => {
                    Some(("application/x-ndjson", to_ndjson(&rows)))
                }
                "text/csv" | "text/*" => Some(("text/csv; charset=utf-8", to_csv(&rows))),
                _ => None,
            });
            let Some((media, bytes)) = form else {
                return Err(Problem::not_acceptable("application/json, application/x-ndjson ou text/csv"));
            };
            let mut response = text(media, bytes.map_err(|_| Problem::failed())?);
            tell(&mut response, &posing, open, &absent);
            Ok(response)
        })
        .await
}

/// `POST /v1/attributions`: a document of the kind `matching`, with the proof.
pub async fn attributions(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let asked = read(&service, request, &PARAMETERS).await?;
    service
        .compute(move |service| {
            let sent = pose(service, asked)?;
            let (open, Sent { posing, absent, .. }) = (sent.open(), sent);
            let allocation = posing.solve(None).map_err(|error| refused(&error))?;
            let report = allocation.report().map_err(|error| refused(&error))?;
            let mut response = document(&report, None)?;
            tell(&mut response, &allocation.posing, open, &absent);
            Ok(response)
        })
        .await
}
