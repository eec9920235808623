//! `pack.toml`: the name of the pack, what it shows by default, which rules drive the matching.

use std::collections::BTreeMap;

use super::citation::{KnownText, KnownTexts};
use super::territory::Settings;
use super::toml_reader::{Reader, parse};
use crate::diagnostic::texts::files::{self, what};
use crate::diagnostic::{Diagnostics, FileId, Severity, Span, codes, texts};
use crate::value::Date;

/// What `pack.toml` says. Names are checked against the pack when it is wired.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Identifier of the pack.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What its authors call this state of it; empty if they do not.
    pub version: String,
    /// The entity that is decided when nothing is selected.
    pub entity: Option<(String, Span)>,
    /// The rules shown by default, in order.
    pub results: Vec<(String, Span)>,
    /// Rules that are asked for together, by the name of the group.
    pub groups: BTreeMap<String, Vec<(String, Span)>>,
    /// The matching, if the pack has one.
    pub matching: Option<Matching>,
    /// What scenarios measure by that name nothing themselves.
    pub measures: Measures,
    /// By what the rows of the pack are of territories.
    pub territories: Option<Settings>,
    /// What the names of rules tell the documentation of the pack.
    pub documentation: Documentation,
    /// What the pack asks of each of its rules.
    pub asked: Asked,
    /// Texts that references may name without an identifier: `[sources]`.
    pub texts: KnownTexts,
    /// The levels of findings, by code, where the pack sets one.
    pub levels: BTreeMap<&'static str, Level>,
}

/// The level that a pack sets for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Not reported.
    Off,
    /// Reported at this level.
    At(Severity),
}

/// What a pack asks of each of its rules, beyond that it loads: see `Pack::shortfalls`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Does each version of a rule need a `source:`?
    pub sources: bool,
    /// Must each source be one that can be opened? As `sources`, if nothing is said.
    pub open_sources: bool,
    /// How many cases must expect an outcome of each rule.
    pub cases_per_rule: usize,
    /// The first day that every table should cover, if the pack asks it.
    pub tables_since: Option<Date>,
}

/// A name of the pack, and where `pack.toml` says it.
pub type Named = (String, Span);

/// The rules and fields that a scenario measures by, where it names none itself. What a pack does not name is not
/// measured.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Rules or fields by which requests are told apart.
    pub requests_by: Vec<Named>,
    /// Rules or fields by which units are told apart.
    pub units_by: Vec<Named>,
    /// Rule of the pair: the rent burden.
    pub burden: Option<Named>,
    /// Rule of the request: for how many months it has waited.
    pub waiting: Option<Named>,
    /// Rule or field of the unit by which reservations are counted.
    pub product: Option<Named>,
}

impl Measures {
    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &Named> {
        let one = self.burden.iter().chain(&self.waiting).chain(&self.product);
        self.requests_by.iter().chain(&self.units_by).chain(one)
    }
}

/// How the rules of a pack are named, as far as its documentation shows them by their names.
#[derive(Clone, Debug, Default)]
pub struct Documentation {
    /// What the names of rules begin with that say whether somebody has a right to something.
    pub rights: Vec<String>,
    /// What the names of rules begin with that say what an aid gives.
    pub gives: Vec<String>,
}

impl Documentation {
    /// Does a rule say whether somebody has a right to something?
    pub fn is_right(&self, rule: &str) -> bool {
        self.rights.iter().any(|start| rule.starts_with(start.as_str()))
    }

    /// Does a rule say what an aid gives?
    pub fn is_given(&self, rule: &str) -> bool {
        self.gives.iter().any(|start| rule.starts_with(start.as_str()))
    }
}

