//! Reads a TOML file that its parser refuses line by line, whatever is wrong in it, and collects the slips:
//! values written as in France, texts without quotes, keys with accents, brackets without a partner.

use std::ops::Range;

use super::written::{What, is_blank, truth, written};
use super::{Slip, plain_name, shown, words};
use crate::value::{parse_date, parse_number};

/// What a value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// Alone on the right of `=`.
    Line,
    /// In `[ … ]`.
    Array,
    /// In `{ … }`.
    Inline,
}

/// The slips of a file, and its keys with their tables: for what is written twice.
pub(super) struct Cut {
    pub slips: Vec<Slip>,
    /// The table, the key (empty for the table itself), and the place.
    pub keys: Vec<(String, String, Range<usize>)>,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    cut: Cut,
    /// The table that the lines belong to; those of an array of tables are numbered.
    table: String,
}

/// Cuts a file.
pub(super) fn cut(text: &str) -> Cut {
    let cut = Cut { slips: Vec::new(), keys: Vec::new() };
    let mut reader = Reader { text, at: 0, cut, table: String::new() };
    while reader.at < text.len() {
        let before = reader.at;
        reader.line();
        // Every line takes at least its end.
        if reader.at <= before {
            reader.at = reader.line_end(before) + 1;
        }
    }
    reader.cut
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn line_end(&self, at: usize) -> usize {
        self.text.get(at..).and_then(|t| t.find('\n')).map_or(self.text.len(), |n| at + n)
    }

    fn push(&mut self, slip: Slip) {
        self.cut.slips.push(slip);
    }

    /// Passes blanks; those of a word processor are slips.
    fn blanks(&mut self) {
        while let Some(c) = self.peek().filter(|c| is_blank(*c) || *c == '\r') {
            if super::unseen(c) {
                let range = self.at..self.at + c.len_utf8();
                let message = format!(
                    "caractère invisible ou espace particulier: {}",
                    shown(self.slice(range.clone()))
                );
                self.push(Slip::new("L0026", range, message, "écrire un espace ordinaire").fixed(" "));
            }
            self.at += c.len_utf8();
        }
    }

    /// Passes blanks, ends of lines and comments.
    fn gaps(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some('\n') => self.at += 1,
                Some('#') => self.at = self.line_end(self.at),
                _ => return,
            }
        }
    }

    fn line(&mut self) {
        self.gaps();
        match self.peek() {
            None => {}
            Some('[') => self.header(),
            Some(_) => self.pair(),
        }
    }

    /// `[table]`, `[[table]]`
    fn header(&mut self) {
        let (start, end) = (self.at, self.line_end(self.at));
        let line = self.slice(start..end);
        let line = line.split(" #").next().unwrap_or(line).trim_end_matches(|c| is_blank(c) || c == '\r');
        let opens = line.chars().take_while(|c| *c == '[').count().min(2);
        let inner = line.get(opens..).unwrap_or("");
        let closed = inner.find(']').unwrap_or(inner.len());
        let (name, after) = inner.split_at_checked(closed).unwrap_or((inner, ""));
        let closes = after.chars().take_while(|c| *c == ']').count();
        let name_at = start + opens;
        let name = name.trim_end_matches([';', ':', ',']).trim_end_matches(is_blank);
        let right = format!("{}{}{}", "[".repeat(opens), name.trim(), "]".repeat(opens));
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
    fn pair(&mut self) {
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
    fn key(&mut self, stands: Stands) {
        let (start, end) = (self.at, self.line_end(self.at));
        let line = self.slice(start..end);
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

    fn value(&mut self, stands: Stands) {
        match self.peek() {
            Some('"' | '\'') => self.quoted(stands),
            Some('“' | '”' | '„' | '«' | '‘' | '’' | '″') => self.curly(stands),
            Some('[') => self.array(),
            Some('{') => self.inline(),
            _ => self.atom(stands),
        }
    }

    fn quoted(&mut self, stands: Stands) {
        let (start, rest) = (self.at, self.rest());
        let quote = if rest.starts_with('"') { '"' } else { '\'' };
        let triple = quote.to_string().repeat(3);
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

    fn curly(&mut self, stands: Stands) {
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

    fn array(&mut self) {
        let open = self.at;
        self.at += 1;
        loop {
            let last = self.slice(open..self.at).trim_end_matches(|c: char| c.is_whitespace()).len() + open;
            self.gaps();
            match self.peek() {
                Some(']') => {
                    self.at += 1;
                    return;
                }
                Some(',') => self.at += 1,
                None => return self.open_bracket(open, last, "[", "]"),
                _ if self.new_entry(open) => return self.open_bracket(open, last, "[", "]"),
                Some(';') => self.semicolon(),
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

    fn inline(&mut self) {
        let open = self.at;
        self.at += 1;
        loop {
            let last = self.slice(open..self.at).trim_end_matches(|c: char| c.is_whitespace()).len() + open;
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

    /// A number, a date, `true`, `false`, or what should be one or a text.
    fn atom(&mut self, stands: Stands) {
        let start = self.at;
        let line = self.slice(start..self.line_end(start)).trim_end_matches('\r');
        let length = atom_end(line, stands);
        let mut atom = line.get(..length).unwrap_or(line).trim_end_matches(is_blank);
        let extra = if stands == Stands::Line { &[';', ','][..] } else { &[';'][..] };
        if let Some(before) = atom.strip_suffix(extra) {
            self.push(extra_sign(start + before.len(), if atom.ends_with(';') { ';' } else { ',' }));
            atom = before.trim_end_matches(is_blank);
        }
        let range = start..start + atom.len();
        self.at = start + length.max(atom.len());
        if atom.is_empty() {
            if stands == Stands::Line {
                self.push(Slip::new(
                    "L0034",
                    self.before(start),
                    "la valeur manque après `=`",
                    "écrire la valeur; un texte va entre guillemets: `\"…\"`",
                ));
            }
            return;
        }
        if !right(atom) {
            self.push(wrong_value(atom, range));
        }
    }

    /// The character before a place: something to point at, where nothing is written.
    fn before(&self, at: usize) -> Range<usize> {
        let text = self.text.get(..at).unwrap_or("").trim_end();
        let start = text.char_indices().next_back().map_or(0, |(i, _)| i);
        start..text.len()
    }

    /// What follows a value on its line.
    fn after_value(&mut self, end: usize) {
        self.blanks();
        let end = end.max(self.line_end(self.at.min(self.text.len())));
        let rest = self.slice(self.at..end).trim_end_matches(|c| is_blank(c) || c == '\r');
        if let Some(c @ (';' | ',' | '.')) = rest.chars().next() {
            let after = rest.get(1..).unwrap_or("").trim_start_matches(is_blank);
            if after.is_empty() || after.starts_with('#') {
                self.push(extra_sign(self.at, c));
            }
        }
        self.at = end;
    }
}

fn extra_sign(at: usize, sign: char) -> Slip {
    let message = format!("« {sign} » après une valeur; attendu: la fin de la ligne");
    Slip::new("L0018", at..at + 1, message, "le retirer").fixed("")
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

/// The bytes of a value without quotes. A decimal comma belongs to it where what follows is no key.
fn atom_end(line: &str, stands: Stands) -> usize {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let rest = line.get(at..).unwrap_or("");
        let ends = match (stands, c) {
            (Stands::Line, '#') => is_blank(before) || at == 0,
            (Stands::Line, _) => false,
            (_, '#') => is_blank(before),
            (_, ']' | '}') => true,
            (Stands::Array, ',') => true,
            (Stands::Inline, ',') => {
                let digits = rest.trim_start_matches(',').trim_start_matches(|c: char| c.is_ascii_digit());
                let decimals = rest.chars().nth(1).is_some_and(|d| d.is_ascii_digit());
                let closes = digits.trim_start_matches(is_blank).starts_with([',', '}', '€', '%']);
                !(before.is_ascii_digit() && decimals && closes)
            }
            _ => false,
        };
        if ends {
            return at;
        }
        before = c;
    }
    line.len()
}

/// Is it a value as TOML writes them?
fn right(atom: &str) -> bool {
    let number = |text: &str| {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let digits = mantissa.trim_start_matches(['+', '-']);
        let zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        parse_number(mantissa).is_some() && exponent.parse::<i32>().is_ok() && !zero && !text.contains('/')
    };
    let radix = |text: &str| {
        ["0x", "0o", "0b"].iter().any(|p| {
            text.strip_prefix(p)
                .is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_ascii_hexdigit() || c == '_'))
        })
    };
    // A date, and a time of day if any: that part is the parser's.
    let iso = atom.get(..10).is_some_and(|d| !d.contains('/') && parse_date(d).is_some());
    let time = atom.get(10..).is_none_or(|t| t.is_empty() || t.starts_with(['T', 't', ' ']));
    let of_day = atom.len() >= 5
        && atom.get(2..3) == Some(":")
        && atom.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.'));
    matches!(atom, "true" | "false" | "inf" | "+inf" | "-inf" | "nan" | "+nan" | "-nan")
        || number(atom)
        || radix(atom)
        || iso && time
        || of_day
}

fn wrong_value(atom: &str, range: Range<usize>) -> Slip {
    if let Some(w) = written(atom) {
        let code = if w.what == What::Truth { "L0025" } else { "L0027" };
        let right = w.corrected;
        let message = format!("{}: « {} »; attendu: `{right}`", w.what.name(), shown(atom));
        let slip = Slip::new(code, range, message, format!("écrire `{right}`")).fixed(right.clone());
        return match w.what {
            What::Percent => slip.note("si l'unité du paramètre est `%`, écrire le nombre seul"),
            What::Measure => slip.note("l'unité se dit une fois, par `unit = \"…\"`"),
            _ => slip,
        };
    }
    let message = |what: &str, right: &str| format!("{what}: « {} »; attendu: `{right}`", shown(atom));
    if atom.chars().all(|c| c.is_ascii_digit()) {
        let right = format!("\"{atom}\"");
        let what = "un nombre ne commence pas par 0; un code est un texte";
        return Slip::new("L0027", range, message(what, &right), format!("écrire `{right}`")).fixed(right);
    }
    if let Some(inner) = atom.strip_suffix(['"', '”', '»', '\'']) {
        let right = format!(
            "\"{}\"",
            inner.trim_matches(|c| is_blank(c) || matches!(c, '"' | '“' | '«')).replace('"', "'")
        );
        return Slip::new(
            "L0029",
            range,
            message("guillemet fermé et jamais ouvert", &right),
            format!("écrire `{right}`"),
        )
        .fixed(right);
    }
    let digits = atom.chars().filter(char::is_ascii_digit).count();
    if atom.contains('/') && digits >= 3 && parse_number(atom).is_some() {
        let right = format!("\"{}\"", atom.replace(' ', ""));
        return Slip::new(
            "L0018",
            range,
            message("une fraction s'écrit entre guillemets", &right),
            format!("écrire `{right}`"),
        )
        .fixed(right);
    }
    if truth(atom).is_none() && parse_number(atom).is_some() {
        let right = format!("\"{atom}\"");
        return Slip::new(
            "L0018",
            range,
            message("une fraction s'écrit entre guillemets", &right),
            format!("écrire `{right}`"),
        )
        .fixed(right);
    }
    let right = format!("\"{}\"", atom.replace('\\', "\\\\").replace('"', "\\\""));
    Slip::new("L0018", range, message("texte sans guillemets", &right), format!("écrire `{right}`"))
        .fixed(right)
}
