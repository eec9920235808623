//! One layout for the files of a pack: `logis fmt`.
//!
//! Parameter tables, cases, the schema and `pack.toml` keep every word, comment and order. What is laid
//! out is the space around: `=` aligned among the lines of a table (one over several lines is the last
//! of its block), a blank line between tables and never two, no blanks at the ends of lines, one line
//! end at the end of the file. In a dated value the date, the source and their like align among
//! themselves, and so do its cells. The inside of a value, such as an array that spells out a grid, is
//! let be, and so are lines that align already, only wider or but for a longer key. Laying out what is laid out changes nothing.
//!
//! Of scripts only blanks at the ends of lines and blank lines are looked at: where a long condition
//! breaks is how its author reads the law.

/// Lays out a TOML file that parses; any other comes out as it is or nearly.
///
/// ```
/// use logis::format::toml;
/// assert_eq!(toml("[a]\nlong=1\nb = 2   # two  \n\n\n[c]\n"), "[a]\nlong = 1\nb    = 2   # two\n\n[c]\n");
/// ```
pub fn toml(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut out: Vec<Line> = Vec::new();
    let mut open = Open::default();
    for line in text.split('\n') {
        if open.is_open() {
            let kept = if open.in_text() { line } else { line.trim_end() };
            open.read(kept);
            out.push(Line::Kept(kept.to_string()));
            continue;
        }
        let whole = line.trim_start();
        let line = line.trim();
        if line.is_empty() {
            out.push(Line::Blank);
        } else if line.starts_with('#') {
            out.push(Line::Comment(line.to_string()));
        } else if line.starts_with('[') {
            out.push(Line::Header(line.to_string()));
        } else if let Some(at) = equals(line) {
            let (key, value) = (line.get(..at).unwrap_or(""), line.get(at + 1..).unwrap_or(""));
            let mut value = value.trim_start();
            open.read(value);
            if open.in_text() {
                // Blanks at the end are of the text that goes on.
                value = whole.get(at + 1..).unwrap_or("").trim_start();
            }
            let width = key.chars().count().saturating_sub(1);
            out.push(Line::Entry(key.trim_end().to_string(), value.to_string(), width));
        } else {
            out.push(Line::Kept(line.to_string()));
        }
    }
    write(&space(out))
}

/// Takes blanks away from the ends of lines, and blank lines beyond one; a script that holds a text over
/// several lines is let be.
///
/// ```
/// use logis::format::script;
/// assert_eq!(script("fn a() {  \n\n\n    1\n}"), "fn a() {\n\n    1\n}\n");
/// ```
pub fn script(text: &str) -> String {
    if text.contains('`') {
        return text.to_string();
    }
    let mut out = String::new();
    let mut blank = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && blank) {
            out.push_str(line);
            out.push('\n');
        }
        blank = line.is_empty();
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

/// A line of a file.
#[derive(Clone, Debug)]
enum Line {
    Blank,
    Comment(String),
    Header(String),
    /// A key, its value or the first line of it, and how wide the key was with its blanks.
    Entry(String, String, usize),
    /// Inside a value of several lines.
    Kept(String),
}

/// What a value of several lines has open.
#[derive(Clone, Debug, Default)]
struct Open {
    brackets: usize,
    /// The sign of a text over several lines: `"` or `'`.
    text: Option<char>,
}

impl Open {
    fn is_open(&self) -> bool {
        self.brackets > 0 || self.text.is_some()
    }

    fn in_text(&self) -> bool {
        self.text.is_some()
    }

    /// Reads a line of a value.
    fn read(&mut self, line: &str) {
        let mut rest = line;
        while !rest.is_empty() {
            // Inside a text of several lines only its three quotes count.
            if let Some(sign) = self.text {
                let triple: String = [sign; 3].iter().collect();
                match rest.find(&triple) {
                    Some(at) => {
                        rest = rest.get(at + 3..).unwrap_or("");
                        self.text = None;
                    }
                    None => return,
                }
                continue;
            }
            let mut chars = rest.chars();
            let Some(first) = chars.next() else { return };
            rest = chars.as_str();
            match first {
                '#' => return,
                '[' | '{' => self.brackets += 1,
                ']' | '}' => self.brackets = self.brackets.saturating_sub(1),
                '"' | '\'' => {
                    let double: String = [first; 2].iter().collect();
                    if let Some(inside) = rest.strip_prefix(&double) {
                        self.text = Some(first);
                        rest = inside;
                    } else {
                        rest = after_text(rest, first);
                    }
                }
                _ => {}
            }
        }
    }
}

/// What follows a text on one line.
fn after_text(rest: &str, sign: char) -> &str {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if sign == '"' => escaped = true,
            c if c == sign => return rest.get(at + 1..).unwrap_or(""),
            _ => {}
        }
    }
    ""
}

