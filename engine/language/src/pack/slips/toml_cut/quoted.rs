//! Texts: in quotes, in those of a word processor, never closed.

use super::{Reader, Stands};
use crate::pack::slips::written::is_blank;
use crate::pack::slips::{Slip, shown};

impl Reader<'_> {
    pub(super) fn quoted(&mut self, stands: Stands) {
        let (start, rest) = (self.at, self.rest());
        let quote = if rest.starts_with('"') { '"' } else { '\'' };
        let triple = quote.to_string().repeat(3);
        // A text over several lines ends with the same three quotes, on whatever line.
        if rest.starts_with(&triple) {
            let end = rest.get(3..).and_then(|r| r.find(&triple));
            match end {
                Some(end) => self.at = start + end + 6,
                None => {
                    let message = format!(
                        "texte ouvert et jamais fermé: « {triple} »; attendu: `{triple}` à la fin du texte"
                    );
                    self.push(
                        Slip::new("L0029", start..start + 3, message, "ouvert ici")
                            .fixed_at(self.text.len()..self.text.len(), triple),
                    );
                    self.at = self.text.len();
                }
            }
            return;
        }
        let end = self.line_end(start);
        let line = self.slice(start..end).trim_end_matches('\r');
        let mut escaped = false;
        let mut close = None;
        // To the quote that closes on this line; in single quotes a backslash is a letter.
        for (at, c) in line.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' if quote == '"' => escaped = true,
                c if c == quote => {
                    close = Some(at);
                    break;
                }
                _ => {}
            }
        }
        if let Some(close) = close {
            self.at = start + close + 1;
            return;
        }
        // Opened on the keyboard and closed by the word processor.
        if let Some((at, c)) = line.char_indices().skip(1).find(|(_, c)| matches!(c, '”' | '“' | '»' | '’'))
        {
            let range = start + at..start + at + c.len_utf8();
            self.at = range.end;
            let message = format!("guillemet de traitement de texte: « {c} »; attendu: `{quote}`");
            self.push(
                Slip::new("L0026", range, message, format!("écrire `{quote}`, un guillemet droit"))
                    .fixed(quote),
            );
            return;
        }
        self.never_closed(start, line, quote.len_utf8(), stands);
    }

    /// A text without its last quote: it ends with the line, before the brackets that close there.
    fn never_closed(&mut self, start: usize, line: &str, open: usize, stands: Stands) {
        let stop =
            |c: char| is_blank(c) || c == ';' || stands != Stands::Line && matches!(c, ',' | ']' | '}');
        let content = line.get(open..).unwrap_or("").trim_end_matches(stop);
        let end = start + open + content.len();
        let right = format!("\"{}\"", content.trim());
        let message =
            format!("texte ouvert et jamais fermé: « {} »; attendu: `{right}`", shown(line.trim_end()));
        let slip = Slip::new("L0029", start..start + open, message, format!("ouvert ici; écrire `{right}`"));
        self.push(slip.fixed_at(start..end, right));
        self.at = end;
    }

    pub(super) fn curly(&mut self, stands: Stands) {
        let start = self.at;
        let open = self.peek().unwrap_or('“');
        let line = self.slice(start..self.line_end(start)).trim_end_matches('\r');
        let closing = |c: char| match open {
            '«' => c == '»',
            '‘' | '’' => matches!(c, '’' | '‘' | '\''),
            _ => matches!(c, '”' | '“' | '"' | '″'),
        };
        let Some((at, c)) = line.char_indices().skip(1).find(|(_, c)| closing(*c)) else {
            return self.never_closed(start, line, open.len_utf8(), stands);
        };
        let range = start..start + at + c.len_utf8();
        let content = line.get(open.len_utf8()..at).unwrap_or("");
        // French quotes have a blank inside that is no part of the text.
        let content = if open == '«' { content.trim_matches(is_blank) } else { content };
        let right = format!("\"{}\"", content.replace('"', "\\\""));
        let message = format!(
            "guillemets de traitement de texte: {}; attendu: `{right}`",
            shown(self.slice(range.clone()))
        );
        self.at = range.end;
        self.push(
            Slip::new("L0026", range, message, format!("écrire `{right}`, avec des guillemets droits"))
                .fixed(right),
        );
    }
}
