//! The result of a run as a file that is kept, so that it is not computed again.
//!
//! The file carries the SHA-256 of what it holds, taken over the result as this module writes it: layout and the
//! order of keys do not count, a figure does. A file that was edited or cut short is not believed. The digest
//! tells accidents and edits by hand; whoever computes it again after an edit is not found out.

use serde::{Deserialize, Serialize};

use super::run::RunResult;
use logis_language::diagnostic::foreign;
use logis_language::exchange::FORMAT;
use logis_language::fingerprint::sha256;

/// What the file says it is.
const KIND: &str = "run";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<R> {
    /// The version of its form, and what it is; files of before `logis/1` tell neither.
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    /// Of `result`, as JSON without spaces.
    sha256: String,
    result: R,
}

/// Why a kept result is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotBelieved {
    /// It is no kept result, or one of another form.
    #[error("ne se lit pas ({0})")]
    Unreadable(String),
    /// It does not hold what was written.
    #[error("n'est pas tel qu'il a été écrit")]
    Edited,
    /// It is of other inputs, or of another build of the engine.
    #[error("est d'autres données, d'autres règles ou d'un autre moteur")]
    OtherInputs,
}

impl RunResult {
    /// The content of a file that keeps it.
    ///
    /// # Errors
    /// It has no JSON form.
    pub fn to_kept(&self) -> Result<Vec<u8>, serde_json::Error> {
        let sha256 = sha256(&serde_json::to_vec(self)?);
        let (format, kind) = (Some(FORMAT.to_string()), Some(KIND.to_string()));
        serde_json::to_vec(&Kept { format, kind, sha256, result: self })
    }

    /// Reads such a file, if it is what was written, for inputs of that hash: see [`Simulation::hash`].
    ///
    /// [`Simulation::hash`]: super::Simulation::hash
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn from_kept(bytes: &[u8], hash: &str) -> Result<RunResult, NotBelieved> {
        let unreadable = |error: serde_json::Error| NotBelieved::Unreadable(foreign::json(&error));
        let kept: Kept<RunResult> = serde_json::from_slice(bytes).map_err(unreadable)?;
        if sha256(&serde_json::to_vec(&kept.result).map_err(unreadable)?) != kept.sha256 {
            return Err(NotBelieved::Edited);
        }
        let is = |said: &Option<String>, expected: &str| said.as_deref().is_none_or(|s| s == expected);
        if !is(&kept.format, FORMAT) || !is(&kept.kind, KIND) {
            return Err(NotBelieved::Edited);
        }
        if kept.result.hash != hash {
            return Err(NotBelieved::OtherInputs);
        }
        Ok(kept.result)
    }
}
