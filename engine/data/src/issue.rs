//! What is wrong with one cell, before its place is known, and the words of it.

use std::borrow::Cow;
use std::fmt;

use super::issue_code::Code;
pub use logis_language::diagnostic::Issue;

/// What is wrong with one cell, before its place is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What it is, whatever its words.
    pub code: Code,
    /// What is wrong, what was expected, what helps.
    pub message: String,
    /// The same without what is the cell's own.
    pub kind: Cow<'static, str>,
    /// What the cell holds.
    pub value: String,
    /// Is the cell taken as it stands all the same?
    pub warning: bool,
}

impl Fault {
    /// An error: `« value » what rest`, of the kind `what`.
    pub fn of(code: Code, value: &str, what: impl Into<Cow<'static, str>>, rest: impl fmt::Display) -> Fault {
        let what = what.into();
        Fault {
            code,
            message: format!("« {value} » {what}{rest}"),
            kind: what,
            value: value.to_string(),
            warning: false,
        }
    }

    /// An error that says the same of every cell.
    pub fn empty(code: Code, message: String) -> Fault {
        Fault { code, kind: Cow::Owned(message.clone()), message, value: String::new(), warning: false }
    }
}

/// ` ; vouliez-vous dire « … » ?`, or nothing.
pub(super) fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |n| format!(" ; vouliez-vous dire « {n} » ?"))
}
