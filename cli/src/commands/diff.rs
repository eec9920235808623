//! `logis diff`: what a change of rules does, over recorded cases, data packages and receipts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use logis::Pack;
use logis::boundaries;
use logis::compare::{Acceptance, Comparison, Expected, Pair, Report, Structure, draft, outcomes};
use logis::data::{self, Dataset, InputFile, Needs, NotInOrder, ReadOutcome, Stream, visible};
use logis::pack::schema::Origin;
use logis::parts::read_ahead;
use logis::value::{Date, parse_date};

use super::diff_page;
use super::receipt_file::for_each_part;
use crate::args::{ReadingArgs, date};
use crate::{End, input, output, revision};

/// `logis diff`
#[derive(clap::Args)]
pub struct DiffArgs {
    /// Les règles d'avant: un dossier, ou RÉVISION:DOSSIER d'un dépôt git (main~3:rules)
    #[arg(value_name = "AVANT")]
    base: String,
    /// Les règles d'après
    #[arg(value_name = "APRÈS")]
    head: String,
    /// Corpus, en plus des cas: paquet de données, ou reçus de `logis eval --record` (.jsonl); plusieurs fois
    #[arg(long, value_name = "CHEMIN")]
    corpus: Vec<PathBuf>,
    /// Laisse de côté les cas des deux paquets de règles
    #[arg(long)]
    no_cases: bool,
    /// Décide aussi des lignes au seuil de chaque comparaison des deux paquets de règles
    #[arg(long)]
    boundaries: bool,
    /// Dates auxquelles décider les paquets de données (sinon la leur, et celles où quelque chose change)
    #[arg(long, value_name = "DATE,DATE", value_delimiter = ',', value_parser = date)]
    as_of: Vec<Date>,
    /// Règles ou groupes à comparer (sinon tout ce que le changement peut atteindre et que quelqu'un lit)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Champs, règles, groupes ou entités par lesquels compter (sinon publics et commune, s'ils existent)
    #[arg(long, value_name = "NOM,NOM", value_delimiter = ',')]
    by: Vec<String>,
    /// Différences acceptées: échoue si autre chose change, ou si elles n'arrivent plus
    #[arg(long, value_name = "FICHIER")]
    accept: Option<PathBuf>,
    /// Écrit dans ce fichier toutes les différences, comme acceptées, raisons à remplir
    #[arg(long, value_name = "FICHIER")]
    write_accepted: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Montre aussi, dans le texte et la page, une ligne de données pour chaque différence: identifiant,
    /// revenus (le JSON les a toujours)
    #[arg(long)]
    with_rows: bool,
    /// Forme du rapport (sinon d'après le nom du fichier, sinon un texte)
    #[arg(long, value_enum)]
    format: Option<DiffFormat>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FICHIER")]
    output: Option<PathBuf>,
}

/// Forms of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// Texte
    Text,
    /// JSON
    Json,
    /// Une page HTML
    Html,
}

/// Rows decided at a time when a package is read part by part.
const PART: usize = 1 << 14;

/// All that a run found.
pub struct Found {
    /// What the packs are called.
    pub base: String,
    /// What the packs are called.
    pub head: String,
    /// What they say differently.
    pub structure: Structure,
    /// What they decide differently.
    pub report: Report,
    /// Corpora whose rows are those of people, and are not shown.
    pub withheld: BTreeSet<String>,
    /// What a file of accepted differences leaves, if there is one.
    pub acceptance: Option<Acceptance>,
    /// The change reaches rules, and not one was decided on any row.
    pub nothing_decided: bool,
}

impl Found {
    /// Is nothing left to be said against the change?
    pub fn is_fine(&self) -> bool {
        let met = self.acceptance.as_ref().map_or(self.report.differences.is_empty(), Acceptance::is_met);
        met && !self.nothing_decided
    }
}

