//! The pack as users hold it: read, wired and checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::diagnostic::{Diagnostic, Diagnostics, Issue, Issues, PackError, texts};
use crate::pack::params::Parameter;
use crate::pack::schema::EntityId;
use crate::pack::territory::{TerritoryId, national_path};
use crate::pack::{self, Kinds, Parsed};
use crate::plan::{Plan, check_agreements, check_all, check_shares};
use crate::value::Date;

/// A checked pack: what [`Pack::plan`] makes plans of.
#[derive(Clone, Debug)]
pub struct Pack {
    parsed: Arc<Parsed>,
    /// What is worth a look, but no error.
    pub warnings: Vec<Diagnostic>,
    /// The plans made last, by date and names.
    plans: Arc<Mutex<Plans>>,
}

/// When the files of cases are read, and their problems reported.
#[derive(Clone, Copy, PartialEq)]
enum Cases {
    /// With the pack.
    Now,
    /// When cases are asked for.
    WhenAsked,
}

type Plans = BTreeMap<(Date, Vec<String>), Arc<Plan>>;

/// How many plans a pack remembers; beyond, it forgets them all.
const PLANS: usize = 256;

impl Pack {
    /// The national rule book that this build carries: rules of Action Logement and of the texts that it applies,
    /// with the agreement of Grand Dijon. It is read once a process, and not checked: what is embedded is what the tests of this
    /// crate have checked.
    ///
    /// ```
    /// assert!(logis::Pack::national().results().contains(&"eligible_plus"));
    /// ```
    #[cfg(feature = "national")]
    pub fn national() -> Pack {
        static NATIONAL: std::sync::OnceLock<Pack> = std::sync::OnceLock::new();
        let read = || {
            let files = logis_rules::FILES.iter();
            let files = files.map(|(path, bytes)| (path.to_string(), Bytes::from_static(bytes)));
            let mut out = Diagnostics::default();
            let mut parsed = pack::read("rules", files.collect(), true, &mut out);
            parsed.kinds = Kinds::when_asked(|parsed| check_all(parsed, &mut Diagnostics::default()));
            debug_assert!(
                out.items.is_empty(),
                "the embedded rule book reads without a word: {:?}",
                out.items
            );
            Pack { parsed: Arc::new(parsed), warnings: Vec::new(), plans: Arc::default() }
        };
        NATIONAL.get_or_init(read).clone()
    }

    /// Reads a pack from a folder.
    ///
    /// # Errors
    /// [`LoadError::Io`] if the folder does not read; [`LoadError::Pack`] with **all** problems of
    /// the pack, each at its place.
    pub fn load(folder: impl AsRef<Path>) -> Result<Pack, LoadError> {
        let folder = folder.as_ref();
        Ok(Pack::from_files(&folder.to_string_lossy(), Pack::files(folder)?)?)
    }

    /// Reads a pack from a folder, to decide with it: its cases, which are longer than its rules and decide nothing,
    /// are read only when they are asked for ([`Parsed::cases`]), and so are the problems of their files.
    ///
    /// ```
    /// let pack = logis::Pack::to_decide("../../rules")?;
    /// assert_eq!(pack.parsed().cases()?.len(), logis::Pack::load("../../rules")?.parsed().cases()?.len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Pack::load`], but for problems of cases.
    pub fn to_decide(folder: impl AsRef<Path>) -> Result<Pack, LoadError> {
        let folder = folder.as_ref();
        let files = Pack::files(folder)?.into_iter().map(|(path, bytes)| (path, Bytes::from(bytes)));
        Ok(Pack::read(&folder.to_string_lossy(), files.collect(), Cases::WhenAsked)?)
    }

    /// The files of a folder that [`Pack::from_files`] takes, hidden ones left out, in the order of their paths.
    /// Other files are not opened: see [`Pack::unread`].
    ///
    /// # Errors
    /// [`LoadError::Io`] with the first that does not read.
    pub fn files(folder: impl AsRef<Path>) -> Result<Vec<(String, Vec<u8>)>, LoadError> {
        let folder = folder.as_ref();
        let mut files = Vec::new();
        for name in Pack::file_names(folder)? {
            let path = folder.join(&name);
            let bytes = std::fs::read(&path)
                .map_err(|error| LoadError::Io { path: path.display().to_string(), error })?;
            files.push((name, bytes));
        }
        Ok(files)
    }

    /// The paths of the files that [`Pack::files`] reads, in their order.
    ///
    /// # Errors
    /// [`LoadError::Io`] with the first folder that does not read.
    pub fn file_names(folder: impl AsRef<Path>) -> Result<Vec<String>, LoadError> {
        Ok(collect(folder.as_ref())?.into_iter().filter(|name| pack::is_read(name)).collect())
    }

