//! What all pages of HTML share: the style, the spaces of French, and what the figures rest on, told first.

mod basis;
mod maps;

use anyhow::Result;
use logis::value::parse_date;
use minijinja::value::Serde;
use serde::Serialize;

pub use basis::{BasisView, lines};
pub use maps::{Maps, contours};

/// The style that pages of reports share.
pub const STYLE: &str = include_str!("page.css");

/// A page from its template, which may use the filter `fr` and the macros of `base.html`.
pub fn render(template: &str, page: &impl Serialize) -> Result<String> {
    let mut engine = minijinja::Environment::new();
    engine.add_filter("fr", french);
    engine.add_template("base.html", include_str!("base.html"))?;
    engine.add_template("page.html", template)?;
    Ok(engine.get_template("page.html")?.render(minijinja::Value::from(Serde(page)))?)
}

/// `2017-06-30` as `30 juin 2017`; anything else as it is.
pub fn day(date: &str) -> String {
    parse_date(date).map_or_else(|| date.to_string(), logis::value::french_day)
}

/// The spaces of French typography: none breaks a line before `:`, `;`, `?`, `!`, `%`, `€`, inside « » or in a number.
pub fn french(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let near = |at: usize| letters.get(at).copied().unwrap_or(' ');
    let space = |at: usize| {
        let (before, after) = (near(at.wrapping_sub(1)), near(at + 1));
        match after {
            ':' | '»' => '\u{a0}',
            ';' | '?' | '!' | '%' | '€' => '\u{202f}',
            _ if before == '«' => '\u{a0}',
            _ if before.is_ascii_digit() && (1..=3).all(|n| near(at + n).is_ascii_digit()) => '\u{202f}',
            _ => ' ',
        }
    };
    letters.iter().enumerate().map(|(at, c)| if *c == ' ' { space(at) } else { *c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No line begins with a colon or a percent sign, nor with the end of a number.
    #[test]
    fn spaces_that_do_not_break() {
        assert_eq!(french("1 050 logements, 9,6 % : 101"), "1\u{202f}050 logements, 9,6\u{202f}%\u{a0}: 101");
        assert_eq!(french("« loué » en 2015 20"), "«\u{a0}loué\u{a0}» en 2015 20");
        assert_eq!(day("2017-07-01"), "1er juillet 2017");
        assert_eq!(day("un jour"), "un jour");
    }
}
