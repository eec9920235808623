//! A problem whose tables another program sends in one file: what the service and the C library pose.

use logis_data::{InputFile, Issue, read};
use logis_decide::DataError;
use logis_decide::invariants::Invariants;
use logis_language::Pack;
use logis_language::plan::Needs;
use logis_language::value::Date;

use super::answered::Allocation;
use super::error::AllocationError;
use super::posing::{Options, Posing, plan};
use crate::attribution::Report;

/// A problem that was sent, and what is not in the rows of its answer.
///
/// ```
/// use logis::data::InputFile;
/// use logis::{Options, Pack, Sent, value::parse_date};
///
/// let pack = Pack::load("../../rules")?;
/// let tables = br#"{
///     "demandes": [{ "demande_id": "D1" }],
///     "personnes": [{ "personne_id": "P1", "demande_id": "D1", "lien": "demandeur" }],
///     "logements": [{ "logement_id": "L1" }]
/// }"#;
/// let file = InputFile { name: "tables.json".to_string(), bytes: tables.to_vec() };
/// let sent = Sent::new(&pack, parse_date("2017-06-30").ok_or("a date")?, file, &Options::default())?;
/// assert_eq!(sent.posing.instance.candidates.len(), 0); // too little is known of both
/// assert!(sent.absent.iter().any(|column| column == "demandes.rfr_n2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sent {
    /// The problem.
    pub posing: Posing,
    /// What the rules read and the file lacks: tables (`employeurs`) and columns (`demandes.rfr_n2`). Its cells are
    /// unknown; pairs that it leaves open are no candidates.
    pub absent: Vec<String>,
    /// A result of before, where the answer begins.
    pub near: Option<Report>,
}

impl Sent {
    /// Poses the problem of a pack as of a date on the tables of one file; the ending of its name says its form, its
    /// name is the one in messages.
    ///
    /// # Errors
    /// All that is wrong with the data, invariants of the pack included; a pack without matching; names that are none.
    pub fn new(pack: &Pack, date: Date, file: InputFile, options: &Options) -> Result<Sent, AllocationError> {
        let (plan, flags) = plan(pack, date, options)?;
        let mut needs = Needs::default();
        plan.plans().for_each(|plan| needs.join(plan.needs()));
        let parsed = pack.parsed();
        let inside = format!("{}[", file.name);
        let mut read = read(&parsed.schema, &parsed.references, vec![file], &needs);
        let invariants = Invariants::new(parsed, date, &needs.entities);
        invariants.hold(&mut read.dataset, &mut read.issues, &mut read.dropped);
        let issues: Vec<Issue> = read.issues.into_iter().filter(Issue::is_error).collect();
        if !issues.is_empty() {
            return Err(DataError::from(issues).into());
        }
        let absent = read.absent.iter().map(|absent| match absent.column.is_empty() {
            true => absent.file.clone(),
            false => format!("{}.{}", absent.file, absent.column),
        });
        let absent = absent.map(|name| name.replace(&inside, "").replace(']', "")).collect();
        let posing = Posing::new((plan, flags), read.dataset, options.max_candidates)?.searched(options);
        Ok(Sent { posing, absent, near: options.near.clone() })
    }

    /// The best answer, as it was asked for.
    ///
    /// # Errors
    /// As [`Posing::solve`].
    pub fn solve(self) -> Result<Allocation, AllocationError> {
        self.posing.solve(self.near.as_ref())
    }

    /// Pairs of which what is not known leaves open whether they suit: they are no candidates.
    pub fn open(&self) -> u64 {
        self.posing.instance.candidates.open.iter().map(|&open| u64::from(open)).sum()
    }
}