/// Compares; exit code 1 if something differs that is not accepted, or the other way round.
pub fn run(args: &DiffArgs) -> Result<End> {
    let base = revision::pack(&args.base)?;
    let head = revision::pack(&args.head)?;
    let expected = args.accept.as_deref().map(accepted).transpose()?;
    let structure = Structure::new(base.parsed(), head.parsed());
    let names = names(args, &base, &head);
    let by = counted_by(args, &head, expected.as_ref());
    let (names, by): (Vec<&str>, Vec<&str>) =
        (names.iter().map(String::as_str).collect(), by.iter().map(String::as_str).collect());
    let mut comparison = Comparison::new(&base, &head, &names, &by).map_err(|error| anyhow!(error))?;
    if !args.no_cases {
        let (old, new) = (input::references(&base)?, input::references(&head)?);
        comparison.cases("cas", (&old, &new), !args.select.is_empty())?;
    }
    for corpus in &args.corpus {
        if !corpus.exists() {
            bail!("{}: ce corpus n'existe pas", corpus.display());
        }
        let name = corpus_name(corpus);
        if corpus.extension().is_some_and(|end| end == "jsonl") {
            receipts(&mut comparison, &name, corpus)?;
        } else {
            package(&mut comparison, args, &structure, &name, corpus)?;
        }
    }
    if args.boundaries {
        boundaries(&mut comparison, args, &structure)?;
    }
    let nothing_decided = left_out(&mut comparison, args, &structure)?;
    let report = comparison.report();
    let acceptance = expected.map(|expected| expected.check(&report.differences));
    let withheld = match args.with_rows {
        true => BTreeSet::new(),
        false => args.corpus.iter().map(|path| corpus_name(path)).collect(),
    };
    let (base, head) = (args.base.clone(), args.head.clone());
    let found = Found { base, head, structure, report, withheld, acceptance, nothing_decided };
    if let Some(path) = &args.write_accepted {
        output::file(path, draft(&found.report.differences).as_bytes())?;
        eprintln!("{}: écrit ; chaque `reason` reste à remplir", path.display());
    }
    let text = match form(args)? {
        DiffFormat::Text => visible(&diff_page::text(&found)).into_owned(),
        DiffFormat::Json => diff_page::json(&found)?,
        DiffFormat::Html => diff_page::html(&found)?,
    };
    output::bytes_to(text.as_bytes(), args.output.as_deref(), false)?;
    Ok(if found.is_fine() { End::Fine } else { End::FellShort })
}

/// The form that was asked, by name or by the ending of the file.
pub fn form(args: &DiffArgs) -> Result<DiffFormat> {
    let forms = [
        ("txt", DiffFormat::Text),
        ("json", DiffFormat::Json),
        ("html", DiffFormat::Html),
        ("htm", DiffFormat::Html),
    ];
    output::form(args.format, args.output.as_deref(), &forms, DiffFormat::Text)
}

/// What a corpus is called in the report.
fn corpus_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

fn accepted(path: &Path) -> Result<Expected> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    Expected::read(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
}

/// The rules that are compared: as asked, or all that people read in either pack; all rules, of a pack that names
/// no results.
fn names(args: &DiffArgs, base: &Pack, head: &Pack) -> Vec<String> {
    if !args.select.is_empty() {
        return args.select.iter().map(|name| name.trim().to_string()).collect();
    }
    let mut names: Vec<String> = Vec::new();
    for pack in [head, base] {
        let parsed = pack.parsed();
        names.extend(outcomes(parsed));
        if parsed.manifest.results.is_empty() {
            let decides = parsed.rules.iter().filter(|r| r.texts.iter().any(|t| !t.helper));
            names.extend(decides.map(|rule| rule.name.clone()));
        }
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// Rules of one kind that a note names.
const NAMED: usize = 12;

/// Notes what the change reaches and was not compared: outcomes that were not asked for, and those that no row
/// decided. Says whether nothing at all was.
fn left_out(comparison: &mut Comparison<'_>, args: &DiffArgs, structure: &Structure) -> Result<bool> {
    let (base, head) = (comparison.base, comparison.head);
    let mut read: BTreeSet<String> = outcomes(head.parsed()).into_iter().collect();
    read.extend(outcomes(base.parsed()));
    read.extend(names(args, base, head));
    let read: Vec<String> = read.into_iter().collect();
    let mut reached: BTreeMap<String, String> = BTreeMap::new();
    for date in dates(args, structure, &[])? {
        reached.extend(comparison.could_differ(date, &read));
    }
    let list = |names: Vec<String>| {
        let more = names.len().saturating_sub(NAMED);
        let shown = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown}… et {more} autres") } else { shown }
    };
    let asked = |name: &String| comparison.compares(name);
    let aside: Vec<String> = reached.keys().filter(|name| !asked(name)).cloned().collect();
    let decided = reached.keys().filter(|name| comparison.has_decided(name)).count();
    let mut undecided: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, entity) in reached.iter().filter(|(name, _)| asked(name) && !comparison.has_decided(name)) {
        undecided.entry(entity).or_default().push(name.clone());
    }
    let mut notes = Vec::new();
    for (entity, names) in undecided {
        notes.push(format!(
            "atteint par le changement, mais décidé sur aucune ligne de `{entity}`, donc pas comparé : {}",
            list(names)
        ));
    }
    if !aside.is_empty() {
        notes.push(format!(
            "atteint aussi par le changement, mais laissé de côté par --select : {}",
            list(aside)
        ));
    }
    comparison.note(notes);
    Ok(!reached.is_empty() && decided == 0)
}

