//! Seals: what binds each receipt of a file to its content and to the receipt before it.
//!
//! A line of a file is a receipt with a [`Seal`]: its number, the hash of its content, and the hash of that with
//! the chain of the line before. The last line closes the file with how many there are. So an edited line, one that
//! is missing, doubled, moved or put in between, and a file cut short are found, each named with its line.
//! Seals have no secret: who computes all of them again after an edit is not found out, unless the last hash of the
//! chain was noted elsewhere.
//!
//! ```
//! use logis::receipt::{Flaw, Line, SealCheck, Sealer};
//! # use logis::{Decider, Pack, value::parse_date};
//! # let pack = Pack::load("../../rules")?;
//! # let date = parse_date("2017-06-30").ok_or("a date")?;
//! # let decider = Decider::new(pack.plan(date, &["plafond_plus"])?);
//! # let record = serde_json::json!({ "demande_id": "D1", "commune": "21231",
//! #     "personnes": [{ "lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": false, "handicap": false }] });
//! let receipts = [decider.receipt(&record)?, decider.receipt(&record)?];
//! let mut sealer = Sealer::default();
//! let mut lines = sealer.lines(&receipts.map(|receipt| receipt.to_line()));
//! lines.push(sealer.close());
//!
//! lines.swap(0, 1);
//! let mut check = SealCheck::default();
//! let mut flaws = Vec::new();
//! for line in &lines {
//!     flaws.extend(check.line(&Line::read(line)?));
//! }
//! flaws.extend(check.end());
//! assert_eq!(flaws, [Flaw::Missing { from: 1, to: 1 }, Flaw::Misplaced { number: 1 }]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeSet;
use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

use super::Receipt;
use logis_language::exchange::FORMAT;
use logis_language::fingerprint::sha256;

/// What binds a receipt of a file to its content and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Which one of the file, from 1.
    pub number: u64,
    /// SHA-256 of the receipt's line without its seal.
    pub content: String,
    /// SHA-256 of the chain of the line before (nothing, for the first), a line end, and `content`.
    pub chain: String,
}

/// The last line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// How many receipts stand above.
    pub receipts: u64,
    /// The chain of the last of them; empty, if there is none.
    pub chain: String,
}

/// The form of the last line: `{"format": "logis/1", "kind": "closing", "closed": …}`; before `logis/1` without
/// the first two.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::read_format")]
    format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read_kind")]
    kind: Option<String>,
    closed: Closing,
}

/// The kind of the last line among documents.
const KIND: &str = "closing";

fn read_kind<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    super::this_one(from, KIND)
}

/// A line of a file of receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A receipt, with its seal or, as older versions wrote it, without.
    Receipt(Box<Receipt>),
    /// The end of a file.
    Closing(Closing),
}

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// It is neither; the message says where in the line it is no receipt.
    pub fn read(line: &str) -> Result<Line, serde_json::Error> {
        Receipt::from_line(line).map(|receipt| Line::Receipt(Box::new(receipt))).or_else(|error| {
            let closed: Result<Closed, _> = serde_json::from_str(line);
            closed.map(|closed| Line::Closing(closed.closed)).map_err(|_| error)
        })
    }

    /// Reads many lines, on all threads.
    ///
    /// # Errors
    /// By line: as [`Line::read`].
    pub fn read_all(lines: &[String]) -> Vec<Result<Line, serde_json::Error>> {
        lines.par_iter().map(|line| Line::read(line)).collect()
    }
}

/// The chain after a receipt: the hash of the chain before it, a line end, and the hash of its content.
fn link(before: &str, content: &str) -> String {
    sha256(format!("{before}\n{content}").as_bytes())
}

/// Seals the receipts of a file, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Sealer {
    /// Receipts sealed so far.
    number: u64,
    /// The chain after the last of them; empty before the first.
    chain: String,
}

impl Sealer {
    /// The lines of a file for the next receipts, each given as [`Receipt::to_line`] writes it.
    pub fn lines(&mut self, contents: &[String]) -> Vec<String> {
        // Hashes of contents are computed on all threads; the chain needs them one after the other.
        let hashes: Vec<String> = contents.par_iter().map(|line| sha256(line.as_bytes())).collect();
        let one = |(line, content): (&String, String)| {
            self.number += 1;
            self.chain = link(&self.chain, &content);
            let seal = Seal { number: self.number, content, chain: self.chain.clone() };
            let seal = serde_json::to_string(&seal).unwrap_or_default();
            // The seal becomes the last key of the object.
            let open = line.strip_suffix('}').unwrap_or(line);
            format!("{open},\"seal\":{seal}}}")
        };
        contents.iter().zip(hashes).map(one).collect()
    }

    /// The last line.
    pub fn close(&self) -> String {
        let (format, kind) = (Some(FORMAT.to_string()), Some(KIND.to_string()));
        let closed =
            Closed { format, kind, closed: Closing { receipts: self.number, chain: self.chain.clone() } };
        serde_json::to_string(&closed).unwrap_or_default()
    }
}

