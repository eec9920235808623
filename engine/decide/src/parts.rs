//! Data decided part by part: a reader of parts gives rows with what belongs to them, each part is decided, and a
//! sink takes it. What is kept in memory is a few parts, so that tables larger than memory are decided; data that
//! is read whole is one part.
//!
//! ```
//! use logis::data::{BatchWriter, Output, OutputColumn, Stream, StreamedFile, to_parquet};
//! use logis::parts::{DecidedPart, PartDecider};
//! use logis::{Pack, value::{Exact, Type, Value, parse_date}};
//!
//! let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
//! let pack = Pack::from_files("", vec![
//!     file("schema.toml", "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
//!                          fields.revenu = { type = \"amount\", unit = \"EUR/an\" }"),
//!     file("a.toml", "[plafond]\nunit = \"EUR/an\"\n[[plafond.values]]\nfrom = 2017-01-01\n\
//!                     source = { title = \"art. 1\" }\nvalue = 20000"),
//!     file("a.rhai", "//! entité: menage\n/// source: art. 1\n\
//!                     fn eligible(revenu) { revenu <= param(\"plafond\") }"),
//! ])?;
//! let date = parse_date("2017-06-30").ok_or("a date")?;
//! let mut decider = PartDecider::new(pack.plan(date, &["eligible"])?);
//! # let number = |n: i128| Some(Value::Number(Exact::from_integer(n)));
//! # let ids = (0..250).map(|n| Some(Value::text(&format!("M{n}")))).collect();
//! # let column = |name: &str, cells, kind| OutputColumn { name: name.into(), cells, kind };
//! # let columns = vec![
//! #     column("menage_id", ids, Type::Text(None)),
//! #     column("revenu", (0..250).map(|n| number(19_900 + n)).collect(), Type::Number),
//! # ];
//! # let bytes = bytes::Bytes::from(to_parquet(&Output { name: "menages".into(), columns })?);
//!
//! // The reader: parts of 100 rows, of a file or of whatever else reads Parquet by ranges.
//! let menages = StreamedFile::open("menages.parquet", bytes).map_err(|issue| issue.to_string())?;
//! let (schema, references) = (&pack.parsed().schema, &pack.parsed().references);
//! let (entity, others) = (decider.entity(), Vec::new());
//! let reader = Stream::open(schema, references, entity, vec![menages], others, decider.needs(), 100)
//!     .ok_or("these tables are to be read whole")?;
//!
//! // The sink: each part goes into the file, and is forgotten.
//! let mut decided = Vec::new();
//! let mut writer = BatchWriter::csv(&mut decided);
//! let (mut parts, mut issues) = (0, Vec::new());
//! decider.decide(reader, |part: &DecidedPart| {
//!     parts += 1;
//!     issues.extend(part.read.issues.clone());
//!     writer.write(&part.to_record_batch(None)?).map_err(Box::<dyn std::error::Error>::from)
//! })?;
//! writer.close()?;
//! assert_eq!((parts, issues.len()), (3, 0));
//! let text = String::from_utf8(decided)?;
//! assert!(text.contains("M100,true\nM101,false\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

#[cfg(feature = "arrow")]
use arrow_array::RecordBatch;
#[cfg(feature = "arrow")]
use arrow_schema::{ArrowError, Schema};

use crate::dated::{DatedPlan, Made, Periods};
use crate::evaluate::Decisions;
use crate::invariants::Invariants;
use crate::reference;
use crate::reserves::{Reserved, Watching};
use logis_data::{Ids, Needs, ReadOutcome};
use logis_language::diagnostic::PackError;
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::plan::Plan;

/// The rules that decide, and the date as of which.
#[derive(Clone, Debug)]
pub enum Rules {
    /// Every row as of one date.
    AsOf(Arc<Plan>),
    /// Each row as of the date that a field of it holds.
    AsOfField(DatedPlan),
}

impl From<Arc<Plan>> for Rules {
    fn from(plan: Arc<Plan>) -> Rules {
        Rules::AsOf(plan)
    }
}

impl From<DatedPlan> for Rules {
    fn from(dated: DatedPlan) -> Rules {
        Rules::AsOfField(dated)
    }
}

/// What decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The plan: columns, then the rows that they leave over; missing cells are followed.
    #[default]
    Plan,
    /// Rhai's interpreter, which is strict and slow: see [`mod@reference`].
    Interpreter,
}

