//! Candidacies and attributions of the tables of a data package, sent as JSON: what `logis candidates` and `logis match`
//! say of the same tables.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderName, HeaderValue, Response};
use logis::data::{InputFile, to_csv, to_json, to_ndjson};
use logis::pack::schema::Origin;
use logis::value::Date;
use logis::{AllocationError, AskedError, AskedOptions, Options, Posing, Sent};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Answer, document, name_date, text};
use crate::asked::{self, Query};
use crate::day;
use crate::problem::Problem;
use crate::service::Service;

/// What the file of a body is called in messages.
const BODY: &str = "corps.json";

const PARAMETERS: [&str; 9] =
    ["date", "select", "max_candidates", "no_quotas", "hard", "seed", "keep", "prices", "time_limit"];

/// What a body may hold beside its tables: what an address has no place for (`near`, `fixed`, `forbidden`), or any other.
const OPTIONS: &str = "options";

/// A problem as it is asked for.
struct Asked {
    date: Date,
    options: Options,
    tables: Vec<u8>,
}

async fn read(service: &Service, request: Request, known: &[&str]) -> Result<Asked, Problem> {
    let query = Query::of(&request, known)?;
    let date = query.date()?.unwrap_or_else(day::today);
    if asked::media(request.headers()) != "application/json" {
        return Err(Problem::media("application/json"));
    }
    let limits = &service.options.limits;
    let body = asked::body(request, limits.tables, limits).await?;
    let (mut options, tables) = split(service, &body)?;
    for name in known.iter().filter(|name| **name != "date") {
        let Some(text) = query.get(name) else { continue };
        let value = match *name {
            "select" | "hard" => query.names(name).into(),
            "no_quotas" | "prices" => query.is(name)?.into(),
            number => {
                let least = u64::from(["max_candidates", "time_limit"].contains(&number));
                let Some(value) = text.parse::<u64>().ok().filter(|value| *value >= least) else {
                    let expected = format!("attendu: un entier d'au moins {least}");
                    return Err(Problem::query(format!("`{number}`: « {text} » ; {expected}")));
                };
                value.into()
            }
        };
        if options.insert((*name).to_string(), value).is_some() {
            return Err(refused_options(&AskedError::Twice((*name).to_string())));
        }
    }
    let options = AskedOptions::read(options).map_err(|error| refused_options(&error))?;
    Ok(Asked { date, options, tables })
}

/// The values of an object of this name, as they stand in its text.
struct Named<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Named<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Named<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("un objet")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<'de>, A::Error> {
                let mut found = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if name == OPTIONS {
                        found.push(value);
                    }
                }
                Ok(Named(found))
            }
        }
        from.deserialize_map(Keys)
    }
}

/// The options of a body, and its tables with nothing where the options were, so that every row keeps its line. A pack may
/// have a table of the name: then it is that.
fn split(service: &Service, body: &[u8]) -> Result<(Map<String, Value>, Vec<u8>), Problem> {
    let mut entities = service.pack.parsed().schema.entities.iter();
    let is_table = entities.any(|e| matches!(&e.origin, Origin::Data { table } if table == OPTIONS));
    let key = format!("\"{OPTIONS}\"");
    // Most bodies have none, and are read by whoever reads tables alone.
    let named = body.windows(key.len()).any(|part| part == key.as_bytes());
    let text = std::str::from_utf8(body).ok().filter(|_| named && !is_table);
    // What is no object is told by whoever reads tables, with its place.
    let found = text.and_then(|text| Some((text, serde_json::from_str::<Named<'_>>(text).ok()?.0)));
    let Some((text, found)) = found else { return Ok((Map::new(), body.to_vec())) };
    let [value] = found[..] else {
        return match found.is_empty() {
            true => Ok((Map::new(), body.to_vec())),
            false => Err(refused_options(&AskedError::Twice(OPTIONS.to_string()))),
        };
    };
    let options =
        serde_json::from_str(value.get()).map_err(|error| refused_options(&AskedError::Json(error)))?;
    // From the comma before the key to the end of the value or, if it comes first, from the key to the comma after.
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    let end = start + value.get().len();
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let at = before.rfind(&key).unwrap_or(start);
    let ahead = before.get(..at).unwrap_or_default().trim_end();
    let range = match ahead.strip_suffix(',') {
        Some(kept) => kept.len()..end,
        // The first of all: with the comma after it, if others follow.
        None => {
            let blank = after.len() - after.trim_start().len();
            at..end + if after.trim_start().starts_with(',') { blank + 1 } else { 0 }
        }
    };
    let mut tables = body.to_vec();
    for byte in tables.get_mut(range).unwrap_or_default().iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
    Ok((options, tables))
}

fn refused_options(error: &AskedError) -> Problem {
    Problem::issues("Demande refusée", error)
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
            let rows = posing.rows("candidatures", None);
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
            let (open, absent) = (sent.open(), sent.absent.clone());
            let allocation = sent.solve().map_err(|error| refused(&error))?;
            let report = allocation.report().map_err(|error| refused(&error))?;
            let mut response = document(&report, None)?;
            tell(&mut response, &allocation.posing, open, &absent);
            Ok(response)
        })
        .await
}