/// What is wrong with the seals of a file, at a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The receipt is not the one that was sealed.
    Edited,
    /// Receipts are missing between the line before and this one.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The receipt was already there, or belongs elsewhere.
    Misplaced {
        /// Its number.
        number: u64,
    },
    /// It has the number that comes next, but was not sealed after the line before.
    Foreign,
    /// It has no seal, among receipts that have one.
    Inserted,
    /// The receipts of a file above come again.
    Doubled,
    /// The line that closes a file is missing.
    Cut {
        /// How many receipts there are.
        receipts: u64,
    },
    /// The line that closes the file is of another one.
    Closing {
        /// How many receipts it says.
        said: u64,
        /// How many there are.
        found: u64,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Edited => f.write_str("ce reçu a été modifié depuis qu'il a été écrit"),
            Flaw::Missing { from, to } if from == to => {
                write!(f, "avant cette ligne, il manque le reçu n° {from}")
            }
            Flaw::Missing { from, to } => {
                write!(f, "avant cette ligne, il manque les reçus n° {from} à {to}")
            }
            Flaw::Misplaced { number } => {
                write!(f, "le reçu n° {number} est ici à une autre place que la sienne, ou une fois de trop")
            }
            Flaw::Foreign => f.write_str("ce reçu n'a pas été écrit à la suite de la ligne d'avant"),
            Flaw::Inserted => f.write_str("ce reçu n'a pas de sceau, les autres en ont un"),
            Flaw::Doubled => f.write_str("ces reçus sont déjà plus haut dans le fichier"),
            Flaw::Cut { receipts } => {
                write!(f, "le fichier est coupé après {receipts} reçu(s) : sa dernière ligne manque")
            }
            Flaw::Closing { said, found } if said != found => {
                write!(f, "la dernière ligne compte {said} reçu(s), il y en a {found}")
            }
            Flaw::Closing { .. } => f.write_str("la dernière ligne n'est pas celle de ces reçus"),
        }
    }
}

/// Checks the seals of a file, line by line. Files one after the other are each checked.
#[derive(Clone, Debug, Default)]
pub struct SealCheck {
    /// Number and chain of the last receipt that was in its place; 0 and nothing at the beginning of a file.
    last: (u64, String),
    /// Receipts since the last closing line, sealed or not.
    since: u64,
    /// The last chains of the files above.
    heads: BTreeSet<String>,
    sealed: u64,
    unsealed: u64,
}

impl SealCheck {
    /// What is wrong at the next line.
    pub fn line(&mut self, line: &Line) -> Vec<Flaw> {
        match line {
            Line::Receipt(receipt) => self.receipt(receipt),
            Line::Closing(closing) => self.closing(closing),
        }
    }

    /// Checks a receipt: its content by its own hash, its place by its number and the chain.
    fn receipt(&mut self, receipt: &Receipt) -> Vec<Flaw> {
        self.since += 1;
        let Some(seal) = &receipt.seal else {
            self.unsealed += 1;
            return if self.sealed > 0 { vec![Flaw::Inserted] } else { Vec::new() };
        };
        self.sealed += 1;
        let mut flaws = Vec::new();
        let edited = sha256(receipt.content().as_bytes()) != seal.content;
        if edited {
            flaws.push(Flaw::Edited);
        }
        // One that comes too late is no part of the chain; after a gap the chain goes on from its own.
        let next = self.last.0.saturating_add(1);
        if seal.number < next {
            flaws.push(Flaw::Misplaced { number: seal.number });
            return flaws;
        }
        // After a gap the line before is not known, and the chain cannot be held against it.
        if seal.number > next {
            flaws.push(Flaw::Missing { from: next, to: seal.number - 1 });
        } else if !edited && link(&self.last.1, &seal.content) != seal.chain {
            flaws.push(Flaw::Foreign);
        }
        self.last = (seal.number, seal.chain.clone());
        flaws
    }

    /// Checks the end of a file, after which another may begin.
    fn closing(&mut self, closing: &Closing) -> Vec<Flaw> {
        let (number, chain) = std::mem::take(&mut self.last);
        let since = std::mem::take(&mut self.since);
        let mut flaws = Vec::new();
        if closing.receipts > number {
            flaws.push(Flaw::Missing { from: number + 1, to: closing.receipts });
        } else if closing.receipts < number || closing.chain != chain {
            flaws.push(Flaw::Closing { said: closing.receipts, found: since });
        }
        if since > 0 && !self.heads.insert(chain) {
            flaws.push(Flaw::Doubled);
        }
        flaws
    }

    /// What is wrong at the end of the file.
    pub fn end(&mut self) -> Option<Flaw> {
        (self.last.0 > 0).then_some(Flaw::Cut { receipts: self.since })
    }

    /// How many receipts have a seal.
    pub fn sealed(&self) -> u64 {
        self.sealed
    }

    /// How many have none.
    pub fn unsealed(&self) -> u64 {
        self.unsealed
    }

    /// The last hash of the chain, once the file is closed: to be noted elsewhere. Of several files, none.
    pub fn head(&self) -> Option<&str> {
        self.heads.first().map(String::as_str).filter(|head| self.heads.len() == 1 && !head.is_empty())
    }
}
