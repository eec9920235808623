//! Names as they are shown, as identifiers of the page, and as they sort.

use logis::diagnostic::fold;

/// A name with a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A name in small letters, digits and single hyphens.
pub(super) fn slug(text: &str) -> String {
    let mut found = String::new();
    for c in fold(text).chars() {
        let plain = if c.is_ascii_alphanumeric() { c } else { '-' };
        if plain != '-' || !found.ends_with('-') {
            found.push(plain);
        }
    }
    found.trim_matches('-').to_string()
}

/// What sorts a name by its numbers: `L441-2` before `L441-10`.
pub(super) fn natural(text: &str) -> String {
    let mut found = String::new();
    let mut digits = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            if !digits.is_empty() {
                found.push_str(&format!("{:0>8}", std::mem::take(&mut digits)));
            }
            found.push(c);
        }
    }
    found
}
