//! Differences that are accepted: a file beside the change, reviewed like code.
//!
//! ```toml
//! [[accepted]]
//! rule   = "eligible_plus"
//! kind   = "devient_vrai"                                   # as the report names it
//! cause  = "plafond_plus: plus.plafond[autres_regions, 1]"  # optional, as the report names it
//! date   = 2017-06-30                                       # optional
//! corpus = "grand-dijon-2015"                               # optional
//! where  = { commune = "21231" }                            # optional: only these
//! count  = 12                                               # optional: the exact number of rows
//! reason = "arrêté du 28 décembre 2017"
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use logis_language::diagnostic::foreign;
use serde::{Deserialize, Serialize};

use super::tally::{Difference, Kind};

/// What such a file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// In the order of the file.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// Differences that are accepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The rule.
    pub rule: String,
    /// What its outcome becomes.
    pub kind: Kind,
    /// Only those of that cause.
    pub cause: Option<String>,
    /// Only those as of that date.
    pub date: Option<toml::value::Datetime>,
    /// Only those of that corpus.
    pub corpus: Option<String>,
    /// Only the rows of that value.
    #[serde(default, rename = "where")]
    pub only: BTreeMap<String, String>,
    /// How many there must be, in all; one at least, if it is not said.
    pub count: Option<u64>,
    /// Why they are right.
    pub reason: String,
}

/// Rows of a difference that no entry accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unaccepted {
    /// The place of the difference in the report, from 0.
    pub difference: usize,
    /// How many rows.
    pub rows: u64,
}

/// What a file of accepted differences leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Acceptance {
    /// Differences that no entry accepts, and how many rows each leaves.
    pub unaccepted: Vec<Unaccepted>,
    /// Entries that are not as they say.
    pub unmet: Vec<Unmet>,
}

/// An entry that is not as it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// Which one of the file, from 1.
    pub entry: usize,
    /// The rule.
    pub rule: String,
    /// How many rows were expected; `None`: one at least.
    pub expected: Option<u64>,
    /// How many there are.
    pub found: u64,
}

impl Acceptance {
    /// Is all that differs accepted, and does all that is accepted happen?
    pub fn is_met(&self) -> bool {
        self.unaccepted.is_empty() && self.unmet.is_empty()
    }
}

impl Expected {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it, in words, with the line.
    pub fn read(text: &str) -> Result<Expected, String> {
        let expected: Expected = toml::from_str(text).map_err(|error| foreign::toml(&error))?;
        for (number, entry) in (1..).zip(&expected.accepted) {
            let what = format!("[[accepted]] n° {number} (`{}`)", entry.rule);
            if entry.reason.trim().is_empty() {
                return Err(format!(
                    "{what}: sans raison; écrire dans `reason` pourquoi cette différence est juste"
                ));
            }
            if entry.only.len() > 1 {
                return Err(format!("{what}: `where` ne prend qu'un champ"));
            }
        }
        Ok(expected)
    }

    /// What must be counted by, to know which rows are accepted.
    pub fn counted_by(&self) -> impl Iterator<Item = &str> {
        self.accepted.iter().flat_map(|entry| entry.only.keys().map(String::as_str))
    }

    /// Holds what is accepted against what differs.
    pub fn check(&self, differences: &[Difference]) -> Acceptance {
        let mut covered = vec![0_u64; differences.len()];
        let mut out = Acceptance::default();
        for (number, entry) in (1..).zip(&self.accepted) {
            // An entry may accept several differences, as of several dates.
            let mut found = 0;
            for (difference, covered) in differences.iter().zip(&mut covered) {
                let rows = entry.rows(difference);
                found += rows;
                *covered += rows;
            }
            if entry.count.map_or(found == 0, |count| count != found) {
                let (rule, expected) = (entry.rule.clone(), entry.count);
                out.unmet.push(Unmet { entry: number, rule, expected, found });
            }
        }
        for (number, (difference, covered)) in differences.iter().zip(covered).enumerate() {
            // Two entries may accept the same rows: what is left over is never less than none.
            let left = difference.count.saturating_sub(covered);
            if left > 0 {
                out.unaccepted.push(Unaccepted { difference: number, rows: left });
            }
        }
        out
    }
}

impl Accepted {
    /// How many rows of a difference it accepts.
    fn rows(&self, difference: &Difference) -> u64 {
        let agrees = |asked: &Option<String>, is: &str| asked.as_deref().is_none_or(|asked| asked == is);
        let date = self.date.map(|d| d.to_string());
        if self.rule != difference.rule
            || self.kind != difference.kind
            || !agrees(&self.cause, &difference.cause.name())
            || !agrees(&date, &difference.date)
            || !agrees(&self.corpus, &difference.corpus)
        {
            return 0;
        }
        match self.only.first_key_value() {
            Some((by, value)) => {
                difference.by.get(by).and_then(|counts| counts.get(value)).copied().unwrap_or(0)
            }
            None => difference.count,
        }
    }
}

/// A file that accepts all that differs; the reasons are left to be written.
pub fn draft(differences: &[Difference]) -> String {
    let mut out =
        String::from("# Différences acceptées: à relire, et à justifier une à une dans `reason`.\n");
    let quoted = |text: &str| toml::Value::from(text).to_string();
    for d in differences {
        let _ = write!(
            out,
            "\n[[accepted]]\nrule   = {}\nkind   = {}\ncause  = {}\ndate   = {}\ncorpus = {}\ncount  = {}\nreason = \"\"\n",
            quoted(&d.rule),
            quoted(d.kind.name()),
            quoted(&d.cause.name()),
            d.date,
            quoted(&d.corpus),
            d.count
        );
    }
    out
}
