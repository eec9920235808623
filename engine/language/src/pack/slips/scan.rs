//! Cuts the text of a rule file into pieces, whatever is wrong in it: words with accents, quotes of a word
//! processor, texts that never end.

use super::written::is_blank;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pack) enum Kind {
    /// Letters, digits and `_`, a letter first.
    Word,
    /// Digits, with a point and an exponent if any.
    Number,
    /// A text between the quotes of the language: `"…"` on one line, `` `…` `` on several.
    Text,
    /// A text between other quotes that were closed: `'…'`, `“…”`, `« … »`, `"…”`.
    Quoted,
    /// A quote without its partner on the line: the rest of the line.
    OpenText,
    /// `// …`, `/* … */`
    Comment,
    /// `/*` without its `*/`.
    OpenComment,
    /// Anything else.
    Sign,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug)]
pub(in crate::pack) struct Piece<'t> {
    pub kind: Kind,
    /// Its first byte.
    pub at: usize,
    pub text: &'t str,
}

impl Piece<'_> {
    /// The byte after its last.
    pub fn end(&self) -> usize {
        self.at + self.text.len()
    }

    pub fn range(&self) -> std::ops::Range<usize> {
        self.at..self.end()
    }

    /// Is it this sign?
    pub fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// Is it this word?
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    /// May an operand begin with it?
    pub fn begins_operand(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Number | Kind::Text | Kind::Quoted) || self.is("(")
    }

    /// May an operand end with it?
    pub fn ends_operand(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Number | Kind::Text | Kind::Quoted) || self.is(")")
    }
}

/// Signs of several characters, the longest first.
const SIGNS: [&str; 23] = [
    "===", "!==", "=>=", "=<=", "&&", "||", "==", "!=", "<=", ">=", "=<", "=>", "<>", "><", "=!", ":=", "**",
    "::", "++", "--", "->", "..", "?.",
];

/// A letter that a word may begin with.
fn begins_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// A character that a word may go on with, accents that stand by themselves included.
fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || matches!(c, '\u{300}'..='\u{36f}')
}

/// The pieces of a text in order; what is between them is blank.
pub(in crate::pack) fn scan(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        if matches!(first, '\n' | '\r') || is_blank(first) && !super::unseen(first) {
            at += first.len_utf8();
            before = first;
            continue;
        }
        // A piece never is empty and never goes past the end, so that the scan comes to its own end on any
        // text.
        let (kind, length) = piece(rest, first, before);
        let length = length.clamp(first.len_utf8(), rest.len());
        let piece = rest.get(..length).unwrap_or(rest);
        pieces.push(Piece { kind, at, text: piece });
        before = piece.chars().next_back().unwrap_or(' ');
        at += piece.len();
    }
    pieces
}

/// The kind and the bytes of the piece that a text begins with.
fn piece(rest: &str, first: char, before: char) -> (Kind, usize) {
    let line = || rest.find(['\n', '\r']).unwrap_or(rest.len());
    let second = rest.chars().nth(1).unwrap_or(' ');
    match first {
        '/' if second == '/' => (Kind::Comment, line()),
        '/' if second == '*' => match block_comment(rest) {
            Some(length) => (Kind::Comment, length),
            None => (Kind::OpenComment, rest.len()),
        },
        // An apostrophe inside a name, as in `l'âge`.
        '\'' | '’' if goes_on(before) && begins_word(second) => (Kind::Sign, first.len_utf8()),
        '"' => quoted(rest, first, line()),
        '`' => match rest.get(1..).and_then(|r| r.find('`')) {
            Some(end) => (Kind::Text, end + 2),
            None => (Kind::OpenText, line()),
        },
        '\'' | '“' | '”' | '„' | '‟' | '«' | '‘' | '‚' | '″' => quoted(rest, first, line()),
        c if begins_word(c) => (Kind::Word, rest.find(|c| !goes_on(c)).unwrap_or(rest.len())),
        c if c.is_ascii_digit() => (Kind::Number, number(rest)),
        _ => match SIGNS.iter().find(|s| rest.starts_with(**s)) {
            Some(sign) => (Kind::Sign, sign.len()),
            None => (Kind::Sign, first.len_utf8()),
        },
    }
}

/// A text that begins with a quote, to the quote that closes it on the line.
fn quoted(rest: &str, open: char, line: usize) -> (Kind, usize) {
    let closes: &[char] = match open {
        '"' => &['"'],
        '\'' => &['\''],
        '«' => &['»'],
        '‘' | '‚' => &['’', '‘', '\''],
        _ => &['”', '“', '"', '″'],
    };
    let inner = rest.get(..line).unwrap_or(rest);
    let mut escaped = false;
    for (at, c) in inner.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if closes.contains(&c) => {
                let kind = if open == '"' { Kind::Text } else { Kind::Quoted };
                return (kind, at + c.len_utf8());
            }
            _ => {}
        }
    }
    // `"…”`: opened on the keyboard, closed by the word processor.
    let curly = inner.char_indices().skip(1).find(|(_, c)| open == '"' && matches!(c, '”' | '“' | '»'));
    match curly {
        Some((at, c)) => (Kind::Quoted, at + c.len_utf8()),
        None => (Kind::OpenText, inner.trim_end().len()),
    }
}

/// The bytes of a number.
fn number(rest: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'_').count();
    let mut length = digits(rest);
    while let Some(more) = rest.get(length..).and_then(|r| r.strip_prefix('.')) {
        let count = digits(more);
        if count == 0 {
            break;
        }
        length += 1 + count;
    }
    if let Some(exponent) = rest.get(length..).and_then(|r| r.strip_prefix(['e', 'E'])) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let count = exponent.get(sign..).map_or(0, digits);
        if count > 0 {
            length += 1 + sign + count;
        }
    }
    length
}

/// The bytes of a comment that may hold others.
fn block_comment(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(left) = rest.get(at..).filter(|r| !r.is_empty()) {
        // Rhai's block comments hold others: they end where as many were closed as opened.
        if left.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if left.starts_with("*/") {
            (depth, at) = (depth.checked_sub(1)?, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += left.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Kind, scan};

    #[test]
    fn pieces_of_a_text_with_slips() {
        let cut = |text: &'static str| -> Vec<(Kind, &str)> {
            scan(text).into_iter().map(|p| (p.kind, p.text)).collect()
        };
        assert_eq!(
            cut("l'âge ≤ 0,9 // non, « rien »"),
            [
                (Kind::Word, "l"),
                (Kind::Sign, "'"),
                (Kind::Word, "âge"),
                (Kind::Sign, "≤"),
                (Kind::Number, "0"),
                (Kind::Sign, ","),
                (Kind::Number, "9"),
                (Kind::Comment, "// non, « rien »"),
            ]
        );
        assert_eq!(
            cut("zone == “ville” et \"a\\\"b\" 'c' \"d”\n\"sans fin"),
            [
                (Kind::Word, "zone"),
                (Kind::Sign, "=="),
                (Kind::Quoted, "“ville”"),
                (Kind::Word, "et"),
                (Kind::Text, "\"a\\\"b\""),
                (Kind::Quoted, "'c'"),
                (Kind::Quoted, "\"d”"),
                (Kind::OpenText, "\"sans fin"),
            ]
        );
        assert_eq!(cut("1.234.567 2e3 /* a /* b */ c */ x /* y").len(), 5);
    }
}