    /// The files of a folder that are no files of a pack, hidden ones and those of a crate that
    /// embeds the pack left out, in the order of their paths: `eligible.rhai.txt`, which an editor or a mail program named so, holds no rule.
    ///
    /// # Errors
    /// [`LoadError::Io`] with the first folder that does not read.
    pub fn unread(folder: impl AsRef<Path>) -> Result<Vec<String>, LoadError> {
        Ok(collect(folder.as_ref())?
            .into_iter()
            .filter(|name| !pack::is_read(name) && !pack::of_a_crate(name))
            .collect())
    }

    /// Reads a pack from its files: path relative to the pack (with `/`) and content. `root` is shown
    /// before each path in messages.
    ///
    /// # Errors
    /// All problems of the pack, each at its place.
    pub fn from_files(root: &str, files: Vec<(String, Vec<u8>)>) -> Result<Pack, PackError> {
        let files = files.into_iter().map(|(path, bytes)| (path, Bytes::from(bytes)));
        Pack::read(root, files.collect(), Cases::Now)
    }

    fn read(root: &str, files: Vec<(String, Bytes)>, cases: Cases) -> Result<Pack, PackError> {
        let mut out = Diagnostics::default();
        let mut parsed = pack::read(root, files, false, &mut out);
        if cases == Cases::Now {
            parsed.check_cases(&mut out);
        }
        // Lowering tells of which type each rule is: outside of its days it has a value of that type.
        parsed.kinds = Kinds::of(check_all(&parsed, &mut out));
        check_manifest(&parsed, &mut out);
        check_agreements(&parsed, &mut out);
        let parsed = Arc::new(parsed);
        // What must be planned for is looked at last, and only where all else is sound.
        if !out.has_errors() {
            check_blocks(&parsed, &mut out);
        }
        pack::slips::remarks(&mut out, &parsed.sources);
        out.sort();
        if out.has_errors() {
            return Err(PackError { diagnostics: out.items, sources: parsed.sources.clone() });
        }
        Ok(Pack { parsed, warnings: out.items, plans: Arc::default() })
    }

    /// A copy of the pack with its parsed files edited by `change` (a quota, a version of a parameter) and
    /// checked again as when a pack is read. Rules must stay as they are.
    ///
    /// # Errors
    /// All that the change breaks.
    pub fn changed(&self, change: impl FnOnce(&mut Parsed)) -> Result<Pack, PackError> {
        let mut parsed = (*self.parsed).clone();
        change(&mut parsed);
        self.with(parsed, check_manifest)
    }

    /// A copy of the pack with other values in the cells of its parameters. Plans of this pack hold with them:
    /// [`Plan::with_values`].
    ///
    /// # Errors
    /// A share that is not between 0 and 1.
    pub fn with_values(&self, change: impl FnOnce(&mut [Parameter])) -> Result<Pack, PackError> {
        let mut parsed = (*self.parsed).clone();
        change(&mut parsed.parameters);
        self.with(parsed, check_shares)
    }