/// Where the `=` after a key is.
fn equals(line: &str) -> Option<usize> {
    let mut rest = line;
    loop {
        let at = line.len() - rest.len();
        let c = rest.chars().next()?;
        let next = rest.get(c.len_utf8()..)?;
        rest = match c {
            '=' => return Some(at),
            '"' | '\'' => after_text(next, c),
            _ => next,
        };
    }
}

/// One blank line before each table and its comments, and never two.
fn space(lines: Vec<Line>) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    for line in lines {
        match line {
            Line::Blank if matches!(out.last(), None | Some(Line::Blank)) => {}
            Line::Header(_) => {
                // The comments just above a table are its own, where a line above them is not.
                let own = out.iter().rev().take_while(|l| matches!(l, Line::Comment(_))).count();
                let at = out.len() - own;
                let before = at.checked_sub(1).and_then(|i| out.get(i));
                let needed = matches!(before, Some(Line::Entry(..) | Line::Kept(_) | Line::Header(_)));
                // Not at the top of the file, nor where a blank line is there.
                if needed {
                    out.insert(at, Line::Blank);
                }
                out.push(line);
            }
            line => out.push(line),
        }
    }
    while matches!(out.last(), Some(Line::Blank)) {
        out.pop();
    }
    out
}

/// Keys that say of a dated value when it holds and where it is written.
const ABOUT: [&str; 5] = ["from", "until", "source", "doute", "value"];

fn write(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut widths: Vec<usize> = vec![0; lines.len()];
    let mut block: Vec<usize> = Vec::new();
    let mut dated = false;
    for (i, line) in lines.iter().enumerate() {
        match line {
            Line::Entry(..) => block.push(i),
            Line::Comment(_) => {}
            // Keys are aligned within a block: up to a blank line, a table, or a value of several lines.
            Line::Blank | Line::Header(_) | Line::Kept(_) => {
                align(lines, &std::mem::take(&mut block), dated, &mut widths);
                // In a dated value the keys that say when it holds are aligned apart from those of its cells.
                if let Line::Header(header) = line {
                    dated = header.starts_with("[[") && header.trim_end_matches(']').ends_with(".values");
                }
            }
        }
    }
    align(lines, &block, dated, &mut widths);
    for (line, width) in lines.iter().zip(widths) {
        match line {
            Line::Blank => {}
            Line::Comment(text) | Line::Header(text) | Line::Kept(text) => out.push_str(text),
            Line::Entry(key, value, _) => {
                out.push_str(key);
                out.extend(std::iter::repeat_n(' ', width.saturating_sub(key.chars().count())));
                out.push_str(" = ");
                out.push_str(value);
            }
        }
        out.push('\n');
    }
    out
}

/// Gives the lines of one block the width of the longest key, in a dated value of its kind.
fn align(lines: &[Line], block: &[usize], dated: bool, widths: &mut [usize]) {
    let key = |i: &usize| match lines.get(*i) {
        Some(Line::Entry(key, ..)) => key.as_str(),
        _ => "",
    };
    for about in [true, false] {
        let kind: Vec<usize> =
            block.iter().copied().filter(|i| !dated || ABOUT.contains(&key(i)) == about).collect();
        let of = |i: &usize| match lines.get(*i) {
            Some(Line::Entry(key, _, width)) => (key.chars().count(), *width),
            _ => (0, 0),
        };
        let longest = kind.iter().map(|i| of(i).0).max().unwrap_or(0);
        let column = kind.iter().map(|i| of(i).1).min().unwrap_or(0);
        let there = kind.iter().filter(|i| of(i).1 == column).count();
        // Lines that align already are let be: further to the right, with those of other tables, or but
        // for a few keys that are longer.
        let aligned = kind.iter().map(of).all(|(key, width)| width == column.max(key));
        let width = if block.len() > 1 && aligned && 2 * there > kind.len() { column } else { longest };
        for i in kind {
            if let Some(slot) = widths.get_mut(i) {
                *slot = width;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::toml;

    #[test]
    #[allow(clippy::unwrap_used)]
    fn nothing_but_space_changes_and_the_second_time_nothing() {
        let text = "# tête\n\n[a]  \n\"clé = 1\"=[\n  1, # un\n  2,\n]\nt = \"\"\"un  \nx   \n[pas une table]\n\"\"\"\n# de b\n[b]\nx=1\n\n\n\ny.z   = { a = 1 }\n\n";
        let once = toml(text);
        assert_eq!(toml(&once), once);
        let read = |t: &str| t.parse::<::toml::Table>().unwrap();
        assert_eq!(read(&once), read(text));
        assert_eq!(
            once,
            "# tête\n\n[a]\n\"clé = 1\" = [\n  1, # un\n  2,\n]\nt = \"\"\"un  \nx   \n[pas une table]\n\"\"\"\n\n# de b\n[b]\nx = 1\n\ny.z = { a = 1 }\n"
        );
    }
}
