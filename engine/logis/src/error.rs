//! One error for whoever calls several parts: what each part says is wrong, as one list.

use std::fmt;

use logis_language::diagnostic::{Issue, Issues};

/// All that is wrong, of whatever part: the errors of packs, data, decisions, allocations and scenarios become one
/// by `?`. `Display` is the French report; the error of the part is the `source`.
///
/// ```
/// use logis::{Decider, Pack, value::parse_date};
///
/// fn decided(folder: &str, date: &str) -> Result<bool, logis::Error> {
///     let date = parse_date(date).ok_or(logis::Error::of("la date ne se lit pas"))?;
///     let decider = Decider::new(Pack::load(folder)?.plan(date, &["eligible_plus"])?);
///     Ok(decider.decide(&serde_json::json!({ "rfr_n2": "21 3O0" }))?.is_true("eligible_plus"))
/// }
/// // The letter O is no digit.
/// let wrong = decided("../../rules", "2017-06-30").err().ok_or("an error")?;
/// assert_eq!(wrong.issues()[0].code, "D0403");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Error {
    issues: Vec<Issue>,
    /// The report of the part.
    report: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of the caller's own, in words.
    pub fn of(message: impl Into<String>) -> Error {
        let report = message.into();
        Error { issues: vec![Issue::error("", "", report.clone())], report, source: None }
    }

    /// All that is wrong, each with its code and place where it has them; one at least.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The report is that of the source: what comes below it in the chain is its own source.
        self.source.as_ref().and_then(|source| source.source())
    }
}

impl Error {
    /// The error of the part, if it is of that type.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.source.as_ref()?.downcast_ref()
    }
}

impl<E: Issues + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Error {
        Error { issues: error.issues(), report: error.to_string(), source: Some(Box::new(error)) }
    }
}
