//! Why a call has no answer: a status for programs, a document of the kind `problem` for people.

use logis::data::{Code, Issue};
use logis::diagnostic::Issues;
use logis::diagnostic::foreign;
use logis::exchange::Document;
use logis::{AllocationError, DataError, Refuted};
use serde::Serialize;

/// How a call ended. What it says in words is a document of the kind `problem`, with the list of all that is wrong.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogisStatus {
    /// The answer is given.
    Ok = 0,
    /// The answer is no: a result does not hold, quotas that must be met cannot be.
    No = 1,
    /// Data, names, dates or options are not what is expected: the user's to mend.
    Refused = 2,
    /// An argument is NULL that must not be, or a text is no UTF-8: a mistake in the program that calls.
    Misuse = 3,
    /// A fault of Logis. Handles can still be used and freed.
    Fault = 4,
}

/// Why a call has no answer.
#[derive(Debug)]
pub struct Refusal {
    pub status: LogisStatus,
    title: &'static str,
    issues: Vec<Issue>,
}

/// The body of a document of the kind `problem`.
#[derive(Serialize)]
struct Body<'r> {
    title: &'static str,
    detail: String,
    issues: &'r [Issue],
}

impl Refusal {
    fn new(status: LogisStatus, title: &'static str, issues: Vec<Issue>) -> Refusal {
        Refusal { status, title, issues }
    }

    /// An argument is NULL that must not be.
    pub fn null(name: &str) -> Refusal {
        Refusal::misuse(format!("`{name}` est NULL"))
    }

    /// The program calls otherwise than the header says.
    pub fn misuse(words: String) -> Refusal {
        Refusal::new(LogisStatus::Misuse, "Appel fautif", vec![Issue::error("", "", words)])
    }

    /// Options or a date that are none.
    pub fn options(words: String) -> Refusal {
        Refusal::new(LogisStatus::Refused, "Demande refusée", vec![Issue::error("", "", words)])
    }

    /// What should be JSON and is not; `file` is what messages call it.
    pub fn json(file: &str, error: &serde_json::Error) -> Refusal {
        let words = format!("ce n'est pas du JSON: {}", foreign::json(error));
        Refusal::data(&DataError::from(vec![Issue::error(Code::Unreadable, file, words)]))
    }

    /// Data that do not fit the schema.
    pub fn data(error: &impl Issues) -> Refusal {
        Refusal::new(LogisStatus::Refused, "Données refusées", error.issues())
    }

    /// Rules that do not load, or names that are none of theirs.
    pub fn rules(error: &impl Issues) -> Refusal {
        Refusal::new(LogisStatus::Refused, "Règles refusées", error.issues())
    }

    /// There is no allocation.
    pub fn allocation(error: &AllocationError) -> Refusal {
        let (status, title) = match error {
            AllocationError::Data(_) => (LogisStatus::Refused, "Données refusées"),
            AllocationError::Unmet(_) => (LogisStatus::No, "Quotas impossibles"),
            AllocationError::Pack(_)
            | AllocationError::UnknownQuota { .. }
            | AllocationError::NotInForce(_) => (LogisStatus::Refused, "Règles refusées"),
            AllocationError::Problem(_) | AllocationError::Proof(_) => (LogisStatus::Fault, "Faute de Logis"),
            _ => (LogisStatus::Refused, "Attribution impossible"),
        };
        Refusal::new(status, title, error.issues())
    }

    /// A text that should be a result and is none.
    pub fn unread(error: &impl std::fmt::Display) -> Refusal {
        let issues = vec![Issue::error("", "document", error.to_string())];
        Refusal::new(LogisStatus::Refused, "Résultat illisible", issues)
    }

    /// A result does not hold.
    pub fn refuted(error: &Refuted) -> Refusal {
        Refusal::new(LogisStatus::No, "Résultat réfuté", error.issues())
    }

    /// A fault of Logis.
    pub fn fault() -> Refusal {
        let words = "le calcul s'est arrêté: c'est une faute de Logis, à signaler";
        Refusal::new(LogisStatus::Fault, "Faute de Logis", vec![Issue::error("", "", words)])
    }

    /// The document.
    pub fn document(&self) -> String {
        let words = |issue: &Issue| match (issue.file.is_empty(), issue.line) {
            // What stands in no file is told without a place.
            (true, None) => issue.message.clone(),
            _ => issue.to_string(),
        };
        let detail = self.issues.iter().map(words).collect::<Vec<_>>().join("\n");
        let body = Body { title: self.title, detail, issues: &self.issues };
        Document::new("problem", body).line().unwrap_or_default()
    }
}
