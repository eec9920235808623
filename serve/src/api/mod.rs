//! The routes, and what their answers have in common.

mod allocations;
pub mod batches;
mod decisions;
mod kept;
mod texts;

pub use decisions::counted;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use logis::value::Date;
use serde::Serialize;

use crate::problem::Problem;
use crate::service::Service;
use crate::{guard, openapi, page};

/// A handler's answer.
pub type Answer = Result<Response<Body>, Problem>;

/// All routes.
pub fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/v1/decisions", post(decisions::decide))
        .route("/v1/explications", post(decisions::explain))
        .route("/v1/lots", post(batches::decide))
        .route("/v1/candidatures", post(allocations::candidates))
        .route("/v1/attributions", post(allocations::attributions))
        .route("/v1/recus", get(kept::all))
        .route("/v1/recus/{id}", get(kept::receipt))
        .route("/v1/recus/{id}/rejeu", post(kept::replay))
        .route("/v1/regles", get(texts::rules))
        .route("/v1/regles/{name}", get(texts::rule))
        .route("/v1/parametres", get(texts::parameters))
        .route("/v1/parametres/{path}", get(texts::parameter))
        .route("/v1/codes/{code}", get(texts::code))
        .route("/openapi.json", get(description))
        .route("/metrics", get(metrics))
        .route("/sante", get(async || text("text/plain; charset=utf-8", "en service\n")))
        .merge(page::routes())
        .fallback(async || Problem::not_found("rien à cette adresse ; ce qu'il y a: /openapi.json"))
        .method_not_allowed_fallback(async |method: Method| {
            let detail = format!("{method} n'est pas admis à cette adresse ; ce qui l'est: /openapi.json");
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Méthode refusée", detail)
        })
        // Each handler limits its body itself, with an answer in words.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(service.clone(), guard::every))
        .with_state(service)
}

async fn description(State(service): State<Arc<Service>>) -> Response<Body> {
    text("application/json", openapi::document(&service).to_string())
}

async fn metrics(State(service): State<Arc<Service>>) -> Response<Body> {
    text("text/plain; version=0.0.4; charset=utf-8", service.metrics.text())
}

/// An answer of a media type.
pub fn text(media: &'static str, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// A document, decided as of a date that a header tells too. What is about somebody is kept by no cache.
pub fn document(body: &impl Serialize, date: Option<Date>) -> Answer {
    let bytes = serde_json::to_vec(body).map_err(|_| Problem::failed())?;
    let mut response = text("application/json", bytes);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    name_date(&mut response, date);
    Ok(response)
}

/// The date as of which an answer holds, as a header.
pub fn name_date(response: &mut Response<Body>, date: Option<Date>) {
    if let Some(date) = date.and_then(|date| HeaderValue::from_str(&date.to_string()).ok()) {
        response.headers_mut().insert(HeaderName::from_static("logis-date"), date);
    }
}
