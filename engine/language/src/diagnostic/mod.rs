//! Diagnostics: what is wrong in a pack, where, and what to do about it.
//!
//! All problems of a pack are collected and shown together, each with its code, the place in its
//! file and the nearest right name. This module holds the data and the one renderer; the modules
//! that find the problems name a message of [`texts`], where its words stand.

pub mod codes;
pub mod foreign;
mod issue;
pub mod report;
pub mod texts;
pub mod visible;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use codespan_reporting::diagnostic as cs;
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term;

pub use issue::{Issue, Issues};
pub use texts::did_you_mean;

/// Number of a file in [`Sources`].
pub type FileId = usize;

/// A place in a file of the pack: byte range.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Bytes from the start of the file.
    pub range: Range<usize>,
}

impl Span {
    /// A place in `file`.
    pub fn new(file: FileId, range: Range<usize>) -> Span {
        Span { file, range }
    }
}

/// One text file of a pack.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the pack's folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
}

/// The text files of a pack, in the order of their paths. As `Debug`, how many: an error that holds them is to be read.
#[derive(Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// By file: where each line begins.
    lines: Vec<Arc<[usize]>>,
    /// What is put before each path in messages: the folder that the pack was read from.
    root: String,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("root", &self.root).field("files", &self.files.len()).finish()
    }
}

impl Sources {
    /// Files under `root` (shown before each path; may be empty).
    pub fn new(root: &str, files: Vec<SourceFile>) -> Sources {
        let root = root.trim_end_matches('/');
        let root = if root.is_empty() { String::new() } else { format!("{root}/") };
        let starts = |text: &str| -> Arc<[usize]> {
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        };
        let lines = files.iter().map(|file| starts(&file.text)).collect();
        Sources { files, lines, root }
    }

    /// All files, by number.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The file, if there is one of that number.
    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file)
    }

    /// The text of a place.
    pub(crate) fn snippet(&self, span: &Span) -> &str {
        self.get(span.file).and_then(|f| f.text.get(span.range.clone())).unwrap_or("")
    }

    /// `path:line:column` of the start of a place (both from 1; columns count characters).
    pub fn locate(&self, span: &Span) -> String {
        let Some((path, line, column)) = self.place(span) else { return String::new() };
        format!("{}{path}:{line}:{column}", self.root)
    }

    /// The start of a place: the path of the file in the pack's folder, line and column (both from 1; columns count
    /// characters).
    pub fn place(&self, span: &Span) -> Option<(&str, usize, usize)> {
        let file = self.get(span.file)?;
        let (line, column) = self.line_and_column(span.file, span.range.start)?;
        Some((&file.path, line, column))
    }

    /// The line and the column (both from 1; columns count characters) of an offset, as [`Sources::offset`] has them.
    fn line_and_column(&self, file: FileId, offset: usize) -> Option<(usize, usize)> {
        let (text, lines) = (&self.get(file)?.text, self.lines.get(file)?);
        // Past the end, and within a character, is the end.
        let before = text.get(..offset).unwrap_or(text);
        let line = lines.partition_point(|start| *start <= before.len());
        let start = lines.get(line.checked_sub(1)?)?;
        Some((line, before.get(*start..)?.chars().count() + 1))
    }

    /// What messages put before each path: the folder that the pack was read from, with a `/` at its end; nothing
    /// for a pack of no folder.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Byte offset of a line and column (both from 1; columns count characters).
    pub fn offset(&self, file: FileId, line: usize, column: usize) -> usize {
        let (Some(file), Some(lines)) = (self.get(file), self.lines.get(file)) else { return 0 };
        let start = lines.get(line.saturating_sub(1)).copied().unwrap_or(file.text.len());
        let text = file.text.get(start..).unwrap_or("");
        let in_line =
            text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(offset, _)| offset);
        start + in_line
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// Worth a look; the pack loads.
    Warning,
    /// The pack does not load.
    Error,
}

