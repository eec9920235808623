//! What stands before every route: who may ask, what is counted and logged, and the headers of every answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use logis::fingerprint::sha256;

use crate::problem::Problem;
use crate::service::Service;

/// Counts and logs a request, asks who it is from, and names the pack in its answer.
pub async fn every(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response<Body> {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_string();
    // The query stays out of the log, as the body does.
    let asked = format!("{} {}", request.method(), request.uri().path());
    let open = Open::of(&service);
    let mut response = match allowed(&service, request.uri().path(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            let unknown = refusal.status == StatusCode::UNAUTHORIZED;
            let mut response = refusal.into_response();
            // A browser asks whoever sits before it.
            if unknown && request.uri().path() == COUNSEL {
                let how = HeaderValue::from_static("Basic realm=\"Logis\", charset=\"UTF-8\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, how);
            }
            response
        }
    };
    drop(open);
    name_pack(&service, response.headers_mut());
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    service.metrics.answered(&route, status, took);
    if let Some(log) = &service.options.log {
        log(&format!("{asked} {status} {} ms", took.as_millis()));
    }
    response
}

/// The counsellor's view.
const COUNSEL: &str = "/conseiller";

/// The password of `name:password` in Base64.
fn password(shown: &str) -> Option<String> {
    let decoded = String::from_utf8(BASE64_STANDARD.decode(shown).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_string())
}

/// A request that is being answered, counted until it is dropped.
struct Open<'s>(&'s AtomicU64);

impl Open<'_> {
    fn of(service: &Service) -> Open<'_> {
        service.metrics.open.fetch_add(1, Ordering::Relaxed);
        Open(&service.metrics.open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// May this request be answered?
///
/// With a token, the programming interface, the counts and the counsellor's view ask for it: programs as a bearer, a
/// browser as the password of anybody. The page of a household and the description of the interface do not, as they
/// hold nothing of anyone. Without, the service hears this machine alone, and a page of the web that makes a browser
/// call it (by a name that leads here) is told apart by the host that it asks for.
fn allowed(service: &Service, path: &str, headers: &HeaderMap) -> Result<(), Problem> {
    match &service.options.token {
        Some(token) if path.starts_with("/v1/") || path == "/metrics" || path == COUNSEL => {
            let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            let shown = shown.and_then(|value| value.split_once(' ')).and_then(|(how, shown)| {
                match (how.to_ascii_lowercase().as_str(), path) {
                    ("bearer", _) => Some(shown.trim().to_string()),
                    ("basic", COUNSEL) => password(shown.trim()),
                    _ => None,
                }
            });
            // Hashes are compared, whose common beginnings say nothing of the token.
            if shown.is_some_and(|shown| sha256(shown.as_bytes()) == sha256(token.as_bytes())) {
                return Ok(());
            }
            let expected = match path {
                COUNSEL => "attendu: le jeton, comme mot de passe ; le nom est libre",
                _ => "attendu: Authorization: Bearer JETON",
            };
            Err(Problem::new(StatusCode::UNAUTHORIZED, "Jeton absent ou faux", expected))
        }
        Some(_) => Ok(()),
        None => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let name = match host.strip_prefix('[') {
                Some(rest) => rest.split(']').next().unwrap_or_default(),
                None => host.split(':').next().unwrap_or_default(),
            };
            if ["localhost", "127.0.0.1", "::1"].contains(&name) {
                return Ok(());
            }
            let detail =
                "sans jeton, le service ne répond qu'aux noms de cette machine (localhost, 127.0.0.1, [::1])";
            Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "Hôte refusé", detail))
        }
    }
}

/// Which pack and engine answered, and what browsers may do with the answer.
fn name_pack(service: &Service, headers: &mut HeaderMap) {
    let engine = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("logis-pack", &service.name);
    put("logis-pack-hash", &service.hash);
    if let Some(version) = &service.options.version {
        put("logis-pack-version", version);
    }
    put("server", engine);
    put("x-content-type-options", "nosniff");
    put("referrer-policy", "no-referrer");
    put(
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
}