/// Why parts were not decided to the end.
#[derive(Debug, thiserror::Error)]
pub enum PartError<R, S> {
    /// The reader gave an error in place of a part.
    #[error("{0}")]
    Reader(R),
    /// The rules cannot be planned as of the date of some row.
    #[error(transparent)]
    Rules(#[from] PackError),
    /// The sink took a part no further.
    #[error("{0}")]
    Sink(S),
}

/// What takes decided parts, in their order. A closure over [`DecidedPart`] is one.
pub trait PartSink {
    /// Why a part was not taken.
    type Error;

    /// Sees a part that is read, its invariants held, before it is decided: who asks for faultless data stops here,
    /// and who tells what was found takes it out.
    ///
    /// # Errors
    /// The part is not to be decided, nor any after it.
    fn read(&mut self, _: &mut ReadOutcome, _: &PartDecider) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Takes a part that is decided.
    ///
    /// # Errors
    /// No further part is to be decided.
    fn decided(&mut self, part: &DecidedPart, decider: &PartDecider) -> Result<(), Self::Error>;
}

impl<F: FnMut(&DecidedPart) -> Result<(), E>, E> PartSink for F {
    type Error = E;

    fn decided(&mut self, part: &DecidedPart, _: &PartDecider) -> Result<(), E> {
        self(part)
    }
}

/// A part that is decided.
#[derive(Clone, Debug)]
pub struct DecidedPart {
    /// The rows that were decided, and what was found while reading: rows that were left out, columns that are
    /// not there.
    pub read: ReadOutcome,
    /// The outcomes of the rows.
    pub decisions: Decisions,
    /// Which outcomes are granted under reserves; nothing is known of that where the interpreter decides.
    pub reserved: Reserved,
    /// The plan of the latest date so far: names, types and units of the outcomes are those of every plan. `None`
    /// while no row had a date.
    pub plan: Option<Arc<Plan>>,
    /// Where each row has its own date: the plans, and which is each row's.
    periods: Option<Periods>,
}

impl DecidedPart {
    /// The plan that decided a row; `None` for a row without a date.
    pub fn plan_of(&self, row: usize) -> Option<&Plan> {
        match &self.periods {
            Some(periods) => periods.plans.get(*periods.of.get(row)? as usize).map(|plan| &**plan),
            None => self.plan.as_deref(),
        }
    }

    /// The identifiers of the rows.
    pub fn ids(&self) -> Ids {
        let entity = self.plan.as_ref().map(|plan| plan.entity);
        let table = entity.and_then(|entity| self.read.dataset.tables.get(entity));
        table.map_or_else(Ids::default, |table| table.ids.clone())
    }

    /// The outcomes as a batch: see [`Decisions::to_record_batch`].
    ///
    /// # Errors
    /// No row has had a date yet, so that nothing says what the outcomes are.
    #[cfg(feature = "arrow")]
    pub fn to_record_batch(&self, like: Option<&Schema>) -> Result<RecordBatch, ArrowError> {
        let Some(plan) = &self.plan else {
            return Err(ArrowError::SchemaError("aucune ligne n'a de date".to_string()));
        };
        self.decisions.to_record_batch(plan, &self.ids(), like)
    }
}

/// Decides the parts of a package, one after the other. Plans and invariants are made once for all parts.
#[derive(Clone, Debug)]
pub struct PartDecider {
    rules: Rules,
    engine: Engine,
    needs: Needs,
    /// Of rules as of one date.
    invariants: Invariants,
    /// Of rules as of the date of each row.
    made: Made,
    /// What is found once of each plan that decided.
    watching: Vec<(Arc<Plan>, Watching)>,
}

impl PartDecider {
    /// Decides by a plan, or by a dated plan.
    pub fn new(rules: impl Into<Rules>) -> PartDecider {
        let rules = rules.into();
        let (needs, invariants) = match &rules {
            Rules::AsOf(plan) => {
                let mut needs = plan.needs();
                let invariants = Invariants::new(&plan.parsed, plan.date, &needs.entities);
                needs.members.extend(invariants.members());
                (needs, invariants)
            }
            Rules::AsOfField(dated) => (dated.needs(), Invariants::default()),
        };
        PartDecider {
            rules,
            engine: Engine::Plan,
            needs,
            invariants,
            made: Made::default(),
            watching: Vec::new(),
        }
    }

    /// Decides by this engine.
    pub fn by(self, engine: Engine) -> PartDecider {
        PartDecider { engine, ..self }
    }

    /// What a reader of parts must give.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The fields that are read: by the rules, and by the invariants that are held. `None` if that depends on the date
    /// of each row. A reader may leave out the cells of the others.
    pub fn fields(&self) -> Option<BTreeSet<FieldId>> {
        match &self.rules {
            Rules::AsOf(plan) => Some(
                self.needs
                    .fields
                    .iter()
                    .copied()
                    .chain(plan.fields())
                    .chain(self.invariants.fields())
                    .collect(),
            ),
            Rules::AsOfField(_) => None,
        }
    }

