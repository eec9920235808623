//! Changes in words, as a report says them.

use super::{
    CellsOf, Charges, Count, How, Leases, Margin, MatchingChange, Order, ParameterChange, RowChange, RowKind,
    Variant, Weeks, Years,
};
use logis_language::pack::manifest::Ranks;
use logis_language::value::{Exact, Value, format_number, french_day};

/// `1,05`
fn french(number: &Exact) -> String {
    format_number(number).replace('.', ",")
}

fn shown_values(values: &[String]) -> String {
    let shown: Vec<&str> = values.iter().map(|v| if v.is_empty() { "rien" } else { v }).collect();
    shown.join(" ou ")
}

/// What the names of a scenario are called in a sentence.
pub trait Called {
    /// An entity.
    fn entity(&self, name: &str) -> String;
    /// A cell of an entity, and the values that it has or may have; an empty text is nothing.
    fn cell(&self, entity: &str, name: &str, values: &[String]) -> String;
    /// A parameter, with the first keys of a cell if there are any.
    fn parameter(&self, path: &str, key: &[Value]) -> String;
    /// A rule or a field.
    fn rule(&self, name: &str) -> String;
    /// A count.
    fn count(&self, n: u64) -> String;
    /// A value of a parameter that is no number.
    fn value(&self, value: &Value) -> String;
}

/// Names as the scenario writes them.
struct AsWritten;

impl Called for AsWritten {
    fn entity(&self, name: &str) -> String {
        name.to_string()
    }

    fn cell(&self, _: &str, name: &str, values: &[String]) -> String {
        format!("{name} = {}", shown_values(values))
    }

    fn parameter(&self, path: &str, key: &[Value]) -> String {
        match key.is_empty() {
            true => path.to_string(),
            false => {
                let keys: Vec<String> = key.iter().map(Value::to_string).collect();
                format!("{path} [{}]", keys.join(", "))
            }
        }
    }

    fn rule(&self, name: &str) -> String {
        name.to_string()
    }

    fn count(&self, n: u64) -> String {
        n.to_string()
    }

    fn value(&self, value: &Value) -> String {
        value.to_string()
    }
}

fn cells_text(entity: &str, cells: &CellsOf, called: &dyn Called) -> String {
    let cells = cells.iter().map(|((name, _), values)| called.cell(entity, name, values));
    cells.collect::<Vec<_>>().join(", ")
}

impl ParameterChange {
    /// The change in words.
    pub fn in_words(&self, called: &dyn Called) -> String {
        let parameter = called.parameter(&self.path.0, &self.key);
        match &self.how {
            How::Multiply(n) => format!("{parameter} × {}", french(n)),
            How::Add(n) if *n < Exact::from_integer(0) => format!("{parameter} − {}", french(&-n)),
            How::Add(n) => format!("{parameter} + {}", french(n)),
            How::Set(Value::Number(n)) => format!("{parameter} = {}", french(n)),
            How::Set(value) => format!("{parameter} = {}", called.value(value)),
            How::AsOf(date) => format!("{parameter} : les valeurs en vigueur au {}", french_day(*date)),
        }
    }
}

/// The change with names as the scenario writes them.
impl std::fmt::Display for ParameterChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_words(&AsWritten))
    }
}

impl RowChange {
    /// The change in words.
    pub fn in_words(&self, called: &dyn Called) -> String {
        let count = match &self.count {
            Count::Rows(n) => called.count(*n),
            Count::Share(share) => format!("{} %", french(&(share * Exact::from_integer(100)))),
            Count::All => "toutes les lignes".to_string(),
        };
        let entity = called.entity(&self.entity.0);
        let mut text = match self.kind {
            RowKind::Add => format!("{entity} : {count} de plus"),
            RowKind::New => format!("{entity} : une ligne nouvelle"),
            RowKind::Remove => format!("{entity} : {count} de moins"),
            RowKind::Change => format!("{entity} : {count} changées"),
        };
        let cells = |entity: &str, cells: &CellsOf| cells_text(entity, cells, called);
        if !self.which.is_empty() {
            text.push_str(&format!(", parmi {}", cells(&self.entity.0, &self.which)));
        }
        if !self.to.is_empty() {
            text.push_str(&format!(", avec {}", cells(&self.entity.0, &self.to)));
        }
        for ((name, _), which, to) in &self.members {
            text.push_str(&format!(" ; {}", called.entity(name)));
            if !which.is_empty() {
                text.push_str(&format!(" ({})", cells(name, which)));
            }
            text.push_str(&format!(" : {}", cells(name, to)));
        }
        text
    }
}

/// The change with names as the scenario writes them.
impl std::fmt::Display for RowChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_words(&AsWritten))
    }
}

