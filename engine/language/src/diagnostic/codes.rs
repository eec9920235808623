//! What each code means: the one table of codes, read from the page `codes.md`.
//!
//! A section of the page is a code: its title, its level, what it says with an example, and the
//! remedy. `logis check --explain` prints it; the levels of findings are taken from it.

use std::sync::LazyLock;

use super::{Severity, nearest};

/// One code.
#[derive(Clone, Debug)]
pub struct Code {
    /// `L0501`
    pub code: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Its level where the pack sets none.
    pub severity: Severity,
    /// May `pack.toml` set another? A pack with an error of the other kind does not load.
    pub adjustable: bool,
    /// What it says, an example and the remedy: Markdown.
    pub text: &'static str,
}

static PAGE: &str = include_str!("codes.md");

static CODES: LazyLock<Vec<Code>> = LazyLock::new(|| of_page(PAGE));

/// The codes of a page: one a section of its second level.
pub fn of_page(page: &'static str) -> Vec<Code> {
    page.split("\n## ").skip(1).filter_map(read).collect()
}

fn read(section: &'static str) -> Option<Code> {
    let (heading, rest) = section.split_once('\n')?;
    let (code, title) = heading.split_once(' ')?;
    let (level, text) = rest.trim_start().split_once('\n')?;
    let severity = match level.split([' ', ',', '.']).nth(1)? {
        "remarque" => Severity::Note,
        "avertissement" => Severity::Warning,
        _ => Severity::Error,
    };
    Some(Code { code, title, severity, adjustable: level.contains("réglable"), text: text.trim() })
}

/// All codes, in order.
pub fn all() -> &'static [Code] {
    &CODES
}

/// The code of that name, in upper or lower case.
///
/// ```
/// use logis::diagnostic::{Severity, codes};
/// let code = codes::get("L0203").ok_or("a code")?;
/// assert_eq!((code.severity, code.adjustable), (Severity::Error, false));
/// # Ok::<(), &str>(())
/// ```
pub fn get(code: &str) -> Option<&'static Code> {
    find(all(), code)
}

/// The code of that name among `codes`, in upper or lower case.
pub fn find(codes: &'static [Code], code: &str) -> Option<&'static Code> {
    codes.iter().find(|c| c.code.eq_ignore_ascii_case(code))
}

/// The code that is nearest to a misspelt one.
pub fn near(code: &str) -> Option<&'static str> {
    nearest(&code.to_uppercase(), CODES.iter().map(|c| c.code))
}
