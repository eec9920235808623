//! Receipts that were kept: one by its name, decided again, and all of them as a file that `logis replay` reads.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use logis::exchange::Document;
use logis::receipt::{Receipt, Replay, Sealer};
use serde_json::json;
use tokio::sync::mpsc::channel;

use super::batches::Parts;
use super::{Answer, document, text};
use crate::asked::Query;
use crate::problem::Problem;
use crate::receipts::{Receipts, ReceiptsError};
use crate::service::Service;

/// Receipts that are read at a time.
const TOGETHER: usize = 1_000;

/// Why no receipt is kept, or the place where they are.
pub fn place(service: &Service) -> Result<&Receipts, Problem> {
    let place = service.receipts.as_ref();
    place.ok_or_else(|| {
        Problem::not_found(
            "ce service ne garde pas de reçus ; pour en garder: --receipts FICHIER ou postgres://…",
        )
    })
}

/// A receipt that cannot be kept or found.
pub fn failed(error: &ReceiptsError) -> Problem {
    Problem::receipts(format!("les reçus: {error}"))
}

fn find(service: &Service, id: &str) -> Result<String, Problem> {
    let found = place(service)?.find(id).map_err(|error| failed(&error))?;
    found.ok_or_else(|| Problem::not_found(format!("« {id} » n'est le nom d'aucun reçu")))
}

/// `GET /v1/recus/{id}`: a document of the kind `receipt`, as it was written.
pub async fn receipt(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    Query::of(&request, &[])?;
    service
        .compute(move |service| {
            let mut response = text("application/json", find(service, &id)?);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        })
        .await
}

/// `POST /v1/recus/{id}/rejeu`: the receipt decided again by the rules of today: a document of the kind `replayed`.
pub async fn replay(State(service): State<Arc<Service>>, Path(id): Path<String>, request: Request) -> Answer {
    Query::of(&request, &[])?;
    service
        .compute(move |service| {
            let line = find(service, &id)?;
            let receipt =
                Receipt::from_line(&line).map_err(|_| Problem::receipts("le reçu ne se lit pas"))?;
            let replayed = Replay::new(&service.pack).replay(std::slice::from_ref(&receipt));
            let Some(replayed) = replayed.first() else { return Err(Problem::failed()) };
            let body = json!({
                "line": 1,
                "entity": receipt.entity,
                "id": receipt.id,
                "date": receipt.date,
                "drifts": replayed.drifts,
                "changed": replayed.changed,
                "not_compared": replayed.not_compared,
                "seal": [],
            });
            document(&Document::new("replayed", body), None)
        })
        .await
}

/// `GET /v1/recus`: all receipts, a line each, sealed and closed as the file of `logis eval --record` is.
pub async fn all(State(service): State<Arc<Service>>, request: Request) -> Answer {
    Query::of(&request, &[])?;
    place(&service)?;
    let (to, parts) = channel::<io::Result<Bytes>>(2);
    tokio::spawn(async move {
        let (mut sealer, mut last) = (Sealer::default(), 0);
        loop {
            let mut own: Sealer = sealer;
            let read = service
                .compute(move |service| {
                    let (lines, after) =
                        place(service)?.after(last, TOGETHER).map_err(|error| failed(&error))?;
                    Ok((own.lines(&lines), own, after))
                })
                .await;
            let lines = match read {
                Ok((lines, next, after)) => {
                    (sealer, last) = (next, after);
                    lines
                }
                Err(problem) => {
                    let _ = to.send(Err(io::Error::other(problem.to_string()))).await;
                    return;
                }
            };
            let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let ends = lines.is_empty();
            if ends {
                text = sealer.close() + "\n";
            }
            if to.send(Ok(text.into())).await.is_err() || ends {
                return;
            }
        }
    });
    let mut response = Response::new(Body::new(Parts { first: None, rest: parts }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
