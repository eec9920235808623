//! Issues told by kind: one line for a fault of a column, however many cells have it.

use std::collections::BTreeMap;
use std::fmt;

use super::issue::Issue;
use super::output::{Output, OutputColumn};
use logis_language::diagnostic::Severity;
use logis_language::value::{Exact, Type, Value};

/// How many places and values of a kind are shown.
const SHOWN: usize = 3;

/// Issues of one kind: the same fault of one column of one file.
#[derive(Clone, Debug)]
pub struct Kind<'i> {
    /// The first of them.
    pub first: &'i Issue,
    /// How many there are.
    pub count: usize,
    /// The lines of the first ones.
    pub lines: Vec<u64>,
    /// What the cells hold, by how many hold it; most first.
    pub values: Vec<(&'i str, usize)>,
}

/// Issues by kind, in the order in which each kind comes first.
pub fn by_kind(issues: &[Issue]) -> Vec<Kind<'_>> {
    let mut place: BTreeMap<(Severity, &str, Option<&str>, &str), usize> = BTreeMap::new();
    let mut kinds: Vec<(Kind<'_>, BTreeMap<&str, usize>)> = Vec::new();
    for issue in issues {
        let key = (issue.severity, issue.file.as_str(), issue.column.as_deref(), issue.kind());
        let at = *place.entry(key).or_insert_with(|| {
            let kind = Kind { first: issue, count: 0, lines: Vec::new(), values: Vec::new() };
            kinds.push((kind, BTreeMap::new()));
            kinds.len() - 1
        });
        let Some((kind, values)) = kinds.get_mut(at) else { continue };
        kind.count += 1;
        if kind.lines.len() < SHOWN {
            kind.lines.extend(issue.line);
        }
        if let Some(value) = issue.value.as_deref().filter(|v| !v.is_empty()) {
            *values.entry(value).or_default() += 1;
        }
    }
    kinds.into_iter().map(|(kind, values)| finish(kind, values)).collect()
}

/// A kind with its values, most first.
fn finish<'i>(kind: Kind<'i>, values: BTreeMap<&'i str, usize>) -> Kind<'i> {
    let mut values: Vec<(&str, usize)> = values.into_iter().collect();
    values.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
    Kind { values, ..kind }
}

/// `personnes.csv:2: colonne …: … [6332 fois: lignes 2, 3, 4…; « CDX » (6000), « CDY » (332)]`
impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.count == 1 {
            return Ok(());
        }
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        write!(f, " [{} fois", self.count)?;
        if !lines.is_empty() {
            let more = if self.count > lines.len() { "…" } else { "" };
            write!(f, ": lignes {}{more}", lines.join(", "))?;
        }
        if self.values.len() > 1 {
            let shown = self.values.iter().take(SHOWN).map(|(value, count)| format!("« {value} » ({count})"));
            let more = if self.values.len() > SHOWN { "…" } else { "" };
            write!(f, "; {} valeurs: {}{more}", self.values.len(), shown.collect::<Vec<_>>().join(", "))?;
        }
        write!(f, "]")
    }
}

/// The errors as a table: file, line, column, what was found, what is wrong, whose row it is, which code.
pub fn rejects(issues: &[Issue]) -> Output {
    let errors: Vec<&Issue> = issues.iter().filter(|issue| issue.is_error()).collect();
    let text = |name: &str, of: &dyn Fn(&Issue) -> Option<String>| OutputColumn {
        name: name.to_string(),
        cells: errors.iter().map(|issue| of(issue).map(|t| Value::Text(t.into()))).collect(),
        kind: Type::Text(None),
    };
    let line = OutputColumn {
        name: "ligne".to_string(),
        cells: errors
            .iter()
            .map(|issue| issue.line.map(|n| Value::Number(Exact::from_integer(i128::from(n)))))
            .collect(),
        kind: Type::Number,
    };
    let columns = vec![
        text("fichier", &|i| Some(i.file.clone())),
        line,
        text("colonne", &|i| i.column.clone()),
        text("valeur", &|i| i.value.as_deref().map(str::to_string)),
        text("raison", &|i| Some(i.message.clone())),
        text("identifiant", &|i| i.id.as_deref().map(str::to_string)),
        text("code", &|i| Some(i.code.to_string())),
    ];
    Output { name: "rejets".to_string(), columns }
}