/// Which rules drive the matching.
#[derive(Clone, Debug)]
pub struct Matching {
    /// The pair entity: one request facing one unit.
    pub candidature: Named,
    /// Boolean rule of the pair: may this unit be proposed to this request?
    pub suitable: Named,
    /// Integer rule of the request, 0 to 2²⁴: how much it comes first. Without one, all are equal.
    pub priority: Option<Named>,
    /// Rule or field of the request, a number or a date: who comes first of those with as many points, the higher number
    /// or the earlier day.
    pub tie: Option<Named>,
    /// Integer rule of the pair, 0 to 1000: how well the unit fits the request. Without one, all fit
    /// equally.
    pub fit: Option<Named>,
    /// Boolean rules of the pair that suitability implies, by which candidates must be found without
    /// looking at every pair.
    pub blocks: Vec<Named>,
    /// Integer rule of the unit: how many candidates the commission looks at.
    pub presented: Option<Named>,
    /// Rule of the pair, a number from 0 to 1: how likely the household takes the unit that it is offered.
    pub acceptance: Option<Named>,
    /// By what the ranks below the first are filled in the lists of the commission.
    pub ranks: Ranks,
    /// Text of the request: the identifier of the unit that it holds, which is free if it moves. Without one, nobody holds
    /// any.
    pub held: Option<Named>,
    /// In the order of their points, does each request take its best? Otherwise the levels: number, who comes first, quotas,
    /// points, then fit.
    pub by_points: bool,
    /// Who comes first, whatever quotas and points say; the first before the second.
    pub first: Vec<First>,
    /// Shares and numbers of the attributions, the strictest first.
    pub quotas: Vec<Quota>,
    /// Who may propose households for which units, each attribution being charged to one of them.
    pub flow: Option<Flow>,
}

/// By what the ranks below the first are filled in the lists of the commission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranks {
    /// By the levels of the matching, rank after rank.
    #[default]
    Levels,
    /// So that the most leases are to be expected, before points.
    Leases,
}

impl Ranks {
    /// How packs, scenarios and the command write them, in this order.
    pub const WRITTEN: [&str; 2] = ["by-levels", "expected-leases"];

    /// How it is written.
    pub fn written(self) -> &'static str {
        let [levels, leases] = Ranks::WRITTEN;
        match self {
            Ranks::Levels => levels,
            Ranks::Leases => leases,
        }
    }

    /// What is written so, if it is one.
    ///
    /// ```
    /// use logis_language::pack::manifest::Ranks;
    /// assert_eq!(Ranks::read("expected-leases"), Some(Ranks::Leases));
    /// assert_eq!(Ranks::read("leases"), None);
    /// ```
    pub fn read(written: &str) -> Option<Ranks> {
        [Ranks::Levels, Ranks::Leases].into_iter().find(|own| own.written() == written)
    }
}

impl Matching {
    /// The rules and fields by which attributions count: of who comes first, of the quotas, of who may propose whom.
    pub fn counted(&self) -> impl Iterator<Item = &Named> {
        let first = self.first.iter().map(|first| &first.members);
        first.chain(self.quotas.iter().flat_map(Quota::names)).chain(self.flow.iter().flat_map(Flow::names))
    }
}

/// The holders of reservations: each attribution is charged to one of them, or to none.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Boolean rule of the unit: is it in flow, so that any holder who may propose the household may be charged with it? Without
    /// one, all are.
    pub units: Option<Named>,
    /// Text of the unit: the holder of one that is not in flow, to whom its attribution is charged.
    pub holder: Option<Named>,
    /// The holders, in the order in which they are charged where nothing else tells them apart.
    pub holders: Vec<FlowHolder>,
}

/// A holder of reservations.
#[derive(Clone, Debug)]
pub struct FlowHolder {
    /// By what the data, quotas and results name it.
    pub name: Named,
    /// What people call it.
    pub label: String,
    /// Boolean rule of the pair or the request: may it propose this household?
    pub proposes: Named,
}

impl Flow {
    /// The rules and fields that it names.
    pub fn names(&self) -> impl Iterator<Item = &Named> {
        self.units.iter().chain(&self.holder).chain(self.holders.iter().map(|holder| &holder.proposes))
    }
}

/// Attributions of which there are to be as many as can be, before quotas and points.
#[derive(Clone, Debug)]
pub struct First {
    /// By what it is called in results.
    pub name: Named,
    /// What people call it.
    pub label: String,
    /// Boolean rule of the pair, the request or the unit: the attributions that come first.
    pub members: Named,
}

impl Quota {
    /// The rules and fields that it names.
    pub fn names(&self) -> impl Iterator<Item = &Named> {
        self.base.iter().chain(&self.members).chain(&self.scope)
    }
}

