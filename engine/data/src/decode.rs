//! The bytes of a text file as text: UTF-8 or UTF-16, or Windows-1252 as Excel in French writes it; which,
//! and where that is in doubt, is said.

use std::borrow::Cow;

use super::issue::Issue;
use super::issue_code::Code;

/// A text, and the lines of it on which a character could not be told for sure.
pub(super) struct Decoded<'b> {
    pub text: Cow<'b, str>,
    /// In order.
    pub doubtful: Vec<u64>,
}

/// Reads UTF-8 with or without its mark. What is not UTF-8 throughout is Windows-1252, with a warning,
/// unless it holds letters in UTF-8 too: then the rarer of the two are errors at their lines.
pub(super) fn decode<'b>(file: &str, bytes: &'b [u8], issues: &mut Vec<Issue>) -> Option<Decoded<'b>> {
    let (marked, bytes) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    if let Ok(text) = std::str::from_utf8(bytes) {
        tell_foreign(file, text, marked, issues);
        return Some(Decoded { text: Cow::Borrowed(text), doubtful: Vec::new() });
    }
    // Where the bytes are no UTF-8, and where they are and mean a letter that French text has.
    let (mut wrong, mut letters) = (Vec::new(), Vec::new());
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        letters.extend(chunk.valid().char_indices().filter(|(_, c)| in_french(*c)).map(|(i, _)| at + i));
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            wrong.push(at);
        }
        at += chunk.invalid().len();
    }
    let lines = Lines::new(bytes);
    if marked || (!letters.is_empty() && letters.len() >= wrong.len()) {
        let text = String::from_utf8_lossy(bytes);
        let mut doubtful = Vec::new();
        for at in wrong {
            let (line, byte) = (lines.of(at), bytes.get(at).copied().unwrap_or(0));
            if doubtful.last() != Some(&line) {
                doubtful.push(line);
                let guess = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned();
                issues.push(
                    Issue::error(
                        Code::Encoding,
                        file,
                        format!("octet 0x{byte:02X} qui n'est pas de l'UTF-8, dans un fichier qui l'est (« {guess} » en Windows-1252 ?) ; attendu: un seul codage"),
                    )
                    .at(line)
                    .of_kind("octet qui n'est pas de l'UTF-8"),
                );
            }
        }
        return Some(Decoded { text, doubtful });
    }
    let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0;
    let first = wrong.first().copied().unwrap_or(0);
    let shown = word(bytes, first);
    issues.push(
        Issue::warning(
            Code::GuessedEncoding,
            file,
            format!("le fichier n'est pas de l'UTF-8: il est lu comme du Windows-1252 (d'abord « {shown} »)"),
        )
        .at(lines.of(first)),
    );
    // Of these five bytes Windows-1252 makes no character.
    let holes =
        (0..).zip(bytes).filter(|(_, b)| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)).map(|(i, _)| i);
    let mut doubtful: Vec<(u64, &str)> = holes
        .map(|at| (lines.of(at), "un octet n'est un caractère ni en UTF-8 ni en Windows-1252"))
        .chain(letters.iter().map(|&at| {
            (
                lines.of(at),
                "un caractère est de l'UTF-8, dans un fichier qui n'en est pas ; attendu: un seul codage",
            )
        }))
        .collect();
    doubtful.sort_unstable();
    doubtful.dedup_by_key(|(line, _)| *line);
    issues.extend(doubtful.iter().map(|(line, what)| Issue::error(Code::Encoding, file, *what).at(*line)));
    Some(Decoded { text, doubtful: doubtful.into_iter().map(|(line, _)| line).collect() })
}

/// UTF-16 with its mark, as Excel's « texte Unicode » is, as UTF-8; anything else as it is.
pub(super) fn utf8<'b>(file: &str, bytes: &'b [u8], issues: &mut Vec<Issue>) -> Option<Cow<'b, [u8]>> {
    let encoding = match bytes {
        [0xff, 0xfe, ..] => encoding_rs::UTF_16LE,
        [0xfe, 0xff, ..] => encoding_rs::UTF_16BE,
        _ => return Some(Cow::Borrowed(bytes)),
    };
    let (text, wrong) = encoding.decode_with_bom_removal(bytes);
    if wrong {
        issues.push(Issue::error(
            Code::Encoding,
            file,
            "le fichier est de l'UTF-16 endommagé: un caractère manque ou est de trop",
        ));
        return None;
    }
    Some(Cow::Owned(text.into_owned().into_bytes()))
}

/// A few letters of Windows-1252 side by side are UTF-8 by chance (`Éœ`): a text whose only characters
/// beyond ASCII are none of French is told.
fn tell_foreign(file: &str, text: &str, marked: bool, issues: &mut Vec<Issue>) {
    let mut beyond = text.char_indices().filter(|(_, c)| !c.is_ascii()).peekable();
    let Some(&(at, _)) = beyond.peek().filter(|_| !marked) else { return };
    if beyond.any(|(_, c)| in_french(c)) {
        return;
    }
    let (own, other) = (word_of(text, at), word(text.as_bytes(), at));
    let message = format!("« {own} » est lu comme de l'UTF-8 ; en Windows-1252 ce serait « {other} »");
    issues.push(Issue::warning(Code::GuessedEncoding, file, message).at(Lines::new(text.as_bytes()).of(at)));
}

/// The word that a character stands in.
fn word_of(text: &str, at: usize) -> &str {
    let inside = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-';
    let (before, after) = text.split_at_checked(at).unwrap_or(("", text));
    let start = before.trim_end_matches(inside).len();
    let end = at + after.find(|c| !inside(c)).unwrap_or(after.len());
    text.get(start..end).unwrap_or("")
}

/// Has French text this character, beyond ASCII? Two bytes of Windows-1252 that happen to be UTF-8
/// (`É»` in capitals) make others.
pub(super) fn in_french(c: char) -> bool {
    matches!(c, '\u{a0}'..='\u{ff}' | 'Œ' | 'œ' | 'Ÿ' | '\u{2010}'..='\u{203a}' | '€')
}

/// The word that a byte stands in, as Windows-1252.
fn word(bytes: &[u8], at: usize) -> String {
    let inside = |b: &u8| *b >= 0x80 || b.is_ascii_alphanumeric() || *b == b'-';
    let before = bytes.get(..at).unwrap_or(&[]).iter().rev().take(20).take_while(|b| inside(b)).count();
    let after = bytes.get(at..).unwrap_or(&[]).iter().take(20).take_while(|b| inside(b)).count();
    let word = bytes.get(at - before..at + after).unwrap_or(&[]);
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(word).0.into_owned()
}

/// The offsets at which lines begin: after `\n`, `\r\n` or a lone `\r`.
struct Lines(Vec<usize>);

impl Lines {
    fn new(bytes: &[u8]) -> Lines {
        let ends = (1..).zip(bytes).filter(|(next, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(*next) != Some(&b'\n'),
            _ => false,
        });
        Lines(ends.map(|(next, _)| next).collect())
    }

    /// The line of a byte, from 1.
    fn of(&self, at: usize) -> u64 {
        self.0.partition_point(|start| *start <= at) as u64 + 1
    }
}
