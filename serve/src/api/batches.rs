//! `POST /v1/lots`: records one after the other, decided as they come, and answered as they are decided.
//!
//! A part of the body becomes some records, these their decisions, these a part of the answer: memory does not grow
//! with the batch. Whoever sends a batch reads the answer while sending; what is not read stops the reading.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use logis::Decider;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Answer, name_date};
use crate::asked::{self, Query};
use crate::batch::{Form, Record, Splitter, Writer};
use crate::day;
use crate::problem::Problem;
use crate::service::Service;

/// Records that are decided together.
const TOGETHER: usize = 256;

/// Parts of the answer that wait for whoever reads it.
const WAITING: usize = 4;

/// The forms of a batch, for messages.
pub const FORMS: &str = "application/x-ndjson, text/csv ou application/vnd.apache.arrow.stream";

/// Decides a batch.
pub async fn decide(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let query = Query::of(&request, &["date", "rules", "states"])?;
    let date = query.date()?.unwrap_or_else(day::today);
    let (rules, states) = (query.names("rules"), query.is("states")?);
    let read = Form::of(&asked::media(request.headers())).ok_or_else(|| Problem::media(FORMS))?;
    let accepted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let written = Form::accepted(accepted).ok_or_else(|| Problem::not_acceptable(FORMS))?;
    let (decider, writer) = service
        .compute(move |service| {
            let decider = service.decider(date, &rules).map_err(|error| Problem::rules(&error))?;
            let writer = Writer::new(written, &decider, states).map_err(|_| Problem::failed())?;
            Ok((decider, writer))
        })
        .await?;
    let (to, mut parts) = channel(WAITING);
    let body = request.into_body();
    let work = Batch { service, decider, to, begun: AtomicBool::new(false) };
    tokio::spawn(async move { work.run(body, Splitter::new(read), writer).await });
    // What goes wrong before anything is sent is an answer of its own, and no batch that breaks off.
    let first = match parts.recv().await {
        Some(Err(broken)) => return Err(cause(broken)),
        Some(Ok(bytes)) => Some(bytes),
        None => None,
    };
    let mut response = Response::new(Body::new(Parts { first, rest: parts }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(written.media()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    name_date(&mut response, Some(date));
    Ok(response)
}

type Part = io::Result<Bytes>;

/// The problem that breaks a batch off.
fn cause(broken: io::Error) -> Problem {
    let inner = broken.into_inner().and_then(|inner| inner.downcast::<Problem>().ok());
    inner.map_or_else(Problem::failed, |problem| *problem)
}

/// The answer, part by part. An error breaks it off, so that nobody takes what came for all of it.
pub struct Parts {
    /// The first part, where it was waited for.
    pub first: Option<Bytes>,
    pub rest: Receiver<Part>,
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.rest.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}

struct Batch {
    service: Arc<Service>,
    decider: Arc<Decider>,
    to: Sender<Part>,
    /// Is a part of the answer sent?
    begun: AtomicBool,
}

/// Nobody reads the answer any more, or not in its time.
struct Gone;

impl Batch {
    async fn run(self, body: Body, splitter: Splitter, writer: Writer) {
        // Nothing is to be told to whoever is gone.
        let _ = self.answer(body, splitter, writer).await;
    }

    async fn answer(&self, mut body: Body, mut splitter: Splitter, mut writer: Writer) -> Result<(), Gone> {
        let limits = &self.service.options.limits;
        loop {
            let bytes = match tokio::time::timeout(limits.time, body.frame()).await {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => bytes,
                    Err(_) => continue,
                },
                Ok(None) => break,
                Ok(Some(Err(_))) => {
                    return self.broken(&writer, Problem::body("le corps s'interrompt")).await;
                }
                Err(_) => return self.broken(&writer, Problem::slow(limits.time)).await,
            };
            let most = limits.body;
            let (next, records) = match self
                .service
                .compute(move |_| {
                    let records = splitter.push(&bytes, most);
                    Ok((splitter, records))
                })
                .await
            {
                Ok(split) => split,
                Err(problem) => return self.broken(&writer, problem).await,
            };
            splitter = next;
            match records {
                Ok(records) => writer = self.decided(records, writer).await?,
                Err(problem) => return self.broken(&writer, problem).await,
            }
        }
        match splitter.end() {
            Ok(records) => writer = self.decided(records, writer).await?,
            Err(problem) => return self.broken(&writer, problem).await,
        }
        match writer.end() {
            Ok(last) => self.send(last).await,
            Err(problem) => self.broken(&writer, problem).await,
        }
    }

    /// Decides records, so many at a time, and sends what they come to.
    async fn decided(&self, records: Vec<Record>, mut writer: Writer) -> Result<Writer, Gone> {
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let some: Vec<Record> = records.by_ref().take(TOGETHER).collect();
            let decider = self.decider.clone();
            let form = writer.form();
            let decided = self
                .service
                .compute(move |service| {
                    let mut writer = writer;
                    let bytes = writer.decide(service, &decider, some)?;
                    Ok((writer, bytes))
                })
                .await;
            match decided {
                Ok((next, bytes)) => {
                    writer = next;
                    self.send(bytes).await?;
                }
                Err(problem) => {
                    self.end(form, problem).await?;
                    return Err(Gone);
                }
            }
        }
        Ok(writer)
    }

    async fn send(&self, bytes: Vec<u8>) -> Result<(), Gone> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.begun.store(true, Ordering::Relaxed);
        let sent = self.to.send_timeout(Ok(bytes.into()), self.service.options.limits.time).await;
        sent.map_err(|_| Gone)
    }

    async fn broken(&self, writer: &Writer, problem: Problem) -> Result<(), Gone> {
        self.end(writer.form(), problem).await
    }

    /// Says why the answer ends here, where its form has a place for it, and breaks it off.
    async fn end(&self, form: Form, problem: Problem) -> Result<(), Gone> {
        if form == Form::Lines && self.begun.load(Ordering::Relaxed) {
            self.send(format!("{}\n", problem.document()).into_bytes()).await?;
        }
        let broken = io::Error::other(problem);
        self.to.send(Err(broken)).await.map_err(|_| Gone)
    }
}