/// A share or a number of the attributions that must at least, or may at most, go to some of them.
#[derive(Clone, Debug)]
pub struct Quota {
    /// By what it is called on the command line.
    pub name: Named,
    /// What people call it.
    pub label: String,
    /// Boolean rule of the pair, the request or the unit: attributions that are counted. Without one,
    /// all are.
    pub base: Option<Named>,
    /// Boolean rule of the pair, the request or the unit: those of the base that must be at least so
    /// many. Without one, what is charged to the holder.
    pub members: Option<Named>,
    /// The holder to whom attributions are charged: those are the members or, beside `members`, the base.
    pub charged: Option<Named>,
    /// Rule or field of the unit by whose value it counts: one quota for each value that there is.
    pub scope: Option<Named>,
    /// The parameter that holds the share, between 0 and 1, or the number; it may be keyed by the scope. On a date without
    /// a value the quota is not in force.
    pub value: Named,
    /// Is it a number of attributions? Otherwise it is a share of the base.
    pub is_number: bool,
    /// May members be so many at most? Otherwise they must be so many at least.
    pub at_most: bool,
    /// Does it come before the number of attributions?
    pub hard: bool,
}

/// Reads `pack.toml`.
pub(super) fn read(file: FileId, text: &str, out: &mut Diagnostics) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(root) = parse(file, text, out) else { return manifest };
    let mut reader = Reader::new(file, 0..0, what::PACK, root.get_ref());
    manifest.name = reader.string("name", out).unwrap_or_default();
    manifest.title = reader.string("title", out).unwrap_or_default();
    manifest.version = reader.string("version", out).unwrap_or_default();
    let own = |text: (&str, Span)| (text.0.to_string(), text.1);
    manifest.entity = reader.str("entity", out).map(own);
    manifest.results = reader.strings("results", out).unwrap_or_default();
    if let Some(table) = reader.table("matching", out) {
        let span = reader.get("matching").map_or(0..0, toml::Spanned::span);
        manifest.matching = matching(Reader::new(file, span, what::MATCHING, table), out);
    }
    if let Some(table) = reader.table("groups", out) {
        let span = reader.get("groups").map_or(0..0, toml::Spanned::span);
        for (name, item) in table.iter() {
            let groups = Reader::new(file, span.clone(), what::GROUPS, table);
            if let Some(rules) = groups.strings_of(name.get_ref(), item, out) {
                manifest.groups.insert(name.get_ref().to_string(), rules);
            }
        }
    }
    if let Some(table) = reader.table("measures", out) {
        let span = reader.get("measures").map_or(0..0, toml::Spanned::span);
        let mut measures = Reader::new(file, span, what::MEASURES, table);
        manifest.measures = Measures {
            requests_by: measures.strings("requests_by", out).unwrap_or_default(),
            units_by: measures.strings("units_by", out).unwrap_or_default(),
            burden: measures.str("burden", out).map(own),
            waiting: measures.str("waiting", out).map(own),
            product: measures.str("product", out).map(own),
        };
        measures.finish(out);
    }
    if let Some(table) = reader.table("territories", out) {
        let span = reader.get("territories").map_or(0..0, toml::Spanned::span);
        manifest.territories = territories(Reader::new(file, span, what::TERRITORIES, table), out);
    }
    if let Some(table) = reader.table("doc", out) {
        let span = reader.get("doc").map_or(0..0, toml::Spanned::span);
        let mut doc = Reader::new(file, span, what::DOC, table);
        let mut starts = |key| -> Vec<String> {
            doc.strings(key, out).unwrap_or_default().into_iter().map(|(start, _)| start).collect()
        };
        manifest.documentation = Documentation { rights: starts("rights"), gives: starts("gives") };
        doc.finish(out);
    }
    if let Some(table) = reader.table("sources", out) {
        for (name, item) in table.iter() {
            let what = what::known_text(name.get_ref());
            let Some(table) = item.get_ref().as_table() else {
                let found = files::toml_kind(item.get_ref().type_str());
                let at = Span::new(file, item.span());
                out.push(files::wrong_form(what::PACK, name.get_ref(), files::form::TABLE, found, at));
                continue;
            };
            let mut text = Reader::new(file, item.span(), what, table);
            let (id, url) = (text.string("id", out), text.string("url", out));
            let known = KnownText { id, url, place: text.string("place", out) };
            text.finish(out);
            manifest.texts.insert(name.get_ref().to_string(), known);
        }
    }
    if let Some(table) = reader.table("check", out) {
        let span = reader.get("check").map_or(0..0, toml::Spanned::span);
        let mut check = Reader::new(file, span, what::CHECK, table);
        manifest.asked.sources = check.bool("sources", out);
        manifest.asked.open_sources = match check.get("open_sources").is_some() {
            true => check.bool("open_sources", out),
            false => manifest.asked.sources,
        };
        let cases = check.int("cases_per_rule", out).unwrap_or(0);
        manifest.asked.cases_per_rule = usize::try_from(cases).unwrap_or(0);
        manifest.asked.tables_since = check.date("tables_since", out);
        if let Some(table) = check.table("levels", out) {
            read_levels(file, table, &mut manifest.levels, out);
        }
        check.finish(out);
    }
    reader.finish(out);
    manifest
}