/// By what differences are counted: as asked, or by public and commune where the pack knows them; and
/// what accepted differences speak of.
fn counted_by(args: &DiffArgs, head: &Pack, expected: Option<&Expected>) -> Vec<String> {
    let parsed = head.parsed();
    let mut by: Vec<String> = args.by.iter().map(|name| name.trim().to_string()).collect();
    if by.is_empty() {
        by.extend(parsed.manifest.groups.contains_key("publics").then(|| "publics".to_string()));
        by.extend(parsed.schema.entity("commune").map(|_| "commune".to_string()));
    }
    by.extend(expected.into_iter().flat_map(Expected::counted_by).map(str::to_string));
    let mut seen = BTreeSet::new();
    by.retain(|name| seen.insert(name.clone()));
    by
}

/// Compares over receipts, which must be as they were written.
fn receipts(comparison: &mut Comparison<'_>, name: &str, path: &Path) -> Result<()> {
    let check = for_each_part(path, |part| {
        if !part.flaws.is_empty() {
            let lines = part.flaws.iter().take(20);
            let lines: Vec<String> =
                lines.map(|(line, flaw)| format!("{}:{line}: {flaw}", path.display())).collect();
            bail!("{}", lines.join("\n"));
        }
        comparison.receipts(name, &part.receipts);
        Ok(())
    })?;
    if check.unsealed() > 0 {
        comparison.note([format!(
            "{name}: {} reçus sans sceau: rien ne dit qu'ils n'ont pas été modifiés",
            check.unsealed()
        )]);
    }
    Ok(())
}

