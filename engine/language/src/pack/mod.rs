//! The pack: rules, parameters, schema, reference tables and cases, read from files.
//!
//! Reading collects every problem of every file. What the names of a signature mean is settled one
//! module further, where rules are wired.

pub mod agreement;
pub mod cases;
pub mod citation;
pub mod doubt;
pub mod force;
pub mod grid;
pub mod manifest;
pub mod mutants;
pub mod params;
pub mod schema;
pub mod script;
pub mod slips;
pub mod territory;
pub mod toml_reader;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::diagnostic::{Diagnostic, Diagnostics, FileId, PackError, SourceFile, Sources, Span, texts};
use cases::{CaseFile, Cases};
use manifest::Manifest;
use params::Parameter;
use schema::{EntityId, Origin, Schema};
use script::RuleText;
use territory::{Derived, Territories, TerritoryId};

use crate::value::{Date, Type};

/// A reference table of the pack: the bytes of its CSV file.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The entity whose rows it holds.
    pub entity: EntityId,
    /// Path of the file.
    pub path: String,
    /// Its content.
    pub bytes: Bytes,
    /// The columns that it has beside those of its file.
    pub derived: Vec<Derived>,
}

/// The functions of one name, by date of effect.
#[derive(Clone, Debug)]
pub struct RuleTexts {
    /// Name of the rule.
    pub name: String,
    /// The entity it speaks of.
    pub entity: EntityId,
    /// Its texts: the one without date first, then by date.
    pub texts: Vec<RuleText>,
    /// Of a rule that a territory gives, in place of one of the same name or beside it: which. Its name is then
    /// `rule@territory`.
    pub territory: Option<TerritoryId>,
    /// The rules that territories give in place of this one, from the widest territory to the finest.
    pub local: Vec<usize>,
    /// Do only territories give it? Its texts are then one of theirs, for its place and its words.
    pub nowhere: bool,
}

/// Finds the types of the rules of a pack of which none is known.
type FindKinds = fn(&Parsed) -> BTreeMap<usize, Type>;

/// The types of the outcomes of rules, each the same of all its texts; found when the pack is checked, of rules without
/// error, or when they are first asked for, of a pack that needs no check.
#[derive(Clone, Debug)]
pub(crate) struct Kinds {
    found: OnceLock<Arc<BTreeMap<usize, Type>>>,
    /// `None` while the pack is checked.
    find: Option<FindKinds>,
}

impl Kinds {
    /// None is known, while a pack is checked.
    pub fn unchecked() -> Kinds {
        Kinds { found: OnceLock::from(Arc::default()), find: None }
    }

    /// These.
    pub fn of(found: BTreeMap<usize, Type>) -> Kinds {
        Kinds { found: OnceLock::from(Arc::new(found)), find: Some(|_| BTreeMap::new()) }
    }

    /// What a function finds in a pack of which no type is known.
    #[cfg(feature = "national")]
    pub fn when_asked(find: FindKinds) -> Kinds {
        Kinds { found: OnceLock::new(), find: Some(find) }
    }
}

/// Everything the files of a pack say, parsed but not yet wired.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The text files, for messages.
    pub sources: Arc<Sources>,
    /// `pack.toml`.
    pub manifest: Manifest,
    /// `schema.toml`.
    pub schema: Schema,
    /// Rules and helpers by name, in alphabetical order.
    pub rules: Arc<Vec<RuleTexts>>,
    /// Parameters in alphabetical order of their paths.
    pub parameters: Vec<Parameter>,
    /// What holds in one place only.
    pub territories: Territories,
    /// What the agreements of territories count, in the order of their files.
    pub agreements: Vec<agreement::Agreement>,
    /// Reference tables.
    pub references: Vec<Reference>,
    /// Of which type each rule is.
    pub(crate) kinds: Kinds,
    /// Its cases, which are read when they are first asked for: [`Parsed::cases`].
    cases: Cases,
    /// `mutants.toml`: what no case has to show.
    pub unseen: mutants::Unseen,
    /// Names of fields and parameters that could not be read; `*` where a whole file could not. That
    /// they are not found is no news.
    pub unreadable: Vec<String>,
}