impl Severity {
    /// As written in `pack.toml` and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One problem.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Its code, `L0xxx`: stable, documented.
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where, first the place to change; each with what to say there.
    pub labels: Vec<(Span, String)>,
    /// What else helps.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error at a place, with the words shown there.
    pub fn error(
        code: &'static str,
        message: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: vec![(span, label.into())],
            notes: Vec::new(),
        }
    }

    /// A warning with one place: see [`Diagnostic::error`].
    pub fn warning(
        code: &'static str,
        message: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message, span, label) }
    }

    /// Adds a second place.
    #[must_use]
    pub fn with_label(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// Adds a note.
    #[must_use]
    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// Collects the problems of a pack.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    /// The problems found so far.
    pub items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Is there an error among them?
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|d| d.severity == Severity::Error)
    }

    /// Sorts by place, so that the order does not depend on which check ran first, and drops what
    /// is said twice.
    pub fn sort(&mut self) {
        let key = |d: &Diagnostic| {
            let span = d.labels.first().map(|(s, _)| s.clone()).unwrap_or_default();
            (span.file, span.range.start, d.code, d.message.clone())
        };
        self.items.sort_by_key(key);
        self.items.dedup_by_key(|d| key(d));
    }
}

/// The problems of a pack with its files: what loading fails with. `Display` renders all of them.
#[derive(Clone, Debug)]
pub struct PackError {
    /// The problems, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files they point into.
    pub sources: Arc<Sources>,
}

impl std::error::Error for PackError {}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.diagnostics, &self.sources))
    }
}

/// Renders diagnostics with the lines that they point to.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut files = SimpleFiles::new();
    for file in &sources.files {
        files.add(format!("{}{}", sources.root, file.path), file.text.to_string());
    }
    let config = term::Config::default();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Note => cs::Severity::Note,
            Severity::Warning => cs::Severity::Warning,
            Severity::Error => cs::Severity::Error,
        };
        let labels = diagnostic
            .labels
            .iter()
            .filter(|(span, _)| sources.get(span.file).is_some())
            .enumerate()
            .map(|(i, (span, text))| {
                let style = if i == 0 { cs::LabelStyle::Primary } else { cs::LabelStyle::Secondary };
                cs::Label::new(style, span.file, span.range.clone()).with_message(text)
            })
            .collect();
        let item = cs::Diagnostic::new(severity)
            .with_code(diagnostic.code)
            .with_message(&diagnostic.message)
            .with_labels(labels)
            .with_notes(diagnostic.notes.clone());
        match term::emit_into_string(&config, &files, &item) {
            Ok(text) => out.push_str(&in_french(text, diagnostic.severity)),
            // The renderer only fails on a span outside its file; the message is still worth showing.
            Err(_) => out.push_str(&format!("[{}] {}\n", diagnostic.code, diagnostic.message)),
        }
    }
    out
}

/// What is rendered, with the word of its level in French: the renderer begins with its own, in English.
fn in_french(rendered: String, severity: Severity) -> String {
    match rendered.strip_prefix(severity.name()) {
        Some(rest) => format!("{}{rest}", texts::level(severity)),
        None => rendered,
    }
}

/// The candidate nearest to `name`, if one is near enough to be what was meant.
///
/// ```
/// use logis::diagnostic::nearest;
/// assert_eq!(nearest("categorie_menages", ["ressources", "categorie_menage"]), Some("categorie_menage"));
/// assert_eq!(nearest("zzz", ["ressources"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&folded, &fold(c)), c))
        .filter(|(distance, c)| *distance <= 1 + c.chars().count().min(name.chars().count()) / 4)
        .min_by_key(|(distance, c)| (*distance, std::cmp::Reverse(shared_start(&folded, &fold(c))), *c))
        .map(|(_, c)| c)
}

/// How many characters two texts have in common at their start.
fn shared_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count()
}

/// Lower case, without French accents: `Catégorie` and `categorie` are near.
pub fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        '-' | ' ' => '_',
        c => c,
    };
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        // Most letters are of ASCII, and have one small letter.
        match c.is_ascii() {
            true => folded.push(plain(c.to_ascii_lowercase())),
            false => folded.extend(c.to_lowercase().map(plain)),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and columns are those that counting from the start of the text gives, and lead back to their offset.
    #[test]
    fn places_are_counted_from_the_start() {
        for text in ["", "a", "\n", "é\nà la ligne\n\nfin", "un\r\ndeux\r\n", "\u{feff}x\ny"] {
            let file = SourceFile { path: "a.rhai".to_string(), text: text.into() };
            let sources = Sources::new("", vec![file]);
            for offset in 0..=text.len() + 2 {
                let before = text.get(..offset).unwrap_or(text);
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                let span = Span { file: 0, range: offset..offset };
                assert_eq!(sources.place(&span), Some(("a.rhai", line, column)), "{text:?} at {offset}");
                assert_eq!(sources.offset(0, line, column), before.len(), "{text:?} at {offset}");
            }
        }
    }
}
