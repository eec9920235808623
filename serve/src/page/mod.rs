//! The page: a household says what it wants to know, answers what is still needed for it, and reads at each step what
//! is decided and why. Each step is a page of its own, made from the hidden fields of the form before: it works without
//! a script, and nothing is kept.

mod counsel;
mod decided;
mod facing;
mod goals;
mod household;
mod kin;
mod questions;
mod view;
mod words;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;
use logis::Decider;
use minijinja::value::Serde;
use minijinja::{Environment, Value};
use serde::Serialize;

use crate::asked;
use crate::problem::Problem;
use crate::service::Service;
use goals::Goals;
use household::{Cell, Household, MOST};
use kin::Kin;
use questions::{Goal, Question};
use view::Step;

/// Bytes of a form: the hidden fields of a large household are a hundredth of it.
const FORM: usize = 256 << 10;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    let parts = [
        ("base.html", include_str!("base.html")),
        ("home.html", include_str!("home.html")),
        ("step.html", include_str!("step.html")),
        ("why.html", include_str!("why.html")),
        ("counsel.html", include_str!("counsel.html")),
        ("wrong.html", include_str!("wrong.html")),
    ];
    for (name, text) in parts {
        // A template that does not parse is not there; the tests of the page show every one.
        let _ = templates.add_template(name, text);
    }
    templates
});

/// The routes of the page.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(home))
        .route("/foyer", get(begin).post(step))
        .route("/conseiller", get(counsel_begins).post(counsel))
        .route("/style.css", get(async || asset("text/css; charset=utf-8", include_str!("style.css"))))
        .route("/icone.svg", get(async || asset("image/svg+xml", include_str!("icone.svg"))))
        .route("/script.js", get(async || asset("text/javascript; charset=utf-8", include_str!("script.js"))))
}

fn asset(media: &'static str, text: &'static str) -> Response<Body> {
    let mut response = page(StatusCode::OK, text);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}