impl Parsed {
    /// The parameter at this path.
    pub fn parameter(&self, path: &str) -> Option<usize> {
        self.parameters.binary_search_by(|p| p.path.as_str().cmp(path)).ok()
    }

    /// The rule that is not in force and whose outcome is read, by the plan's node, as the value of this parameter:
    /// numbers beyond the parameters are those of rules.
    pub fn rule_behind(&self, parameter: params::ParameterId) -> Option<&RuleTexts> {
        self.rules.get(parameter.checked_sub(self.parameters.len())?)
    }

    /// The cases of the pack, by file.
    ///
    /// # Errors
    /// What is wrong in a file of cases, of a pack that was read [to decide](crate::Pack::to_decide) and no more:
    /// of any other this was said when it was read.
    pub fn cases(&self) -> Result<&[CaseFile], PackError> {
        let read = self.cases.read(&self.sources);
        if read.problems.has_errors() {
            let mut out = read.problems.clone();
            slips::remarks(&mut out, &self.sources);
            out.sort();
            return Err(PackError { diagnostics: out.items, sources: self.sources.clone() });
        }
        Ok(&read.files)
    }

    /// Reads the cases now, and reports what is wrong in them.
    pub(crate) fn check_cases(&self, out: &mut Diagnostics) {
        out.items.extend(self.cases.read(&self.sources).problems.items.iter().cloned());
    }

    /// The rule of this name, of rules that are not sorted yet.
    fn rule_of_name(&self, name: &str) -> Option<&RuleTexts> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// Type of the outcomes of a rule; `None` if the rule has an error, or while its pack is checked.
    pub fn kind(&self, rule: usize) -> Option<&Type> {
        let find = || {
            let unchecked = Parsed { kinds: Kinds::unchecked(), ..self.clone() };
            Arc::new(self.kinds.find.map_or_else(BTreeMap::new, |find| find(&unchecked)))
        };
        self.kinds.found.get_or_init(find).get(&rule)
    }

    /// Is a rule not in force on a date? While the pack is checked every rule is: its texts must be right whether they are in
    /// force or not.
    pub(crate) fn is_outside(&self, rule: &RuleTexts, date: Date) -> bool {
        self.kinds.find.is_some() && rule.outside(date).is_some()
    }

    /// The rule of this name.
    pub fn rule(&self, name: &str) -> Option<usize> {
        self.rules.binary_search_by(|r| r.name.as_str().cmp(name)).ok()
    }
}

/// Is a file of this name read as one of a pack? Others may stand beside: notes, pictures.
pub(crate) fn is_read(path: &str) -> bool {
    !of_a_crate(path)
        && [".toml", ".rhai", ".csv", ".cas.yaml", ".cas.yml"].iter().any(|end| path.ends_with(end))
}

/// Is a file of this name one of a Rust crate that embeds the pack, whose manifest stands in the pack's folder?
pub(crate) fn of_a_crate(path: &str) -> bool {
    ["Cargo.toml", "Cargo.lock"].contains(&path) || path.ends_with(".rs")
}

