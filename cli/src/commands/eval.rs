//! `logis eval`: decides rules for each row of a data package.
//!
//! One road: rules as of one date or of each row's, over the parts of a package or over the whole as its one part,
//! into a file of results and perhaps one of receipts. [`eval_output`](super::eval_output) is the end of that road.

use std::path::PathBuf;

use anyhow::{Result, bail};
use logis::Pack;
use logis::data::{self, InputFile, NotInOrder, ReadOutcome, Share, Stream};
use logis::dated::DatedPlan;
use logis::graph::Target;
use logis::parts::{self, PartDecider, PartError};

use super::eval_output::{Results, Stopped};
use super::given;
use crate::args::{DataArgs, Format, OutputArgs, RulesArgs, share};
use crate::{End, input, output};

/// `logis eval`
#[derive(clap::Args)]
pub struct EvalArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Règles ou groupes de règles à décider, séparés par des virgules (sinon les résultats du paquet)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Champ qui donne à chaque ligne sa propre date de décision
    #[arg(long, value_name = "CHAMP", conflicts_with = "as_of")]
    pub(super) as_of_field: Option<String>,
    /// Décide la partie I de N seulement, en CSV, NDJSON ou Parquet: mises bout à bout, les N parties sont le tout
    #[arg(long, value_name = "I/N", value_parser = share)]
    pub(super) part: Option<Share>,
    /// Moteur: le plan, ou l'interpréteur de Rhai pour le contrôler
    #[arg(long, value_name = "MOTEUR", value_enum, default_value = "plan")]
    engine: Engine,
    /// Ajoute une colonne `reserves`: ce sous réserve de quoi chaque résultat est accordé
    #[arg(long)]
    pub(super) reserves: bool,
    /// Garde un reçu de chaque décision dans ce fichier (JSON Lines): voir `logis replay`
    #[arg(long, value_name = "FICHIER")]
    pub(super) record: Option<PathBuf>,
}

/// Which engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// Le plan: rapide, données manquantes suivies
    Plan,
    /// L'interpréteur de Rhai: l'oracle
    Reference,
}

/// Rows decided at a time when a package is read part by part.
const PART: usize = 1 << 16;

/// Decides, then writes one row per row of the entity: its identifier, then the rules as asked.
pub fn run(args: &EvalArgs) -> Result<End> {
    let pack = input::pack(&args.rules)?;
    let selected: Vec<String> = match args.select.is_empty() {
        true => pack.results().into_iter().map(str::to_string).collect(),
        false => {
            let asked: Vec<&str> = args.select.iter().map(|s| s.trim()).collect();
            pack.expand(&asked).into_iter().map(str::to_string).collect()
        }
    };
    let names: Vec<&str> = selected.iter().map(String::as_str).collect();
    let form = output::format(&args.output)?;
    if let Some(share) = &args.part {
        if !matches!(form, Format::Csv | Format::Ndjson | Format::Parquet) {
            bail!(
                "--part s'écrit en csv, en ndjson ou en parquet: d'autres formes ne se mettent pas bout à bout"
            );
        }
        input::name_part(share);
    }
    if args.record.is_some() && args.engine == Engine::Reference {
        bail!("--record garde les décisions du plan: sans --engine reference");
    }
    if args.reserves && args.engine == Engine::Reference {
        bail!("--reserves suit ce qui a décidé dans le plan: sans --engine reference");
    }
    // Rules of pairs are decided on the pairs that the data gives.
    let of_pairs = given::pair_of(&pack, &names);
    let pack = match of_pairs {
        None => pack,
        Some(_) if args.record.is_some() => {
            bail!("--record garde les décisions d'une ligne de données, et non d'un couple")
        }
        Some(pair) => given::pack(&pack, pair, &names, &args.data.data)?,
    };
    // What is written row by row may be decided part by part; files of others, by a mapping, are read whole.
    let by_parts = args.engine == Engine::Plan
        && of_pairs.is_none()
        && args.data.mapping.is_none()
        && !args.reserves
        && !args.output.states
        // Rows of several dates may have to be read whole, which one part alone would not know of the others.
        && !(args.part.is_some() && args.as_of_field.is_some())
        && matches!(form, Format::Parquet | Format::Csv);
    let decider = match by_parts {
        true => decide_parts(args, &pack, &names, form)?,
        false => Undecided::Nothing,
    };
    let (mut decider, files) = match decider {
        Undecided::Done => return Ok(End::Fine),
        Undecided::Decider(decider) => (*decider, input::data_files(&pack, &args.data)?),
        Undecided::Nothing => {
            let files = input::data_files(&pack, &args.data)?;
            (decider_of(args, &pack, &names, &files)?, files)
        }
    };
    let needs = decider.needs().clone().strictly(args.data.reading.strict);
    let schema = &pack.parsed().schema;
    if args.part.is_some() && !needs.by_parts(schema, decider.entity()) {
        bail!(
            "--part: une règle demandée compte des lignes qui appartiennent à d'autres parties (les personnes d'un \
             employeur, par exemple); attendu: sans --part"
        );
    }
    let mut read = {
        let _busy = crate::text::busy("lecture des données");
        let fields = decider.fields().filter(|_| args.record.is_none());
        data::read_for(schema, &pack.parsed().references, files, &needs, fields.as_ref())
    };
    let mut results = Results::whole(args, &pack, form)?;
    if let Some(share) = &args.part {
        results.only(share, decider.entity(), &mut read.dataset);
    }
    match decide(&mut decider, std::iter::once(Ok(read)), results)? {
        true => Ok(End::Fine),
        false => bail!("le paquet de données n'a pas pu être lu en entier"),
    }
}

