//! The bytes of a text file as text, without the feature `csv`: UTF-8, which the tables of packs are.

use std::borrow::Cow;

use super::issue::Issue;
use super::unbuilt::unbuilt;

/// A text, and the lines of it on which a character could not be told for sure: none.
pub(super) struct Decoded<'b> {
    pub text: Cow<'b, str>,
    pub doubtful: Vec<u64>,
}

/// Reads UTF-8 with or without its mark.
pub(super) fn decode<'b>(file: &str, bytes: &'b [u8], issues: &mut Vec<Issue>) -> Option<Decoded<'b>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Decoded { text: Cow::Borrowed(text), doubtful: Vec::new() }),
        Err(_) => {
            issues.push(unbuilt(file, "la lecture d'autres codages que l'UTF-8", "csv"));
            None
        }
    }
}

/// The bytes as they are: UTF-16 is not read.
#[allow(clippy::unnecessary_wraps, reason = "as with the feature `csv`")]
pub(super) fn utf8<'b>(_file: &str, bytes: &'b [u8], _issues: &mut Vec<Issue>) -> Option<Cow<'b, [u8]>> {
    Some(Cow::Borrowed(bytes))
}