/// Reads a pack from its files: path relative to the pack's folder (with `/`) and content, in any
/// order. `root` is what messages show before each path.
///
/// All problems go to `out`; what could be read is returned all the same. Of a `sound` pack, which was checked before, the functions
/// of scripts are parsed when they are asked for.
pub(crate) fn read(root: &str, files: Vec<(String, Bytes)>, sound: bool, out: &mut Diagnostics) -> Parsed {
    let mut files: BTreeMap<String, Bytes> = files.into_iter().collect();
    let mut tables: BTreeMap<String, Bytes> = BTreeMap::new();
    for path in
        files.keys().filter(|p| p.ends_with(".csv") && !p.ends_with(".cas.csv")).cloned().collect::<Vec<_>>()
    {
        if let Some(bytes) = files.remove(&path) {
            tables.insert(path, bytes);
        }
    }
    files.retain(|path, _| is_read(path));
    let mut broken: Vec<(FileId, slips::encoding::Other)> = Vec::new();
    let mut texts = Vec::new();
    for (path, bytes) in files {
        let text: Cow<'_, str> = match std::str::from_utf8(&bytes) {
            Ok(text) => text.into(),
            Err(_) => {
                let mut other = slips::encoding::other(&bytes);
                let text = std::mem::take(&mut other.text);
                broken.push((texts.len(), other));
                text.into()
            }
        };
        // A byte-order mark is no text.
        texts.push(SourceFile { path, text: Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text)) });
    }
    let sources = Sources::new(root, texts);
    for (file, other) in &broken {
        let range = script::word_at(text_of(&sources, *file), other.at);
        out.push(Diagnostic::error("L0030", &other.message, Span::new(*file, range), other.label));
    }
    // What is no text at all is not read.
    let broken: Vec<FileId> = broken.iter().filter(|(_, o)| !o.is_text).map(|(file, _)| *file).collect();
    let find = |name: &str| sources.files().iter().position(|f| f.path == name);
    let manifest =
        find("pack.toml").map_or_else(Manifest::default, |f| manifest::read(f, text_of(&sources, f), out));
    let mut unreadable = Vec::new();
    let schema = match find("schema.toml") {
        Some(file) => schema::read(file, text_of(&sources, file), &mut unreadable, out),
        None => {
            unreadable.push("*".to_string());
            out.push(texts::files::no_schema(root));
            Schema::default()
        }
    };
    let mut schema = schema;
    let mut territories = territory::read_folders(manifest.territories.as_ref(), &schema, &sources, out);
    if let Some(settings) = &manifest.territories {
        territory::add_fields(&mut territories, &mut schema, &settings.table.1);
    }
    let mut parsed = Parsed {
        manifest,
        territories,
        rules: Arc::default(),
        parameters: Vec::new(),
        agreements: Vec::new(),
        references: Vec::new(),
        kinds: Kinds::unchecked(),
        cases: Cases::default(),
        unseen: find("mutants.toml")
            .map_or_else(mutants::Unseen::default, |f| mutants::read(f, text_of(&sources, f), out)),
        unreadable,
        sources: Arc::new(sources),
        schema,
    };
    read_references(&mut parsed, tables, out);
    let sources = parsed.sources.clone();
    let mut grids: Vec<FileId> = Vec::new();
    for (file, source) in sources.files().iter().enumerate().filter(|(f, _)| !broken.contains(f)) {
        let path = source.path.as_str();
        if cases::Form::of(path).is_some() {
            parsed.cases.add(file);
        } else if path.ends_with(".rhai") {
            read_rules(&mut parsed, file, &sources, sound, out);
        } else if grid::is_grid(path) {
            grids.push(file);
        } else if let Some(territory) = agreement_of(&parsed, path) {
            parsed.agreements.extend(agreement::read(file, source, territory, out));
        } else if !["pack.toml", "schema.toml", "mutants.toml"].contains(&path)
            && !path.ends_with(&format!("/{}", territory::MANIFEST))
        {
            let first = parsed.parameters.len();
            params::read(file, &source.text, &mut parsed.parameters, &mut parsed.unreadable, out);
            place_parameters(&mut parsed, first, path);
        }
    }
    // A grid without an entity has that of the rule that it replaces, in whatever file that stands.
    for file in grids {
        read_grid(&mut parsed, file, &sources, out);
    }
    if parsed.unreadable.iter().any(|n| n == "*") {
        out.items.retain(|d| d.code != "L0101");
    }
    finish(&mut parsed, out);
    parsed
}

