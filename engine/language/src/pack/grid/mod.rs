//! Grids of points, as a territory writes them: `grille.toml`, a list of criteria.
//!
//! A grid is data that becomes rules: each criterion one that gives its points (`cotation_dalo`), and one that adds them up
//! (`cotation`); its figures become dated parameters, each with its source. All that looks at rules looks at these as at any
//! other. Their places are those of the table: the name of a criterion, its condition letter by letter.

mod body;
mod make;
mod read;

use crate::diagnostic::Span;
use crate::value::Date;

use super::params::{Parameter, Source};
use super::script::RuleText;
use body::Condition;
pub(super) use read::read;

/// The file of a grid; a territory with several names them `NAME.grille.toml`.
pub const FILE: &str = "grille.toml";

/// What the paths of the parameters of grids begin with.
const PARAMETERS: &str = "grille.";

/// What the path of the most points ends with, of a criterion and of the whole grid.
const CAP: &str = "plafond";

/// Is a file of that path a grid?
pub fn is_grid(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == FILE || name.strip_suffix(FILE).is_some_and(|before| before.ends_with('.'))
}

/// Is this the path of a figure of a grid? Such a table is written in the grid alone.
///
/// ```
/// # use logis_language::pack::grid::is_figure;
/// assert!(is_figure("grille.cotation.dalo") && !is_figure("cotation.points"));
/// ```
pub fn is_figure(path: &str) -> bool {
    path.starts_with(PARAMETERS)
}

/// What a grid becomes.
pub(super) struct Grid {
    /// The entity that it says its rules speak of.
    pub entity: Option<(String, Span)>,
    /// The rule that adds up.
    pub rule: (String, Span),
    /// The texts of its rules.
    pub texts: Vec<RuleText>,
    /// Its figures.
    pub parameters: Vec<Parameter>,
}

/// The grid as a whole, beside its criteria.
struct Whole {
    title: String,
    /// The rule that adds up, and where it is named.
    rule: (String, Span),
    from: Date,
    until: Option<Date>,
    /// Where the two days are written: the places of the texts of days before and after.
    days: [Option<Span>; 2],
    sources: Vec<Source>,
    doubt: Option<String>,
    reserves: Vec<String>,
    /// At most so many points in all.
    cap: Option<Figure>,
}

/// One row: a criterion from a day on.
struct Row {
    /// Its name, and where it stands.
    name: (String, Span),
    label: String,
    /// Its points count only where this holds.
    when: Option<Condition>,
    /// What they are counted by.
    of: Option<Condition>,
    points: Points,
    /// At most so many.
    cap: Option<Figure>,
    /// Of those of one group, the most counts.
    group: Option<String>,
    from: Date,
    until: Option<Date>,
    /// Where its own days are written, if they are.
    days: [Option<Span>; 2],
    sources: Vec<Source>,
    doubt: Option<String>,
    /// Where the row is.
    span: Span,
}

/// A number, and where it is written.
#[derive(Clone)]
struct Figure {
    value: crate::value::Exact,
    span: Span,
}

/// What a criterion gives.
enum Points {
    /// So many, or so many for each of what they are counted by.
    Each(Figure),
    /// From so much of it on, so many: the smallest first.
    Bands(Vec<(Figure, Figure)>),
    /// Nobody knows, and why.
    Unknown(String),
}
