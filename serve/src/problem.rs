//! What goes wrong, as callers read it: the document of `application/problem+json` (RFC 9457), with the issues of the
//! library, their codes and places.

use std::fmt;

use http::StatusCode;
use logis::diagnostic::{Issue, Issues};
use serde_json::{Value as Json, json};

/// A request that is not answered, and why. The words are French, for whoever made the request.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: StatusCode,
    title: &'static str,
    pub detail: String,
    issues: Vec<Issue>,
}

impl Problem {
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status, title, detail: detail.into(), issues: Vec::new() }
    }

    /// The arguments of a tool are not of its form.
    #[cfg(feature = "mcp")]
    pub fn arguments(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "Arguments refusés", detail)
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

    /// The computation panicked.
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

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}