/// Makes the parameters of a file, which are those from `first` on, local if the file is one of a territory.
fn place_parameters(parsed: &mut Parsed, first: usize, path: &str) {
    let territory = parsed.territories.of_path(path);
    let of = territory.and_then(|t| parsed.territories.all.get(t));
    for parameter in parsed.parameters.iter_mut().skip(first) {
        parameter.territory = territory;
        if let Some(of) = of {
            parameter.path = territory::local_path(&parameter.path, of);
        }
    }
}

/// The territory whose agreement a file of that path is about, if it is about one.
fn agreement_of(parsed: &Parsed, path: &str) -> Option<TerritoryId> {
    let named = path.rsplit('/').next() == Some(agreement::FILE);
    parsed.territories.of_path(path).filter(|_| named)
}

fn text_of(sources: &Sources, file: FileId) -> &str {
    sources.get(file).map_or("", |f| f.text.as_ref())
}

fn read_references(parsed: &mut Parsed, tables: BTreeMap<String, Bytes>, out: &mut Diagnostics) {
    for (id, entity) in parsed.schema.entities.iter().enumerate() {
        let Origin::Reference { file } = &entity.origin else { continue };
        let found = tables.iter().filter(|(path, _)| path.rsplit('/').next() == Some(file.as_str()));
        let found: Vec<(&str, &Bytes)> = found.map(|(path, bytes)| (path.as_str(), bytes)).collect();
        let of_territories = parsed.territories.table == Some(id);
        let derived = if of_territories { parsed.territories.derived(&parsed.schema) } else { Vec::new() };
        match found.as_slice() {
            [(path, bytes)] => parsed.references.push(Reference {
                entity: id,
                path: path.to_string(),
                bytes: Bytes::clone(bytes),
                derived,
            }),
            // Each territory has its own rows of one table.
            [_, _, ..] => match territory::one_table(&found) {
                Ok((path, bytes)) => parsed.references.push(Reference { entity: id, path, bytes, derived }),
                Err((path, other)) => {
                    out.push(texts::files::other_columns(path, other, entity.span.clone()));
                }
            },
            [] => {
                let known = tables.keys().filter_map(|p| p.rsplit('/').next());
                out.push(texts::files::no_reference(file, known, entity.span.clone()));
            }
        }
    }
}

fn read_rules(parsed: &mut Parsed, file: FileId, sources: &Sources, sound: bool, out: &mut Diagnostics) {
    let Some(rules) = script::read(file, sources, sound, &mut parsed.unreadable, out) else { return };
    let Some((name, span)) = rules.entity else { return };
    let Some(entity) = parsed.schema.entity(&name) else {
        let known = parsed.schema.entities.iter().map(|e| e.name.as_str());
        out.push(texts::names::no_entity(&name, known, span));
        return;
    };
    add_texts(parsed, file, entity, rules.functions, out);
}

/// Reads a grid: its rules and its figures.
fn read_grid(parsed: &mut Parsed, file: FileId, sources: &Sources, out: &mut Diagnostics) {
    let Some(grid) = grid::read(file, sources, out) else {
        parsed.unreadable.push("*".to_string());
        return;
    };
    let national = parsed.rule_of_name(&grid.rule.0).map(|rule| rule.entity);
    let entity = match (&grid.entity, national) {
        (Some((name, span)), _) => {
            let found = parsed.schema.entity(name);
            if found.is_none() {
                let known = parsed.schema.entities.iter().map(|e| e.name.as_str());
                out.push(texts::names::no_entity(name, known, span.clone()));
            }
            found
        }
        (None, Some(entity)) => Some(entity),
        (None, None) => {
            out.push(texts::grids::no_entity(&grid.rule.0, grid.rule.1.clone()));
            None
        }
    };
    let Some(entity) = entity else { return };
    let first = parsed.parameters.len();
    parsed.parameters.extend(grid.parameters);
    let path = sources.get(file).map_or("", |f| f.path.as_str());
    place_parameters(parsed, first, path);
    add_texts(parsed, file, entity, grid.texts, out);
}