    /// The entity whose rows are decided.
    pub fn entity(&self) -> EntityId {
        match &self.rules {
            Rules::AsOf(plan) => plan.entity,
            Rules::AsOfField(dated) => dated.entity(),
        }
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The plans that decided so far: one, or one for each period in which a row was, the earliest first.
    pub fn plans(&self) -> Vec<Arc<Plan>> {
        match &self.rules {
            Rules::AsOf(plan) => vec![plan.clone()],
            Rules::AsOfField(_) => self.made.plans().cloned().collect(),
        }
    }

    /// Decides each part of a reader, and gives it to a sink. A thread reads ahead of those that decide.
    ///
    /// # Errors
    /// The first error of the reader, of the rules or of the sink; parts before it were given to the sink.
    pub fn decide<R, S>(
        &mut self,
        reader: impl Iterator<Item = Result<ReadOutcome, R>> + Send,
        mut sink: S,
    ) -> Result<(), PartError<R, S::Error>>
    where
        R: Send,
        S: PartSink,
    {
        read_ahead(reader, |parts| {
            for part in parts {
                let mut read = part.map_err(PartError::Reader)?;
                // Rows of which an invariant is false are left out before anything is decided.
                self.hold(&mut read)?;
                sink.read(&mut read, self).map_err(PartError::Sink)?;
                let part = self.part(read)?;
                sink.decided(&part, self).map_err(PartError::Sink)?;
            }
            Ok(())
        })
    }

    /// Holds the invariants of the pack, and leaves out the rows of which one at the level of errors is false.
    fn hold(&mut self, read: &mut ReadOutcome) -> Result<(), PackError> {
        match &self.rules {
            Rules::AsOf(_) => {
                self.invariants.hold(&mut read.dataset, &mut read.issues, &mut read.dropped);
                Ok(())
            }
            Rules::AsOfField(dated) => dated.hold_with(&self.needs, read, &mut self.made),
        }
    }

    /// Decides a part.
    fn part(&mut self, read: ReadOutcome) -> Result<DecidedPart, PackError> {
        let engine = self.engine;
        let watching = &mut self.watching;
        let mut decide = |plan: &Arc<Plan>| match engine {
            Engine::Plan => {
                let known = watching.iter().position(|(own, _)| Arc::ptr_eq(own, plan));
                let at = known.unwrap_or_else(|| {
                    watching.push((plan.clone(), Watching::of(plan)));
                    watching.len() - 1
                });
                let by = watching.get(at).map_or_else(|| Watching::of(plan), |(_, by)| by.clone());
                Ok(by.evaluate(plan, &read.dataset))
            }
            Engine::Interpreter => Ok((reference::evaluate(plan, &read.dataset)?, Reserved::new())),
        };
        let (decisions, reserved, plan, periods) = match &self.rules {
            Rules::AsOf(plan) => {
                let (decisions, reserved) = decide(plan)?;
                (decisions, reserved, Some(plan.clone()), None)
            }
            Rules::AsOfField(dated) => {
                let periods = dated.periods_with(&read.dataset, &mut self.made)?;
                let mut each = Vec::with_capacity(periods.plans.len());
                // Of each plan, only the rows that are its own.
                let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
                for (number, plan) in periods.plans.iter().enumerate() {
                    let (decisions, reserved) = decide(plan)?;
                    let own = |row: &usize| periods.of.get(*row).is_some_and(|of| *of as usize == number);
                    for (rule, rows) in reserved {
                        all.entry(rule).or_default().extend(rows.into_iter().filter(own));
                    }
                    each.push(decisions);
                }
                let plan = self.made.plans().last().cloned();
                (dated.join(&periods, each), all.into_iter().collect(), plan, Some(periods))
            }
        };
        Ok(DecidedPart { read, decisions, reserved, plan, periods })
    }
}

/// Reads parts on a thread of their own while `work` goes through them. One part waits for `work`, so that at most
/// three are in memory: read, waiting, worked on. Reading ends when `work` does.
pub fn read_ahead<T: Send, W>(
    parts: impl Iterator<Item = T> + Send,
    work: impl FnOnce(Receiver<T>) -> W,
) -> W {
    let (sender, receiver) = sync_channel(1);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for part in parts {
                if sender.send(part).is_err() {
                    break;
                }
            }
        });
        work(receiver)
    })
}
