//! What goes wrong, as callers read it: `application/problem+json` (RFC 9457), with the issues of the library, their
//! codes and places.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use logis::diagnostic::{Issue, Issues};
use serde_json::{Value as Json, json};

/// A request that is not answered, and why. The words are French, for whoever made the request.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: StatusCode,
    title: &'static str,
    detail: String,
    issues: Vec<Issue>,
}

impl Problem {
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status, title, detail: detail.into(), issues: Vec::new() }
    }

    /// The body cannot be read as what it should be.
    pub fn body(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "Corps illisible", detail)
    }

    /// A parameter of the address is not one, or not of its form.
    pub fn query(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "Paramètre refusé", detail)
    }

    /// There is nothing of that name.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "Introuvable", detail)
    }

    /// The data do not fit the schema.
    pub fn data(error: &impl Issues) -> Problem {
        Problem::issues("Données refusées", error)
    }

    /// Names are none of the pack, or not of one entity.
    pub fn rules(error: &impl Issues) -> Problem {
        Problem::issues("Règles refusées", error)
    }

    /// All that is wrong with what was sent.
    pub fn issues(title: &'static str, error: &impl Issues) -> Problem {
        Problem::of(title, error.issues())
    }

    /// These are wrong.
    pub fn of(title: &'static str, issues: Vec<Issue>) -> Problem {
        let words = |issue: &Issue| match (issue.file.is_empty(), issue.line) {
            // What stands in no file is told without a place.
            (true, None) => issue.message.clone(),
            _ => issue.to_string(),
        };
        let detail = issues.iter().map(words).collect::<Vec<_>>().join("\n");
        Problem { status: StatusCode::UNPROCESSABLE_ENTITY, title, detail, issues }
    }

    /// The media type is not one that is read here.
    pub fn media(expected: &str) -> Problem {
        let detail = format!("attendu: Content-Type: {expected}");
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Forme non lue", detail)
    }

    /// No form of the answer is one that the caller accepts.
    pub fn not_acceptable(forms: &str) -> Problem {
        let detail = format!("attendu: Accept: {forms}");
        Problem::new(StatusCode::NOT_ACCEPTABLE, "Forme non donnée", detail)
    }

    /// Receipts cannot be kept, or are not as they were written.
    pub fn receipts(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Reçus hors d'usage", detail)
    }

    /// What is wrong, in words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn too_large(limit: usize) -> Problem {
        let detail = format!("le corps dépasse {limit} octets");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "Corps trop grand", detail)
    }

    /// The body did not come in time.
    pub fn slow(time: Duration) -> Problem {
        let detail = format!("le corps n'est pas arrivé en {} s", time.as_secs_f32());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "Requête trop lente", detail)
    }

    pub fn busy() -> Problem {
        let detail = "d'autres requêtes sont calculées: à renvoyer plus tard";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Service occupé", detail)
    }

    pub fn too_long(time: Duration) -> Problem {
        let detail = format!("le calcul n'a pas fini en {} s", time.as_secs_f32());
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "Calcul trop long", detail)
    }

    pub fn failed() -> Problem {
        let detail = "le calcul s'est arrêté: c'est une faute de Logis, à signaler";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Faute du service", detail)
    }

    /// The same document wherever it stands: the body of an answer, a line of a batch.
    pub fn document(&self) -> Json {
        // What a code means is to be read at its address.
        let code = self.issues.iter().map(|issue| issue.code).find(|code| !code.is_empty());
        let of = code.map_or_else(|| "about:blank".to_string(), |code| format!("/v1/codes/{code}"));
        let mut document = json!({
            "type": of,
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let (Some(keys), false) = (document.as_object_mut(), self.issues.is_empty()) {
            keys.insert("issues".to_string(), json!(self.issues));
        }
        document
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = (self.status, self.document().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
            StatusCode::UNAUTHORIZED => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            _ => None,
        };
        response
    }
}
