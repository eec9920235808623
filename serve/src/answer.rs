//! Problems that only HTTP has, and every problem as an answer of HTTP.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;

use crate::problem::Problem;

impl Problem {
    /// The body cannot be read as what it should be.
    pub fn body(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "Corps illisible", detail)
    }

    /// A table cannot be read as the CSV or Arrow that it is said to be: any text may be CSV for the description of the API,
    /// so that it is refused for what stands in it.
    pub fn table(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Table illisible", detail)
    }

    /// A parameter of the address is not one, or not of its form.
    pub fn query(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "Paramètre refusé", detail)
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