    /// A copy of the pack, in which the rows of a pair entity are the pairs that a data package gives in the table of
    /// that entity, and not all that can be made: its rules are decided on them, as those of any table are.
    /// `None` if the entity is no pair, or the schema gives it no table.
    ///
    /// ```
    /// let pack = logis::Pack::load("../../rules")?;
    /// let date = logis::value::parse_date("2019-06-30").ok_or("a date")?;
    /// let pairs = pack.parsed().schema.entity("candidature").ok_or("a pair")?;
    /// let given = pack.with_given_pairs(pairs).ok_or("a table")?;
    /// assert!(given.plan(date, &["supplement_loyer"])?.needs().entities.contains(&pairs));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_given_pairs(&self, pair: EntityId) -> Option<Pack> {
        let mut parsed = (*self.parsed).clone();
        parsed.schema = parsed.schema.with_given_pairs(pair)?;
        // The matching is of the pairs that can be made.
        parsed.manifest.matching = None;
        Some(Pack { parsed: Arc::new(parsed), warnings: self.warnings.clone(), plans: Arc::default() })
    }

    /// A copy of the pack in which only these territories give local rules: of the others rows are decided as where
    /// there is none.
    ///
    /// ```
    /// let pack = logis::Pack::load("../../rules")?;
    /// let date = logis::value::parse_date("2024-06-30").ok_or("a date")?;
    /// let orne = pack.with_territories(|name| name == "orne");
    /// let notes = orne.plan(date, &["delai_anormalement_long"])?.notes.join(" ");
    /// assert!(notes.contains("`orne`") && !notes.contains("`dijon`"), "{notes}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_territories(&self, keep: impl Fn(&str) -> bool) -> Pack {
        let mut parsed = (*self.parsed).clone();
        for territory in &mut parsed.territories.all {
            territory.left_out = !keep(&territory.name);
        }
        Pack { parsed: Arc::new(parsed), warnings: self.warnings.clone(), plans: Arc::default() }
    }

    fn with(&self, parsed: Parsed, check: fn(&Parsed, &mut Diagnostics)) -> Result<Pack, PackError> {
        let mut out = Diagnostics::default();
        check(&parsed, &mut out);
        out.sort();
        if out.has_errors() {
            return Err(PackError { diagnostics: out.items, sources: parsed.sources.clone() });
        }
        Ok(Pack { parsed: Arc::new(parsed), warnings: self.warnings.clone(), plans: Arc::default() })
    }

    /// What the files say.
    pub fn parsed(&self) -> &Arc<Parsed> {
        &self.parsed
    }

    /// Plans rules (or fields) of one entity as of a date. A plan is made once for the same date and
    /// names, and may be used by many threads.
    ///
    /// # Errors
    /// An unknown name, names of several entities, a rule that is not in force.
    pub fn plan(&self, as_of: Date, names: &[&str]) -> Result<Arc<Plan>, PackError> {
        let key = (as_of, names.iter().map(|n| n.to_string()).collect());
        // A thread that panicked while it held the lock has left whole plans behind it.
        if let Some(plan) = self.plans.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(Plan::new(&self.parsed, as_of, names)?);
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        // A host that asks for every day of a century must not keep a century of plans: all are dropped,
        // which costs one planning each.
        if plans.len() >= PLANS {
            plans.clear();
        }
        plans.insert(key, plan.clone());
        Ok(plan)
    }

    /// Replaces the name of a group of `[groups]` in `pack.toml` by its rules; any other name stays.
    ///
    /// ```
    /// let pack = logis::Pack::load("../../rules")?;
    /// assert!(pack.expand(&["aides"]).contains(&"eligible_visale"));
    /// assert_eq!(pack.expand(&["plafond_plus"]), ["plafond_plus"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expand<'n>(&'n self, names: &[&'n str]) -> Vec<&'n str> {
        let groups = &self.parsed.manifest.groups;
        let rules = |name: &&'n str| match groups.get(*name) {
            Some(rules) => rules.iter().map(|(rule, _)| rule.as_str()).collect(),
            None => vec![*name],
        };
        names.iter().flat_map(rules).collect()
    }

    /// What the pack asks of its rules in `[check]` of `pack.toml` and does not have, one problem a
    /// rule: no source (L0301), too few cases that expect its outcome (L0302). Empty if it asks nothing. Of a pack
    /// that was read [to decide](Pack::to_decide): the problems of its cases, if they have any.
    ///
    /// ```
    /// let pack = logis::Pack::load("../../rules")?;
    /// assert!(pack.shortfalls().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shortfalls(&self) -> Vec<Diagnostic> {
        let parsed = &self.parsed;
        let asked = parsed.manifest.asked;
        let mut found = Vec::new();
        let mut cases: BTreeMap<&str, usize> = BTreeMap::new();
        let files = match parsed.cases() {
            Ok(files) => files,
            Err(error) => return error.diagnostics,
        };
        // Of a rule that a territory gives, its own cases count.
        let mut local: BTreeMap<(Option<TerritoryId>, &str), usize> = BTreeMap::new();
        for case in files.iter().flat_map(|file| &file.cases) {
            let territory = parsed.territories.of_file(&parsed.sources, case.span.file);
            for (rule, ..) in &case.expected {
                *cases.entry(rule).or_default() += 1;
                *local.entry((territory, rule)).or_default() += 1;
            }
        }
        for rule in parsed.rules.iter() {
            let decides = |text: &&crate::pack::script::RuleText| !text.helper;
            for text in rule.texts.iter().filter(decides).filter(|t| t.doc.sources.is_empty()) {
                if asked.sources {
                    found.push(texts::findings::no_source(&rule.name, text.span.clone()));
                }
            }
            // Helpers decide nothing by themselves, and no case can expect them.
            let has = match rule.territory {
                None => cases.get(rule.name.as_str()),
                Some(_) => local.get(&(rule.territory, national_path(&rule.name))),
            };
            let has = has.copied().unwrap_or(0);
            let Some(first) = rule.texts.iter().find(decides) else { continue };
            // A criterion of a grid is a row of a table: the cases of the grid's sum are its own.
            if first.made.is_some() && !first.doc.result {
                continue;
            }
            if has < asked.cases_per_rule {
                let (asks, at) = (asked.cases_per_rule, first.span.clone());
                found.push(texts::findings::too_few_cases(&rule.name, has, asks, at));
            }
        }
        found
    }

    /// The entity that is decided when nothing is selected: that of `pack.toml`, or of the first rule.
    pub fn main_entity(&self) -> Option<EntityId> {
        match &self.parsed.manifest.entity {
            Some((name, _)) => self.parsed.schema.entity(name),
            None => self.parsed.rules.first().map(|r| r.entity),
        }
    }

    /// The rules shown when nothing is selected: those of `pack.toml`, or all of its main entity
    /// that are in force on some date.
    pub fn results(&self) -> Vec<&str> {
        let manifest = &self.parsed.manifest;
        if !manifest.results.is_empty() {
            return manifest.results.iter().map(|(name, _)| name.as_str()).collect();
        }
        let entity = self.main_entity();
        let rules = self.parsed.rules.iter().filter(|r| Some(r.entity) == entity);
        rules.filter(|r| r.texts.iter().any(|t| !t.helper)).map(|r| r.name.as_str()).collect()
    }
}

