//! Why a rule or a figure may be wrong, by kind: `/// doute: chiffre: lu dans une page secondaire`.

use std::fmt;

/// What a doubt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A figure of the law.
    Figure,
    /// From when or until when something holds.
    Date,
    /// How a text is read, where that is contested.
    Reading,
    /// The law was read in a secondary source only.
    Source,
    /// None of these is said.
    Other,
}

/// All kinds, in the order in which they are listed.
pub const KINDS: [Kind; 5] = [Kind::Figure, Kind::Date, Kind::Reading, Kind::Source, Kind::Other];

/// As the tag writes it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Figure => "chiffre",
            Kind::Date => "date",
            Kind::Reading => "lecture",
            Kind::Source => "source",
            Kind::Other => "autre",
        })
    }
}

/// The kind of a doubt and what it says, the kind taken off.
///
/// ```
/// use logis::pack::doubt::{Kind, split};
/// assert_eq!(split("lecture: le texte vise le seul preneur"), (Kind::Reading, "le texte vise le seul preneur"));
/// assert_eq!(split("à vérifier : 30 ans ?"), (Kind::Other, "à vérifier : 30 ans ?"));
/// ```
pub fn split(doubt: &str) -> (Kind, &str) {
    let Some((word, text)) = doubt.split_once(':') else { return (Kind::Other, doubt) };
    match KINDS.iter().find(|kind| word.trim() == kind.to_string()) {
        Some(kind) => (*kind, text.trim()),
        None => (Kind::Other, doubt),
    }
}
