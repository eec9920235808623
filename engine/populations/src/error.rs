//! Why a population cannot be drawn.

use crate::ipf::IpfError;

/// Why a population cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The file is not TOML, or has a key or a type that a model has not.
    #[error("{}", logis_language::diagnostic::foreign::toml(.0))]
    Toml(#[from] toml::de::Error),
    /// A margin makes no sense.
    #[error("`{key}`: {message}")]
    Margin {
        /// The key of the file.
        key: &'static str,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// A number is outside the range that its key allows.
    #[error("ligne {line}: `{key}`: « {found} » ; attendu: {expected}")]
    Number {
        /// The line of the file, from 1.
        line: usize,
        /// The path of keys, with dots.
        key: String,
        /// What is written.
        found: String,
        /// The allowed range.
        expected: String,
    },
    /// The territory gives nothing to draw.
    #[error("{0}")]
    Territory(String),
    /// The cross table cannot be fitted: the margins or crossings have a wrong form.
    #[error(transparent)]
    Ipf(#[from] IpfError),
    /// The columns of a table do not make a record batch.
    #[error("{0}")]
    Columns(String),
}

impl From<arrow_schema::ArrowError> for GenerateError {
    fn from(error: arrow_schema::ArrowError) -> GenerateError {
        GenerateError::Columns(error.to_string())
    }
}