/// Adds texts of a file to the rules: to those of its territory, if it is one's.
fn add_texts(
    parsed: &mut Parsed,
    file: FileId,
    entity: EntityId,
    texts_of_file: Vec<RuleText>,
    out: &mut Diagnostics,
) {
    let territory = parsed.territories.of_file(&parsed.sources, file);
    let of = territory.and_then(|t| parsed.territories.all.get(t));
    for text in texts_of_file {
        let name = of.map_or_else(|| text.name.clone(), |of| territory::local_path(&text.name, of));
        let rules = Arc::make_mut(&mut parsed.rules);
        match rules.iter_mut().find(|r| r.name == name) {
            Some(rule) => {
                let twin = rule.texts.iter().find(|t| t.from == text.from || t.helper != text.helper);
                // Within one file this was already said.
                if let Some(first) = twin.filter(|t| t.span.file != text.span.file) {
                    out.push(texts::names::declared_twice(&text.name, text.span.clone(), first.span.clone()));
                } else if rule.entity != entity {
                    let first = rule.texts.first().map(|t| t.span.clone()).unwrap_or_default();
                    out.push(texts::names::of_two_entities(&text.name, text.span.clone(), first));
                } else {
                    rule.texts.push(text);
                }
            }
            None => {
                let (texts, local) = (vec![text], Vec::new());
                rules.push(RuleTexts { name, entity, texts, territory, local, nowhere: false });
            }
        }
    }
}

/// Sorts, and reports the names that mean two things.
fn finish(parsed: &mut Parsed, out: &mut Diagnostics) {
    let rules = Arc::make_mut(&mut parsed.rules);
    territory::join_local_rules(&parsed.territories, rules, out);
    for rule in rules {
        rule.texts.sort_by_key(|t| t.from);
        days_in_force(rule, out);
        let field = parsed.schema.field(&rule.name).and_then(|f| parsed.schema.fields.get(f));
        if let (Some(field), Some(text)) = (field, rule.texts.first()) {
            out.push(texts::names::declared_twice(&rule.name, text.span.clone(), field.span.clone()));
        }
    }
    parsed.parameters.sort_by(|a, b| a.path.cmp(&b.path));
    agreement::named_once(&parsed.agreements, out);
    agreement::join_targets(&parsed.agreements, &parsed.sources, &mut parsed.parameters, out);
    territory::join_local(&parsed.territories, &mut parsed.parameters, out);
    for pair in parsed.parameters.windows(2) {
        if let [a, b] = pair
            && a.path == b.path
        {
            out.push(texts::names::declared_twice(&b.path, b.span.clone(), a.span.clone()));
        }
    }
    for entity in &parsed.schema.entities {
        if let Some(other) = parsed.schema.fields.iter().find(|f| f.name == entity.name) {
            out.push(texts::names::declared_twice(&entity.name, other.span.clone(), entity.span.clone()));
        }
    }
}

/// The days of a rule are said once, and of rules only.
fn days_in_force(rule: &RuleTexts, out: &mut Diagnostics) {
    let said = rule.texts.iter().filter_map(|t| Some((t.helper, &t.doc.in_force.as_ref()?.1)));
    for (number, (helper, span)) in said.enumerate() {
        if helper {
            out.push(texts::files::in_force_of_helper(&rule.name, span.clone()));
        } else if number > 0 {
            out.push(texts::files::in_force_twice(span.clone()));
        }
    }
}

/// The first day of each period between two changes of the law: of a rule's text, of what a
/// rule says of the days on which it is in force, or of a parameter's value. The first of all is the beginning of the calendar.
pub fn changes(parsed: &Parsed) -> BTreeSet<Date> {
    let mut starts: BTreeSet<Date> = [Date::MIN].into();
    starts.extend(parsed.rules.iter().flat_map(RuleTexts::changes));
    starts.extend(parsed.territories.changes());
    starts.extend(parsed.parameters.iter().flat_map(Parameter::changes));
    starts
}
