//! What all requests share: the pack, the deciders made of it, what the operator asked for, what is counted.

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use logis::data::{self, Dataset, InputFile};
use logis::diagnostic::PackError;
use logis::fingerprint;
use logis::plan::Needs;
use logis::value::Date;
use logis::{Decider, Pack};
use tokio::sync::Semaphore;

use crate::deciders::Deciders;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::receipts::{Receipts, ReceiptsPlace};
use crate::server::ServeError;

/// What the operator asks for.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// What callers of the programming interface must show. Without it only callers on this machine are heard.
    pub token: Option<String>,
    /// Where receipts that callers ask to keep are kept; without it none is.
    pub receipts: Option<ReceiptsPlace>,
    /// The files of a data package, whose requests and units the counsellor's view may show.
    pub data: Option<Vec<InputFile>>,
    /// What the pack calls its version, for callers to read.
    pub version: Option<String>,
    /// What a caller may use.
    pub limits: Limits,
    /// Hears a line about each request: method, path without its query, status, milliseconds. Never a body.
    pub log: Option<Log>,
}

/// Hears lines.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

impl Default for Options {
    /// On the loopback address, port 8417, without a token.
    fn default() -> Options {
        let address = SocketAddr::from(([127, 0, 0, 1], 8417));
        Options {
            address,
            token: None,
            receipts: None,
            data: None,
            version: None,
            limits: Limits::default(),
            log: None,
        }
    }
}

/// What a caller may use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a request's body; of a batch, bytes of one record.
    pub body: usize,
    /// Bytes of the tables of an allocation.
    pub tables: usize,
    /// Time in which a request is received, waits its turn and is computed, each. A batch has it for each part.
    pub time: Duration,
    /// Requests computed at once; others wait.
    pub computing: usize,
    /// Connections held at once; others wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    /// 1 MiB, 256 MiB of tables, 30 seconds, as many at once as there are processors, 512 connections.
    fn default() -> Limits {
        let computing = std::thread::available_parallelism().map_or(2, NonZero::get);
        let time = Duration::from_secs(30);
        Limits { body: 1 << 20, tables: 256 << 20, time, computing, connections: 512 }
    }
}

/// A data package, with all columns of the schema, as rules of any date may read them.
fn read(pack: &Pack, files: Vec<InputFile>) -> Result<Dataset, ServeError> {
    let parsed = pack.parsed();
    let entities = 0..parsed.schema.entities.len();
    let relations = parsed.schema.entities.iter().enumerate();
    let needs = Needs {
        fields: (0..parsed.schema.fields.len()).collect(),
        entities: entities.collect(),
        relations: relations
            .flat_map(|(id, entity)| (0..entity.belongs_to.len()).map(move |at| (id, at)))
            .collect(),
        any_table: true,
        ..Needs::default()
    };
    let read = data::read(&parsed.schema, &parsed.references, files, &needs);
    let wrong: Vec<String> =
        read.issues.iter().filter(|issue| issue.is_error()).map(ToString::to_string).collect();
    if wrong.is_empty() { Ok(read.dataset) } else { Err(ServeError::Data(wrong.join("\n"))) }
}

/// What all requests share.
pub struct Service {
    pub pack: Pack,
    /// The name of the pack.
    pub name: String,
    /// The hash of its files.
    pub hash: String,
    pub options: Options,
    pub metrics: Metrics,
    pub receipts: Option<Receipts>,
    /// The data package, read.
    pub data: Option<Dataset>,
    deciders: Deciders,
    computing: Arc<Semaphore>,
}

impl Service {
    /// # Errors
    /// Receipts cannot be kept where they should be; the data package has errors.
    pub fn new(pack: Pack, mut options: Options) -> Result<Service, ServeError> {
        let open = |place: &ReceiptsPlace| {
            Receipts::open(place)
                .map_err(|error| ServeError::Receipts { place: place.clone(), why: error.to_string() })
        };
        let receipts = options.receipts.as_ref().map(open).transpose()?;
        let data = options.data.take().map(|files| read(&pack, files)).transpose()?;
        let manifest = &pack.parsed().manifest;
        let name = if manifest.name.is_empty() { "paquet" } else { &manifest.name }.to_string();
        let computing = Arc::new(Semaphore::new(options.limits.computing.max(1)));
        Ok(Service {
            hash: fingerprint::of_pack(pack.parsed()),
            name,
            pack,
            options,
            metrics: Metrics::default(),
            receipts,
            data,
            deciders: Deciders::default(),
            computing,
        })
    }

    /// The decider of rules as of a date. Names of groups stand for their rules; no name for the results of the pack.
    pub fn decider(&self, date: Date, names: &[String]) -> Result<Arc<Decider>, PackError> {
        self.deciders.of(&self.pack, date, names)
    }

    /// Computes an answer on a thread of its own, once it is its turn.
    ///
    /// A computation that takes longer than its time is answered for, and still keeps its turn until it ends: what is
    /// computed at once never exceeds what the operator allows.
    pub async fn compute<T: Send + 'static>(
        self: &Arc<Service>,
        work: impl FnOnce(&Service) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let time = self.options.limits.time;
        let turn = tokio::time::timeout(time, self.computing.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::busy()) };
        let service = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let answer = work(&service);
            drop(turn);
            answer
        });
        match tokio::time::timeout(time, work).await {
            Ok(Ok(answer)) => answer,
            // The computation panicked: the request fails, the service goes on.
            Ok(Err(_)) => Err(Problem::failed()),
            Err(_) => Err(Problem::too_long(time)),
        }
    }
}
