//! What is wrong with a data package: which file, line and column, what was found, what was expected.

use std::fmt;

use crate::diagnostic::Severity;

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

    /// Is it an error?
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `demandes.csv:1204: colonne `rfr_n2`: …`
impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ": colonne `{column}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// ` ; vouliez-vous dire « … » ?`, or nothing.
pub(super) fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |n| format!(" ; vouliez-vous dire « {n} » ?"))
}