/// Reads `[territories]`.
fn territories(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Settings> {
    let own = |text: (&str, Span)| (text.0.to_string(), text.1);
    let table = reader.required_str("table", out).map(own);
    let levels = reader.strings("levels", out).unwrap_or_default();
    let through = match reader.table("through", out) {
        None => BTreeMap::new(),
        Some(sides) => {
            let span = reader.get("through").map_or(0..0, toml::Spanned::span);
            let side = Reader::new(reader.file, span, what::TERRITORIES, sides);
            let mut through = BTreeMap::new();
            for (entity, item) in sides.iter() {
                match item.get_ref().as_str() {
                    Some(name) => {
                        let name = (name.to_string(), Span::new(reader.file, item.span()));
                        through.insert(entity.get_ref().to_string(), name);
                    }
                    None => side.not_a_text(entity.get_ref(), item, out),
                }
            }
            through
        }
    };
    reader.finish(out);
    Some(Settings { table: table?, levels, through })
}

/// Reads `[matching]`.
fn matching(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Matching> {
    let own = |text: (&str, Span)| (text.0.to_string(), text.1);
    let candidature = reader.required_str("candidature", out).map(own);
    let suitable = reader.required_str("suitable", out).map(own);
    let priority = reader.str("priority", out).map(own);
    let tie = reader.str("tie", out).map(own);
    let fit = reader.str("fit", out).map(own);
    let blocks = reader.strings("blocks", out).unwrap_or_default();
    let presented = reader.str("presented", out).map(own);
    let acceptance = reader.str("acceptance", out).map(own);
    let held = reader.str("held", out).map(own);
    let by_points = match reader.str("order", out) {
        None | Some(("fit-after-points", _)) => false,
        Some(("by-points", _)) => true,
        Some((other, span)) => {
            out.push(texts::matching::unknown_order(other, &ORDERS, span));
            false
        }
    };
    let ranks = reader.str("ranks", out).map(|(written, span)| {
        let read = Ranks::read(written);
        if read.is_none() {
            out.push(texts::matching::unknown_ranks(written, &Ranks::WRITTEN, span.clone()));
        }
        (read.unwrap_or_default(), span)
    });
    if let Some((Ranks::Leases, span)) = &ranks {
        if by_points {
            out.push(texts::matching::ranks_by_points(span.clone()));
        } else if acceptance.is_none() {
            out.push(texts::matching::ranks_without_acceptance(span.clone()));
        }
    }
    let ranks = ranks.map_or(Ranks::Levels, |(ranks, _)| ranks);
    let mut firsts = Vec::new();
    for (span, table) in reader.tables("first", out) {
        let mut first = Reader::new(reader.file, span, what::A_FIRST, table);
        let name = first.required_str("name", out).map(own);
        if let Some((name, _)) = &name {
            first.what = what::first(name);
        }
        let label = first.string("label", out);
        let members = first.required_str("members", out).map(own);
        first.finish(out);
        if let (Some(name), Some(members)) = (name, members) {
            let label = label.unwrap_or_else(|| name.0.clone());
            firsts.push(First { name, label, members });
        }
    }
    let mut quotas = Vec::new();
    for (span, table) in reader.tables("quotas", out) {
        let mut quota = Reader::new(reader.file, span, what::A_QUOTA, table);
        let name = quota.required_str("name", out).map(own);
        if let Some((name, _)) = &name {
            quota.what = what::quota(name);
        }
        let label = quota.string("label", out);
        let base = quota.str("base", out).map(own);
        let charged = quota.str("charged", out).map(own);
        let members = match charged {
            Some(_) => quota.str("members", out).map(own),
            None => quota.required_str("members", out).map(own),
        };
        let scope = quota.str("scope", out).map(own);
        let is_number = quota.get("number").is_some();
        let value = match is_number {
            true => quota.str("number", out).map(own),
            false => quota.required_str("share", out).map(own),
        };
        let both = quota.get("share").filter(|_| is_number).map(toml::Spanned::span);
        if let Some(both) = both {
            quota.str("share", out);
            out.push(texts::matching::share_and_number(Span::new(reader.file, both)));
        }
        let (at_most, hard) = (quota.bool("at_most", out), quota.bool("hard", out));
        quota.finish(out);
        if let (Some(name), Some(value)) = (name, value)
            && (members.is_some() || charged.is_some())
        {
            let label = label.unwrap_or_else(|| name.0.clone());
            quotas.push(Quota {
                name,
                label,
                base,
                members,
                charged,
                scope,
                value,
                is_number,
                at_most,
                hard,
            });
        }
    }
    let flow = reader.table("flow", out).map(|table| {
        let span = reader.get("flow").map_or(0..0, toml::Spanned::span);
        flow(Reader::new(reader.file, span, what::FLOW, table), out)
    });
    if by_points && let Some(first) = firsts.first() {
        out.push(texts::matching::first_by_points(first.name.1.clone()));
    }
    reader.finish(out);
    Some(Matching {
        candidature: candidature?,
        suitable: suitable?,
        priority,
        tie,
        fit,
        blocks,
        presented,
        acceptance,
        ranks,
        held,
        by_points,
        first: firsts,
        quotas,
        flow,
    })
}

/// Reads `[matching.flow]`.
fn flow(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Flow {
    let own = |text: (&str, Span)| (text.0.to_string(), text.1);
    let units = reader.str("units", out).map(own);
    let holder = reader.str("holder", out).map(own);
    let mut holders = Vec::new();
    for (span, table) in reader.tables("holders", out) {
        let mut one = Reader::new(reader.file, span, what::A_HOLDER, table);
        let name = one.required_str("name", out).map(own);
        let label = one.string("label", out);
        let proposes = one.required_str("proposes", out).map(own);
        one.finish(out);
        if let (Some(name), Some(proposes)) = (name, proposes) {
            let label = label.unwrap_or_else(|| name.0.clone());
            holders.push(FlowHolder { name, label, proposes });
        }
    }
    reader.finish(out);
    Flow { units, holder, holders }
}

/// `[check.levels]`: a level by code.
fn read_levels(
    file: FileId,
    table: &toml::de::DeTable<'_>,
    into: &mut BTreeMap<&'static str, Level>,
    out: &mut Diagnostics,
) {
    for (key, item) in table.iter() {
        let (name, at) = (key.get_ref().as_ref(), Span::new(file, key.span()));
        let Some(code) = codes::get(name) else {
            out.push(texts::schema::unknown_code(name, at));
            continue;
        };
        if !code.adjustable {
            out.push(texts::schema::fixed_level(name, at));
            continue;
        }
        let level = match item.get_ref().as_str() {
            Some("off") => Level::Off,
            Some("note") => Level::At(Severity::Note),
            Some("warning") => Level::At(Severity::Warning),
            Some("error") => Level::At(Severity::Error),
            other => {
                out.push(texts::schema::unknown_level(other, &LEVELS, Span::new(file, item.span())));
                continue;
            }
        };
        into.insert(code.code, level);
    }
}

/// What the order of a matching may be.
const ORDERS: [&str; 2] = ["fit-after-points", "by-points"];

const LEVELS: [&str; 4] = ["off", "note", "warning", "error"];