/// Why a pack does not load.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file does not read.
    #[error("{path}: {}", crate::diagnostic::foreign::io(error))]
    Io {
        /// The file or folder.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The pack has problems.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl Issues for LoadError {
    fn issues(&self) -> Vec<Issue> {
        match self {
            LoadError::Pack(error) => error.issues(),
            LoadError::Io { path, error } => {
                vec![Issue::error("", path, crate::diagnostic::foreign::io(error))]
            }
        }
    }
}

/// The files below a folder, by their paths in it, sorted; hidden ones are left out, and so is a link to a
/// folder that holds it.
fn collect(folder: &Path) -> Result<Vec<String>, LoadError> {
    let mut files = Vec::new();
    collect_below(folder, "", &mut Vec::new(), &mut files)?;
    files.sort();
    Ok(files)
}

/// `above` are the folders from the first to this one, links resolved.
fn collect_below(
    folder: &Path,
    prefix: &str,
    above: &mut Vec<PathBuf>,
    into: &mut Vec<String>,
) -> Result<(), LoadError> {
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |error| LoadError::Io { path, error }
    };
    let whole = std::fs::canonicalize(folder).map_err(io(folder))?;
    // A link that leads back up, or to a folder inside of which the walk stands, would lead round and round.
    let around = above.last().is_some_and(|inside| inside.starts_with(&whole));
    if around || above.contains(&whole) {
        return Ok(());
    }
    above.push(whole);
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        let shown = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if path.is_dir() {
            collect_below(&path, &shown, above, into)?;
        } else {
            into.push(shown);
        }
    }
    above.pop();
    Ok(())
}

/// Names in `pack.toml` must be of the pack.
fn check_manifest(parsed: &Parsed, out: &mut Diagnostics) {
    let entity = |(name, span): &(String, crate::diagnostic::Span), out: &mut Diagnostics| {
        let found = parsed.schema.entity(name);
        if found.is_none() {
            let names = parsed.schema.entities.iter().map(|e| e.name.as_str());
            out.push(texts::names::no_entity(name, names, span.clone()));
        }
        found
    };
    let manifest = &parsed.manifest;
    if let Some(main) = &manifest.entity {
        entity(main, out);
    }
    let lists = manifest.results.iter().chain(manifest.groups.values().flatten());
    for (name, span) in lists.chain(manifest.measures.names()) {
        crate::graph::check_name(parsed, name, span, out);
    }
    crate::plan::check_matching(parsed, out);
    crate::plan::check_invariants(parsed, out);
}

/// The blocks of the matching must be conditions of the suitability that lead to units, on the last
/// date on which a rule or parameter changes.
fn check_blocks(parsed: &Arc<Parsed>, out: &mut Diagnostics) {
    let Some(matching) = parsed.manifest.matching.as_ref().filter(|m| !m.blocks.is_empty()) else { return };
    let rules = parsed.rules.iter().flat_map(|r| &r.texts).filter_map(|t| t.from);
    let parameters = parsed.parameters.iter().flat_map(|p| &p.versions).map(|v| v.from);
    let date = rules.chain(parameters).max().unwrap_or(Date::constant(1, 1, 1));
    // Without a plan on that day, the run that needs one says why.
    let Ok(plan) = Plan::new(parsed, date, &[&matching.suitable.0]) else { return };
    if let Err(error) = crate::plan::conditions::check_blocks(&plan, &matching.blocks) {
        error.diagnostics.into_iter().for_each(|diagnostic| out.push(diagnostic));
    }
}
