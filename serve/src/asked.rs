//! What a request asks, read with its limits: the body in its size and time, the parameters of the address by name.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use logis::diagnostic::{foreign, nearest};
use logis::value::Date;
use serde::de::DeserializeOwned;

use crate::day::date;
use crate::problem::Problem;
use crate::service::{Limits, Service};

/// The whole body of a request, of `most` bytes.
pub async fn body(request: Request, most: usize, limits: &Limits) -> Result<Bytes, Problem> {
    collect(request.into_body(), most, limits).await
}

async fn collect(body: Body, most: usize, limits: &Limits) -> Result<Bytes, Problem> {
    match tokio::time::timeout(limits.time, Limited::new(body, most).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::too_large(most)),
        Ok(Err(_)) => Err(Problem::body("le corps s'interrompt")),
        Err(_) => Err(Problem::slow(limits.time)),
    }
}

/// The media type of a body, without its parameters, in lower case.
pub fn media(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A body of JSON, of `most` bytes.
pub async fn json<T: DeserializeOwned>(
    service: &Service,
    request: Request,
    most: usize,
) -> Result<T, Problem> {
    // Pages of other sites can send texts and forms to this machine, but no JSON.
    if media(request.headers()) != "application/json" {
        return Err(Problem::media("application/json"));
    }
    let bytes = body(request, most, &service.options.limits).await?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::body(foreign::json(&error)))
}

/// Names and values of a query or a form.
pub fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The parameters of an address.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads them; each must be one of `known`, and given once.
    pub fn of(request: &Request, known: &[&str]) -> Result<Query, Problem> {
        let pairs = pairs(request.uri().query().unwrap_or_default().as_bytes());
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let hint = nearest(name, known.iter().copied());
                let hint = hint.map_or_else(String::new, |near| format!(" ; vouliez-vous dire `{near}` ?"));
                let known = known.join("`, `");
                return Err(Problem::query(format!(
                    "« {name} » n'est pas un paramètre de cette adresse{hint} ; attendu: `{known}`"
                )));
            }
            if pairs.iter().take(at).any(|(before, _)| before == name) {
                return Err(Problem::query(format!("`{name}` est donné deux fois")));
            }
        }
        Ok(Query(pairs))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A date, if it is given.
    pub fn date(&self) -> Result<Option<Date>, Problem> {
        self.get("date").map(date).transpose().map_err(Problem::query)
    }

    /// Names between commas.
    pub fn names(&self, name: &str) -> Vec<String> {
        let list = self.get(name).unwrap_or_default().split(',').map(str::trim);
        list.filter(|one| !one.is_empty()).map(str::to_string).collect()
    }

    /// A boolean, false if it is not given.
    pub fn is(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Problem::query(format!("`{name}`: « {other} » ; attendu: `true` ou `false`"))),
        }
    }
}
