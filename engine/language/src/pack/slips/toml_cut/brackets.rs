//! Values in brackets: arrays and inline tables.

use super::{Reader, Stands};
use crate::pack::slips::Slip;
use crate::pack::slips::written::is_blank;

impl Reader<'_> {
    pub(super) fn array(&mut self) {
        let open = self.at;
        self.at += 1;
        loop {
            // The end of what is written so far: where the bracket would close, were it never to.
            let last = self.slice(open..self.at).trim_end_matches(|c: char| c.is_whitespace()).len() + open;
            self.gaps();
            match self.peek() {
                Some(']') => {
                    self.at += 1;
                    return;
                }
                Some(',') => self.at += 1,
                None => return self.open_bracket(open, last, "[", "]"),
                // A line that can only be a key or a table of its own: the bracket was forgotten before it.
                _ if self.new_entry(open) => return self.open_bracket(open, last, "[", "]"),
                Some(';') => self.semicolon(),
                // A sign that no array has: it is passed, and left to the parser to tell.
                Some('}' | '=') => {
                    self.at += 1;
                    return;
                }
                Some(_) => {
                    let before = self.at;
                    self.value(Stands::Array);
                    if self.at == before {
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn inline(&mut self) {
        let open = self.at;
        self.at += 1;
        loop {
            let last = self.slice(open..self.at).trim_end_matches(|c: char| c.is_whitespace()).len() + open;
            // After a comma or the opening brace a key is expected, so a line `key = …` is one of this table.
            let comma = self.slice(open..last).ends_with([',', '{']);
            self.gaps();
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return;
                }
                Some(',') => self.at += 1,
                None => return self.open_bracket(open, last, "{", "}"),
                _ if !comma && self.new_entry(open) => return self.open_bracket(open, last, "{", "}"),
                _ if comma && self.peek() == Some('[') => return self.open_bracket(open, last, "{", "}"),
                Some(';') => self.semicolon(),
                Some(_) => {
                    let before = self.at;
                    self.key(Stands::Inline);
                    if self.at == before {
                        // No key: what follows is the parser's to tell.
                        self.at = self.line_end(before);
                        return;
                    }
                    self.blanks();
                    self.value(Stands::Inline);
                }
            }
        }
    }

    fn semicolon(&mut self) {
        let range = self.at..self.at + 1;
        self.push(
            Slip::new("L0033", range, "« ; » entre deux valeurs; attendu: `,`", "écrire `,`").fixed(","),
        );
        self.at += 1;
    }

    /// Does a line begin here that is a table or a key of its own?
    fn new_entry(&self, open: usize) -> bool {
        let before = self.slice(open..self.at);
        let Some(line) = before.rfind('\n') else { return false };
        // Only at the beginning of a line, blanks aside.
        if !before.get(line..).unwrap_or("").trim().is_empty() {
            return false;
        }
        let line = self.slice(self.at..self.line_end(self.at));
        let named = line.trim_start_matches('[');
        let bare = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name = named.trim_start_matches(bare);
        if line.starts_with('[') {
            return named.starts_with(char::is_alphabetic) && name.starts_with(']');
        }
        line.starts_with(char::is_alphabetic) && name.trim_start_matches(is_blank).starts_with('=')
    }

    fn open_bracket(&mut self, open: usize, last: usize, sign: &str, closing: &str) {
        let (what, e) = if sign == "[" { ("crochet", "") } else { ("accolade", "e") };
        let message = format!("{what} ouvert{e} et jamais fermé{e}: « {sign} »; attendu: `{closing}`");
        let slip = Slip::new(
            "L0029",
            open..open + 1,
            message,
            format!("ouvert{e} ici; écrire `{closing}` à la fin des valeurs"),
        );
        self.push(slip.fixed_at(last..last, closing));
        self.at = last.max(open + 1);
    }
}
