//! One shape for all that is wrong: an error has a list of [`Issue`]s, whatever it is an error of.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::visible::visible_cell;
use super::{Diagnostic, PackError, Severity, Sources};

/// An error that knows all that is wrong. Its `Display` is the French report of it.
pub trait Issues: Error {
    /// All that is wrong, each with its code and place where it has them; one at least.
    fn issues(&self) -> Vec<Issue>;
}

/// One thing that is wrong: in a pack, in data, in what was asked. It is what every error of the library lists:
/// see [`Issues`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issue {
    /// What it is, whatever its words: `L0102` in a pack, `D0403` in data; empty for what has no code.
    pub code: &'static str,
    /// An error leaves its row out; a warning does not.
    pub severity: Severity,
    /// The file, with the sheet of a workbook (`donnees.xlsx[demandes]`); empty for what stands in none.
    pub file: String,
    /// Line of the file, as an editor or a spreadsheet shows it.
    pub line: Option<u64>,
    /// Header of the column; of a file of a pack the number of the first character, from 1.
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
    pub fn error(code: impl Into<&'static str>, file: &str, message: impl Into<String>) -> Issue {
        Issue {
            code: code.into(),
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
    pub fn warning(code: impl Into<&'static str>, file: &str, message: impl Into<String>) -> Issue {
        Issue { severity: Severity::Warning, ..Issue::error(code, file, message) }
    }

    /// This issue, placed at a line.
    #[must_use]
    pub fn at(mut self, line: u64) -> Issue {
        self.line = Some(line);
        self
    }

    /// This issue, placed in a column.
    #[must_use]
    pub fn in_column(mut self, column: &str) -> Issue {
        self.column = Some(column.to_string());
        self
    }

    /// This issue, of a kind: issues of one kind are told once.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<Cow<'static, str>>) -> Issue {
        self.kind = Some(kind.into());
        self
    }

    /// This issue, with the text of the cell that it is about.
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

/// As documents of `logis/1` hold it.
impl Serialize for Issue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("code", self.code)?;
        map.serialize_entry("level", self.severity.name())?;
        map.serialize_entry("file", &self.file)?;
        if let Some(line) = self.line {
            map.serialize_entry("line", &line)?;
        }
        if let Some(column) = &self.column {
            map.serialize_entry("column", column)?;
        }
        if let Some(id) = &self.id {
            map.serialize_entry("id", id.as_ref())?;
        }
        if let Some(value) = &self.value {
            map.serialize_entry("value", value)?;
        }
        map.serialize_entry("message", &self.message)?;
        map.end()
    }
}

impl Issue {
    /// An error that stands in no file and has no code.
    pub fn of(error: &dyn Error) -> Issue {
        Issue::error("", "", error.to_string())
    }

    /// A diagnostic of a pack: its first place, what is said of it and the notes behind the message.
    pub fn of_diagnostic(diagnostic: &Diagnostic, sources: &Sources) -> Issue {
        let label = diagnostic.labels.first();
        let said = label.map(|(_, label)| label.as_str()).filter(|label| !label.is_empty());
        let more = said.into_iter().chain(diagnostic.notes.iter().map(String::as_str));
        let message = more.fold(diagnostic.message.clone(), |text, more| format!("{text} ; {more}"));
        let mut issue = Issue::error(diagnostic.code, "", message);
        issue.severity = diagnostic.severity;
        if let Some((path, line, column)) = label.and_then(|(span, _)| sources.place(span)) {
            issue.file = format!("{}{path}", sources.root());
            issue.line = u64::try_from(line).ok();
            issue.column = Some(column.to_string());
        }
        issue
    }
}

impl Issues for PackError {
    fn issues(&self) -> Vec<Issue> {
        self.diagnostics.iter().map(|one| Issue::of_diagnostic(one, &self.sources)).collect()
    }
}
