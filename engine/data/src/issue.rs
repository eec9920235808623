//! What is wrong with a data package: which file, line and column, what was found, what was expected.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::safe_text::visible_cell;
use logis_language::diagnostic::Severity;

/// One problem of a data package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// An error leaves its row out; a warning does not.
    pub severity: Severity,
    /// The file, with the sheet of a workbook (`donnees.xlsx[demandes]`).
    pub file: String,
    /// Line of the file, as an editor or a spreadsheet shows it.
    pub line: Option<u64>,
    /// Header of the column.
    pub column: Option<String>,
    /// What is wrong, what was expected, what helps.
    pub message: String,
    /// The cell as the file holds it, if the problem is one of a cell.
    pub value: Option<Box<str>>,
    /// The identifier of the row, if the problem is one of a row that has one.
    pub id: Option<Arc<str>>,
    /// The problem without what is the cell's own: issues of one file and column that share it are told
    /// together. The message itself where it is none.
    pub kind: Option<Cow<'static, str>>,
}

impl Issue {
    /// An error about a whole file.
    pub fn error(file: &str, message: impl Into<String>) -> Issue {
        Issue {
            severity: Severity::Error,
            file: file.to_string(),
            line: None,
            column: None,
            message: message.into(),
            value: None,
            id: None,
            kind: None,
        }
    }

    /// A warning about a whole file.
    pub fn warning(file: &str, message: impl Into<String>) -> Issue {
        Issue { severity: Severity::Warning, ..Issue::error(file, message) }
    }

    /// The same at a line.
    #[must_use]
    pub fn at(mut self, line: u64) -> Issue {
        self.line = Some(line);
        self
    }

    /// The same in a column.
    #[must_use]
    pub fn in_column(mut self, column: &str) -> Issue {
        self.column = Some(column.to_string());
        self
    }

    /// The same of this kind.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<Cow<'static, str>>) -> Issue {
        self.kind = Some(kind.into());
        self
    }

    /// The same about a cell that holds this.
    #[must_use]
    pub fn found(mut self, value: &str) -> Issue {
        self.value = Some(value.into());
        self
    }

    /// Is it an error?
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The problem without what is the cell's own.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or(&self.message)
    }
}

/// `demandes.csv:1204: colonne `rfr_n2`: …`
impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
        let column = self.column.as_ref().map_or_else(String::new, |c| format!(": colonne `{c}`"));
        // One line, whatever the cell holds: a line end in it would begin another message in a log.
        f.write_str(&visible_cell(&format!("{}{line}{column}: {}", self.file, self.message)))
    }
}

/// What is wrong with one cell, before its place is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
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
    pub fn of(value: &str, what: impl Into<Cow<'static, str>>, rest: impl fmt::Display) -> Fault {
        let what = what.into();
        Fault {
            message: format!("« {value} » {what}{rest}"),
            kind: what,
            value: value.to_string(),
            warning: false,
        }
    }

    /// An error that says the same of every cell.
    pub fn empty(message: String) -> Fault {
        Fault { kind: Cow::Owned(message.clone()), message, value: String::new(), warning: false }
    }
}

/// ` ; vouliez-vous dire « … » ?`, or nothing.
pub(super) fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |n| format!(" ; vouliez-vous dire « {n} » ?"))
}