/// Compares over a data package.
fn package(
    comparison: &mut Comparison<'_>,
    args: &DiffArgs,
    structure: &Structure,
    name: &str,
    path: &Path,
) -> Result<()> {
    // Of a large package only the small files are read to know its date.
    let about: Vec<InputFile> = match std::fs::read(path.join("paquet.toml")) {
        Ok(bytes) => vec![InputFile { name: "paquet.toml".to_string(), bytes }],
        Err(_) => Vec::new(),
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for date in dates(args, structure, &about)? {
        pairs.extend(comparison.pairs(date));
    }
    let head = comparison.head;
    let schema = &head.parsed().schema;
    let mut entities: Vec<usize> = Vec::new();
    for pair in &pairs {
        if !entities.contains(&pair.head.entity) {
            entities.push(pair.head.entity);
        }
    }
    let mut whole: Vec<Pair> = Vec::new();
    for entity in entities {
        let own: Vec<Pair> = pairs.iter().filter(|pair| pair.head.entity == entity).cloned().collect();
        let declared = schema.entities.get(entity);
        if let Some(Origin::Pair(..)) = declared.map(|e| &e.origin)
            && args.select.is_empty()
        {
            let name = declared.map_or("", |e| e.name.as_str());
            comparison
                .note([format!("`{name}`: les paires ne sont décidées que par les cas; sinon --select")]);
            continue;
        }
        let before = comparison.clone();
        if !by_part(comparison, args, name, path, entity, &own)? {
            *comparison = before;
            whole.extend(own);
        }
    }
    if whole.is_empty() {
        return Ok(());
    }
    let files = input::files(path)?;
    let needs = needs(args, &whole, true);
    let new = input::dataset_for(comparison.head, files.clone(), &needs, &[], &args.reading)?;
    let old = match comparison.reads_the_same {
        true => None,
        false => Some(input::dataset_for(
            comparison.base,
            files,
            &self::needs(args, &whole, false),
            &[],
            &args.reading,
        )?),
    };
    let busy = crate::text::busy("comparaison");
    for pair in &whole {
        let present = |dataset: &Dataset, entity: usize| {
            let pair = matches!(schema.entities.get(entity).map(|e| &e.origin), Some(Origin::Pair(..)));
            pair || dataset.tables.get(entity).is_some_and(|t| t.present)
        };
        if !present(&new, pair.head.entity) {
            comparison.note([format!(
                "{name}: aucune table de `{}`: ses règles n'y sont pas décidées",
                pair.entity
            )]);
            continue;
        }
        comparison.rows(name, pair, old.as_ref().unwrap_or(&new), &new);
    }
    comparison.end_part();
    drop(busy);
    Ok(())
}

/// Compares over rows at the thresholds of both packs, as of the days from which something is otherwise.
fn boundaries(comparison: &mut Comparison<'_>, args: &DiffArgs, structure: &Structure) -> Result<()> {
    let (base, head) = (comparison.base, comparison.head);
    for date in dates(args, structure, &[])? {
        for pair in comparison.pairs(date) {
            let declared = head.parsed().schema.entities.get(pair.head.entity);
            if let Some(Origin::Pair(..)) = declared.map(|e| &e.origin) {
                continue;
            }
            let names: Vec<&str> = pair.names.iter().map(String::as_str).collect();
            for (corpus, pack) in [("seuils d'avant", base), ("seuils d'après", head)] {
                let found = boundaries::boundaries(pack, date, &names)?;
                let tables = found.tables(pack);
                let files = tables.iter().map(|table| {
                    Ok(InputFile { name: format!("{}.csv", table.name), bytes: data::to_csv(table)? })
                });
                let files = files.collect::<Result<Vec<InputFile>>>()?;
                // Of another schema, what it does not take is left out: the thresholds are made for one pack.
                let read = |pack: &Pack| {
                    let parsed = pack.parsed();
                    data::read(&parsed.schema, &parsed.references, files.clone(), &Needs::default()).dataset
                };
                let new = read(head);
                if comparison.reads_the_same {
                    comparison.rows(corpus, &pair, &new, &new);
                } else {
                    comparison.rows(corpus, &pair, &read(base), &new);
                }
                comparison.end_part();
            }
        }
    }
    Ok(())
}

/// The dates as of which a package is decided: those asked, or its own and those from which something is
/// otherwise.
fn dates(args: &DiffArgs, structure: &Structure, about: &[InputFile]) -> Result<BTreeSet<Date>> {
    if !args.as_of.is_empty() {
        return Ok(args.as_of.iter().copied().collect());
    }
    let mut dates: BTreeSet<Date> = structure.dates().iter().filter_map(|date| parse_date(date)).collect();
    let own = data::about(about).0.as_of;
    if own.is_some() || dates.is_empty() {
        dates.insert(input::as_of(own, &[])?);
    }
    Ok(dates)
}

/// What must be in the data: what the rules need; if they were not asked for by name, a table may be absent.
fn needs(args: &DiffArgs, pairs: &[Pair], head: bool) -> Needs {
    let mut all = Needs::default();
    for pair in pairs {
        all.join(if head { pair.head.needs() } else { pair.base.needs() });
    }
    all.any_table = args.select.is_empty();
    all.strict = args.reading.strict;
    all
}

/// The same, part by part in bounded memory; false if the package cannot be read so.
fn by_part(
    comparison: &mut Comparison<'_>,
    args: &DiffArgs,
    name: &str,
    path: &Path,
    entity: usize,
    pairs: &[Pair],
) -> Result<bool> {
    let Some(new) = open(args, comparison.head, path, entity, pairs, true)? else { return Ok(false) };
    let old = match comparison.reads_the_same {
        true => None,
        false => {
            let Some(entity) = pairs.first().map(|pair| pair.base.entity) else { return Ok(false) };
            let Some(old) = open(args, comparison.base, path, entity, pairs, false)? else {
                return Ok(false);
            };
            Some(old)
        }
    };
    let busy = crate::text::busy("comparaison");
    let mut told = input::Told::default();
    let (mut new, mut old) = (new, old);
    let mut over = false;
    let reader = std::iter::from_fn(move || {
        let parts = if over { Ok(None) } else { next(&mut new, old.as_mut()) };
        over = !matches!(parts, Ok(Some(_)));
        parts.transpose()
    });
    // One thread reads ahead of the others that decide.
    let read = read_ahead(reader, |parts| {
        for parts in parts {
            let Ok((new, old)) = parts else { return false };
            told.part(new.issues, new.absent, new.dropped, &new.dataset);
            for pair in pairs {
                comparison.rows(name, pair, old.as_ref().map_or(&new.dataset, |p| &p.dataset), &new.dataset);
            }
            comparison.end_part();
        }
        true
    });
    drop(busy);
    if !read {
        return Ok(false);
    }
    input::report(comparison.head, &told, &needs(args, pairs, true), &[], &args.reading)?;
    Ok(true)
}

/// The next part, and the same rows as the base reads them, if it does otherwise.
fn next(
    new: &mut Stream<'_>,
    old: Option<&mut Stream<'_>>,
) -> Result<Option<(ReadOutcome, Option<ReadOutcome>)>, NotInOrder> {
    let part = new.next_part()?;
    match old {
        None => Ok(part.map(|part| (part, None))),
        Some(old) => match (part, old.next_part()?) {
            (Some(part), Some(other)) => Ok(Some((part, Some(other)))),
            (None, None) => Ok(None),
            _ => Err(NotInOrder),
        },
    }
}

/// Opens a package to be read part by part, if it can be.
fn open<'p>(
    args: &DiffArgs,
    pack: &'p Pack,
    path: &Path,
    entity: usize,
    pairs: &[Pair],
    head: bool,
) -> Result<Option<Stream<'p>>> {
    if !path.is_dir() {
        return Ok(None);
    }
    let Some(parts) = input::parts(path, pack, entity)? else { return Ok(None) };
    let Some(streamed) = parts.open()? else { return Ok(None) };
    let parsed = pack.parsed();
    let needs = needs(args, pairs, head);
    Ok(Stream::open(&parsed.schema, &parsed.references, entity, streamed, parts.others, &needs, PART))
}
