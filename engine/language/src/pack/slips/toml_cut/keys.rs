//! Tables and keys: `[table]`, `key = value`.

use super::{Reader, Stands};
use crate::pack::slips::written::is_blank;
use crate::pack::slips::{Slip, plain_name, shown, words};

impl Reader<'_> {
    /// `[table]`, `[[table]]`
    pub(super) fn header(&mut self) {
        let (start, end) = (self.at, self.line_end(self.at));
        let line = self.slice(start..end);
        // A comment after the brackets is no part of the name.
        let line = line.split(" #").next().unwrap_or(line).trim_end_matches(|c| is_blank(c) || c == '\r');
        let opens = line.chars().take_while(|c| *c == '[').count().min(2);
        let inner = line.get(opens..).unwrap_or("");
        let closed = inner.find(']').unwrap_or(inner.len());
        let (name, after) = inner.split_at_checked(closed).unwrap_or((inner, ""));
        let closes = after.chars().take_while(|c| *c == ']').count();
        let name_at = start + opens;
        let name = name.trim_end_matches([';', ':', ',']).trim_end_matches(is_blank);
        let right = format!("{}{}{}", "[".repeat(opens), name.trim(), "]".repeat(opens));
        // `[[table]` or `[table`: all that is known is how many brackets open, so as many must close.
        if closes != opens {
            let message = format!(
                "les crochets ne se ferment pas comme ils s'ouvrent: « {} »; attendu: `{right}`",
                shown(line)
            );
            let from = name_at + name.len();
            let slip = Slip::new("L0029", start..start + line.len(), message, format!("écrire `{right}`"));
            self.push(slip.fixed_at(from..start + line.len(), "]".repeat(opens)));
        } else if let Some(extra) =
            after.get(closes..).filter(|e| !e.trim().is_empty() && !e.trim().starts_with('#'))
        {
            let from = name_at + closed + closes;
            let message =
                format!("« {} » après le nom d'une table; attendu: `{right}` seul", shown(extra.trim()));
            let range = from..from + extra.trim_end().len();
            self.push(Slip::new("L0018", range, message, "le retirer").fixed(""));
        }
        // An array of tables may stand many times; its keys are kept by the place of their table, as the same
        // key in two of them is no slip.
        self.keys_of(name_at, name);
        let path = compact(name);
        if opens == 1 {
            self.table.clone_from(&path);
            self.cut.keys.push((path, String::new(), name_at..name_at + name.len()));
        } else {
            self.table = format!("{path}#{start}");
        }
        self.at = end;
    }

    /// The parts of a dotted key: letters without accents, digits, `_`, `-`, or a text in quotes.
    fn keys_of(&mut self, at: usize, key: &str) {
        let mut start = 0;
        for part in key.split('.') {
            // The part's own place in the file, without the blanks around its dots.
            let blanks = part.len() - part.trim_start_matches(is_blank).len();
            let range = at + start + blanks..at + start + part.trim_end_matches(is_blank).len();
            start += part.len() + 1;
            let name = part.trim_matches(is_blank);
            let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if name.is_empty() || name.starts_with(['"', '\'']) || name.chars().all(bare) {
                continue;
            }
            let right = words::key(name).map_or_else(|| plain_name(name), str::to_string);
            let message = format!(
                "« {} » n'est pas une clé: lettres sans accent, chiffres et `_`; attendu: `{right}`",
                shown(name)
            );
            self.push(Slip::new("L0028", range, message, format!("écrire `{right}`")).fixed(right));
        }
    }

    /// `key = value`
    pub(super) fn pair(&mut self) {
        let (start, end) = (self.at, self.line_end(self.at));
        self.key(Stands::Line);
        if self.at <= start && self.peek() != Some('=') {
            self.at = end;
            return;
        }
        if self.at <= end {
            self.blanks();
            self.value(Stands::Line);
            self.after_value(end);
        }
        self.at = self.at.max(self.line_end(self.at.min(self.text.len())));
    }

    /// The key and the sign after it. Stays where it is if the line has none.
    pub(super) fn key(&mut self, stands: Stands) {
        let (start, end) = (self.at, self.line_end(self.at));
        let line = self.slice(start..end);
        // What stands between a key and its value may be `:`, `:=` or `==`; it is found first, then told.
        let Some((sign, length)) = separator(line) else {
            if stands == Stands::Line {
                self.missing_sign(line);
            }
            return;
        };
        let key = line.get(..sign).unwrap_or("").trim_end_matches(is_blank);
        let range = start + sign..start + sign + length;
        let written = self.slice(range.clone());
        if written != "=" {
            let message = format!("« {written} » entre une clé et sa valeur; attendu: `=`");
            self.push(
                Slip::new("L0033", range.clone(), message, format!("écrire `{} = …`", key.trim())).fixed("="),
            );
        }
        self.keys_of(start, key);
        if stands == Stands::Line {
            self.cut.keys.push((self.table.clone(), compact(key), start..start + key.len()));
        }
        self.at = range.end;
    }

    /// `label "Plafond"`: a key and a value without `=`.
    fn missing_sign(&mut self, line: &str) {
        let Some(blank) = line.find(is_blank) else { return };
        let (key, value) = line.split_at_checked(blank).unwrap_or((line, ""));
        let value = value.trim_matches(|c| is_blank(c) || c == '\r');
        let bare = key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let looks =
            value.starts_with(['"', '[', '{', '“', '«']) || value.starts_with(|c: char| c.is_ascii_digit());
        // Only where both sides leave no doubt; other lines are the parser's to tell.
        if !bare || !looks {
            return;
        }
        let message = format!("`=` manque après la clé `{key}`; attendu: `{key} = …`");
        let at = self.at + key.len();
        self.push(
            Slip::new("L0034", self.at..at, message, format!("écrire `{key} = {}`", shown(value)))
                .fixed_at(at..at, " ="),
        );
        self.at = at;
    }
}

fn compact(key: &str) -> String {
    key.chars().filter(|c| !is_blank(*c) && *c != '"').collect()
}

/// Where the sign between a key and its value is in a line, and its length.
fn separator(line: &str) -> Option<(usize, usize)> {
    let mut quote = None;
    let mut colon = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"') => quote = Some('"'),
            // An apostrophe in a key such as `l'age` opens no text.
            (None, '\'') if line.get(..at).is_none_or(|k| k.trim().is_empty()) => quote = Some('\''),
            (None, '=') => {
                let rest = line.get(at..).unwrap_or("");
                let before = line.get(..at).unwrap_or("");
                let length = if rest.starts_with("==") || rest.starts_with("=>") { 2 } else { 1 };
                return Some(if before.ends_with(':') && colon == Some(at - 1) {
                    (at - 1, 1 + length)
                } else {
                    colon.map_or((at, length), |c| (c, 1))
                });
            }
            (None, ':') if colon.is_none() => colon = Some(at),
            (None, '#' | '[' | '{' | '“' | '«') => break,
            _ => {}
        }
    }
    colon.map(|at| (at, 1))
}