fn page(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Fills a template.
fn fill(template: &str, status: StatusCode, context: impl Serialize) -> Result<Response<Body>, Problem> {
    let text =
        TEMPLATES.get_template(template).and_then(|template| template.render(Value::from(Serde(&context))));
    text.map(|text| page(status, text)).map_err(|_| Problem::failed())
}

/// A problem as a page.
fn told(answer: Result<Response<Body>, Problem>) -> Response<Body> {
    answer.unwrap_or_else(|problem| {
        fill("wrong.html", problem.status, serde_json::json!({ "problem": problem.document() }))
            .unwrap_or_else(|_| page(problem.status, problem.to_string()))
    })
}

/// What can be asked.
async fn home(State(service): State<Arc<Service>>) -> Response<Body> {
    told(
        service
            .compute(|service| {
                let kin = kin(service)?;
                fill("home.html", StatusCode::OK, view::home(service, &Goals::of(&service.pack, &kin)))
            })
            .await,
    )
}

fn kin(service: &Service) -> Result<Kin, Problem> {
    Kin::of(&service.pack).ok_or_else(|| Problem::not_found("ce paquet de règles ne décide d'aucune ligne"))
}

/// The first step: nothing is known of the household, so that its address says nothing of it.
async fn begin(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    let fields = asked::pairs(request.uri().query().unwrap_or_default().as_bytes());
    let fields = fields.into_iter().filter(|(name, _)| ["but", "date"].contains(&name.as_str())).collect();
    told(answered(service, fields).await)
}

/// A step further.
async fn step(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    if asked::media(request.headers()) != "application/x-www-form-urlencoded" {
        return told(Err(Problem::media("application/x-www-form-urlencoded")));
    }
    match asked::body(request, FORM, &service.options.limits).await {
        Ok(body) => told(answered(service, asked::pairs(&body)).await),
        Err(problem) => told(Err(problem)),
    }
}

/// The counsellor's view before anything is known.
async fn counsel_begins(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    let fields = asked::pairs(request.uri().query().unwrap_or_default().as_bytes());
    let fields: Vec<_> = fields.into_iter().filter(|(name, _)| name == "date").collect();
    told(service.compute(move |service| counsel::page(service, &fields)).await)
}

/// The counsellor's view of what its form says.
async fn counsel(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    if asked::media(request.headers()) != "application/x-www-form-urlencoded" {
        return told(Err(Problem::media("application/x-www-form-urlencoded")));
    }
    let most = service.options.limits.body;
    match asked::body(request, most, &service.options.limits).await {
        Ok(body) => {
            let fields = asked::pairs(&body);
            told(service.compute(move |service| counsel::page(service, &fields)).await)
        }
        Err(problem) => told(Err(problem)),
    }
}

async fn answered(service: Arc<Service>, fields: Vec<(String, String)>) -> Result<Response<Body>, Problem> {
    service.compute(move |service| advance(service, &fields)).await
}

/// What a form does: it answers a question, or takes an answer back.
fn advance(service: &Service, fields: &[(String, String)]) -> Result<Response<Body>, Problem> {
    let kin = kin(service)?;
    let schema = &service.pack.parsed().schema;
    let get = |name: &str| fields.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim());
    let mut household = Household::of(fields, &kin, schema).map_err(Problem::query)?;
    let goals = Goals::of(&service.pack, &kin);
    let Some(names) = goals.rules(&household.goal) else {
        return Err(Problem::not_found(format!(
            "« {} » n'est pas une question de cette page",
            household.goal
        )));
    };
    let goal = goal(service, &household, names)?;
    // An answer, or a change of one; a refused answer is asked again, with what was written.
    let (mut forced, mut refused) = (None, None);
    let asked = get("q");
    let action = get("action");
    if let Some(changed) = action.strip_prefix("changer:") {
        forced = question(changed, &kin, service);
        match &forced {
            Some(Question::Cell(cell)) => household.forget(cell),
            Some(Question::Members) => household.members = None,
            None => {}
        }
    } else if let (Some(asked), true) = (question(asked, &kin, service), action != "dater") {
        let written = if action == "ignorer" { "" } else { get("v") };
        match take(&mut household, &asked, written, action == "ignorer", &goal, &kin) {
            Ok(()) => {}
            Err(words) => {
                refused = Some((written.to_string(), words));
                forced = Some(asked);
            }
        }
    }
    let next = match forced {
        Some(question) => Some(question),
        None => goal.next(&household, &kin).map_err(|error| Problem::data(&error))?,
    };
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // The counsellor's view may hold data of others, and asks for the token where there is one.
    let faces_units = service.options.token.is_none() && service.pack.parsed().manifest.matching.is_some();
    let step = Step {
        service,
        kin: &kin,
        goals: &goals,
        goal: &goal,
        household: &household,
        next,
        refused,
        faces_units,
    };
    fill("step.html", status, step.view().map_err(|error| Problem::data(&error))?)
}

/// The plan of what is to be known, and what reads households.
fn goal(service: &Service, household: &Household, names: &[String]) -> Result<Goal, Problem> {
    let decider: Arc<Decider> =
        service.decider(household.date, names).map_err(|error| Problem::rules(&error))?;
    let reader = service.decider(household.date, &[]).map_err(|error| Problem::rules(&error))?;
    Ok(Goal { plan: Arc::new(decider.plan().clone()), reader })
}

/// The question that a form names.
fn question(text: &str, kin: &Kin, service: &Service) -> Option<Question> {
    match text {
        "n" => Some(Question::Members),
        cell => Cell::parse(cell, kin, &service.pack.parsed().schema).map(Question::Cell),
    }
}

/// Takes an answer to a question, or says in words why it is none.
fn take(
    household: &mut Household,
    asked: &Question,
    written: &str,
    unknown: bool,
    goal: &Goal,
    kin: &Kin,
) -> Result<(), String> {
    let cell = match asked {
        Question::Members => {
            let count = written.parse().ok().filter(|n| (1..=MOST).contains(n));
            let count = count.ok_or_else(|| format!("Écrivez un nombre entre 1 et {MOST}."))?;
            household.members = Some(count);
            // Those who are no more of it take their answers with them.
            household.answers.retain(|(cell, _)| cell.at.is_none_or(|at| at < count));
            return Ok(());
        }
        Question::Cell(cell) => cell,
    };
    if written.is_empty() && !unknown {
        return Err("Donnez une réponse, ou choisissez « Je ne sais pas ».".to_string());
    }
    let before = household.clone();
    household.answer(cell.clone(), written);
    goal.dataset(household, kin).map(drop).map_err(|error| {
        *household = before;
        // Other answers were taken before: what is wrong is this one.
        error.issues.first().map_or_else(String::new, |issue| issue.message.clone())
    })
}