impl Variant {
    /// Is it the baseline once more?
    pub(crate) fn changes_nothing(&self) -> bool {
        let names = self.quotas.is_none() && self.priority.is_none() && self.fit.is_none();
        let rules = self.rules.is_none() && self.as_of.is_none() && self.parameters.is_empty();
        let parts = self.years.is_none() && self.weeks.is_none() && self.matching.is_none();
        names && rules && parts && self.rows.is_empty()
    }
}

impl MatchingChange {
    /// In what the variant matches otherwise, a line each.
    pub fn in_words(&self, called: &dyn Called, quota: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.order.map(|order| match order {
            Order::FitAfterPoints => "ordre : le nombre, les parts, les points, puis l'adéquation".to_string(),
            Order::ByPoints => {
                "ordre des points : à son tour, chaque demande prend ce qui lui convient le mieux ; ni parts, ni personne d'abord".to_string()
            }
        }));
        lines.extend(self.hard.as_ref().map(|names| {
            let names: Vec<String> = names.iter().map(|(name, _)| quota(name)).collect();
            let names = if names.is_empty() { "aucune".to_string() } else { names.join(", ") };
            format!("parts à tenir avant le nombre d'attributions : {names}")
        }));
        lines.extend(self.charges.map(|charges| match charges {
            Charges::None => "aucune attribution n'est imputée à un réservataire, et leurs conventions ne demandent rien".to_string(),
            Charges::AllInFlow => {
                "tous les logements sont en flux : chacun est imputé à un réservataire qui peut proposer le ménage".to_string()
            }
        }));
        match &self.margin {
            None => {}
            Some(Margin::Least) => {
                lines.push("sur le papier, la moindre marge qui tient chaque part sur les baux".to_string());
            }
            Some(Margin::Members(all)) => lines.extend(all.iter().map(|((name, _), n)| {
                format!("sur le papier, membres de plus : {} pour {}", called.count(*n), quota(name))
            })),
        }
        lines
    }
}

impl Leases {
    /// How attributions become leases, a line each.
    pub fn in_words(&self, called: &dyn Called) -> Vec<String> {
        let mut lines = vec![format!("tirages des réponses : {}", called.count(self.draws().into()))];
        lines.push(format!("candidats par logement, au plus : {}", self.places()));
        lines.extend(self.acceptance.map(|n| {
            format!(
                "probabilité supposée qu'une proposition soit acceptée, où aucune règle ne la dit : {}",
                french(&n)
            )
        }));
        lines
    }
}

impl Weeks {
    /// How the year goes by, a line each.
    pub fn in_words(&self, called: &dyn Called) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.count.map(|n| format!("séances par an : {}", called.count(n.into()))));
        lines.extend(self.candidates.map(|n| format!("candidats par logement, au plus : {n}")));
        lines.extend(self.ranks.map(|own| {
            let how = match own {
                Ranks::Levels => "par les niveaux de l'appariement",
                Ranks::Leases => "pour le plus de baux attendus",
            };
            format!("rangs d'après le premier : {how}")
        }));
        lines.extend(self.acceptance.map(|n| {
            format!(
                "probabilité supposée qu'une proposition soit acceptée, où aucune règle ne la dit : {}",
                french(&n)
            )
        }));
        for (named, what) in
            [(&self.request_date, "une demande arrive"), (&self.unit_date, "un logement est libre")]
        {
            lines.extend(
                named.iter().map(|(name, _)| format!("{what} le jour que dit : {}", called.rule(name))),
            );
        }
        if !self.at_once() {
            lines.push("l'année d'un coup n'est pas calculée".to_string());
        }
        lines
    }
}

impl Years {
    /// What happens each year, a line each.
    pub fn in_words(&self, called: &dyn Called) -> Vec<String> {
        let percent = |share: &Exact| french(&(share * Exact::from_integer(100)));
        let mut lines = Vec::new();
        lines.extend(
            self.data_of.map(|d| format!("dates des données : du {} à la première année", french_day(d))),
        );
        lines.extend(
            self.stock.map(|n| format!("parc réservé auparavant : {} logements occupés", called.count(n))),
        );
        lines.extend(
            self.freed.map(|s| format!("chaque année : {} % des logements occupés se libèrent", percent(&s))),
        );
        lines.extend(
            self.withdrawn
                .map(|s| format!("chaque année : {} % des demandes en attente renoncent", percent(&s))),
        );
        lines.extend(
            self.moves
                .iter()
                .map(|m| format!("{} suit {}", called.rule(&m.field.0), called.parameter(&m.by.0, &[]))),
        );
        lines.extend(
            self.rows
                .iter()
                .map(|change| format!("chaque année après la première : {}", change.in_words(called))),
        );
        lines
    }
}