/// What is left to do after the attempt to decide part by part.
enum Undecided {
    /// Everything is decided and written.
    Done,
    /// The package is to be read whole; the rules are planned.
    Decider(Box<PartDecider>),
    /// The package is to be read whole.
    Nothing,
}

/// Decides part by part in bounded memory a package of Parquet files whose tables are in one order.
fn decide_parts(args: &EvalArgs, pack: &Pack, names: &[&str], form: Format) -> Result<Undecided> {
    // The entity of the rules does not depend on the date.
    let Some((_, entity)) = names.first().and_then(|name| Target::find(pack.parsed(), name)) else {
        return Ok(Undecided::Nothing);
    };
    let Some(parts) = input::parts(&args.data.data, pack, entity)? else { return Ok(Undecided::Nothing) };
    let mut decider = decider_of(args, pack, names, &parts.others)?;
    let Some(streamed) = parts.open()? else { return Ok(Undecided::Decider(Box::new(decider))) };
    let needs = decider.needs().clone().strictly(args.data.reading.strict);
    let (schema, references) = (&pack.parsed().schema, &pack.parsed().references);
    // A receipt keeps what a decision could read, which is more; whoever reads strictly wants all cells looked at.
    let fields = decider.fields().filter(|_| args.record.is_none() && !args.data.reading.strict);
    let Some(share) = args.part else {
        let reader = Stream::open_for(
            schema,
            references,
            entity,
            streamed,
            parts.others,
            &needs,
            PART,
            fields.as_ref(),
        );
        let done = match reader {
            Some(reader) => decide(&mut decider, reader, Results::by_parts(args, pack, form)?)?,
            None => false,
        };
        return Ok(if done { Undecided::Done } else { Undecided::Decider(Box::new(decider)) });
    };
    drop(streamed);
    // Each part finds out by itself, and all alike, whether the package can be read part by part.
    let files = || Some((parts.open().ok().flatten()?, parts.others.clone()));
    let only = fields.as_ref();
    let reader = Stream::open_share(schema, references, entity, &files, &needs, PART, only, share);
    let done = match reader {
        Ok(None) => return Ok(Undecided::Decider(Box::new(decider))),
        Ok(Some(reader)) => decide(&mut decider, reader, Results::by_parts(args, pack, form)?)?,
        Err(NotInOrder) => false,
    };
    if !done {
        // Read whole, its rows would not be those that the other parts leave to it.
        bail!("la partie {share} n'a pas pu être lue par elle-même; pour savoir pourquoi: sans --part");
    }
    Ok(Undecided::Done)
}

/// The rules that decide: as of the date of the run, or of the field that holds each row's.
fn decider_of(args: &EvalArgs, pack: &Pack, names: &[&str], files: &[InputFile]) -> Result<PartDecider> {
    let decider = match &args.as_of_field {
        Some(field) => PartDecider::new(DatedPlan::of(pack, field, names)?),
        None => PartDecider::new(pack.plan(input::as_of(args.data.as_of, files)?, names)?),
    };
    Ok(decider.by(match args.engine {
        Engine::Plan => parts::Engine::Plan,
        Engine::Reference => parts::Engine::Interpreter,
    }))
}

/// Decides all parts and writes them; false if the package is to be read whole: nothing is written then.
fn decide(
    decider: &mut PartDecider,
    reader: impl Iterator<Item = Result<ReadOutcome, NotInOrder>> + Send,
    mut results: Results<'_>,
) -> Result<bool> {
    let busy = crate::text::busy("décisions");
    let decided = decider.decide(reader, &mut results);
    drop(busy);
    match decided {
        Ok(()) => results.close(decider),
        Err(PartError::Reader(NotInOrder) | PartError::Sink(Stopped::ReadWhole)) => Ok(false),
        Err(PartError::Sink(Stopped::Failed(error))) => Err(error),
        Err(PartError::Rules(error)) => Err(error.into()),
    }
}
