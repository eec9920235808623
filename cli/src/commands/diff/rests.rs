//! What the figures of a comparison rest on: both packs, the corpora, whose local rules, which doubts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use logis::Pack;
use logis::compare::{Pair, Report};
use logis::data::{Dataset, InputFile, about};
use logis::fingerprint::{of_hashes, sha256_of};
use logis::places::Places;
use logis::scenario::Spoken;
use logis::scenario::basis::{Basis, Doubts, Local, Stands};
use logis::value::{Date, parse_date};

/// The corpus of the cases of the packs.
pub(super) const CASES: &str = "cas";

/// What is gathered of it while corpora are compared.
#[derive(Clone)]
pub(super) struct Rests<'p> {
    head: &'p Pack,
    stands: Vec<Stands>,
    places: Places,
}

impl<'p> Rests<'p> {
    /// Of two packs, so far.
    pub fn new(base: &Pack, head: &'p Pack) -> Rests<'p> {
        let stands = vec![
            Stands::of_pack("Règles d'avant", base.parsed()),
            Stands::of_pack("Règles d'après", head.parsed()),
        ];
        Rests { head, stands, places: Places::default() }
    }

    /// A corpus: a folder or a file.
    pub fn corpus(&mut self, name: &str, path: &Path) -> Result<()> {
        let mut files: Vec<PathBuf> = Vec::new();
        if path.is_dir() {
            let entries =
                std::fs::read_dir(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
            for entry in entries {
                files.push(entry?.path());
            }
            let hidden =
                |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
            files.retain(|path| path.is_file() && !hidden(path));
        } else {
            files.push(path.to_path_buf());
        }
        let mut hashes: BTreeMap<String, String> = BTreeMap::new();
        let mut manifest = Vec::new();
        for path in &files {
            let reading = || format!("{}: lecture impossible", path.display());
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            if name == "paquet.toml" {
                let bytes = std::fs::read(path).with_context(reading)?;
                manifest.push(InputFile { name: name.clone(), bytes });
            }
            let file = File::open(path).with_context(reading)?;
            hashes.insert(name, sha256_of(file).with_context(reading)?);
        }
        let hashes = hashes.iter().map(|(name, hash)| (name.as_str(), hash.clone())).collect();
        self.stands.push(Stands::of_data("Données", name, &about(&manifest).0, of_hashes(&hashes)));
        Ok(())
    }

    /// Whose local rules decide the rows of some pairs of plans.
    pub fn places(&mut self, pairs: &[Pair], dataset: &Dataset) {
        let local = pairs.iter().filter(|pair| pair.head.is_local());
        // A row counts once, whatever the number of dates.
        for entity in local.map(|pair| pair.head.entity).collect::<BTreeSet<_>>() {
            self.places.add(self.head.parsed(), dataset, entity);
        }
    }

    /// What people call what differences are counted by, and the values.
    pub fn called(&self, report: &Report) -> BTreeMap<(String, String), String> {
        let mut called = BTreeMap::new();
        let plan = report.seen.iter().find_map(|seen| {
            let names: Vec<&str> = seen.rules.iter().map(String::as_str).collect();
            self.head.plan(parse_date(&seen.date)?, &names).ok()
        });
        let Some(plan) = plan else { return called };
        let spoken = Spoken::new(&plan);
        for row in &report.summary.by {
            called.entry((row.by.clone(), String::new())).or_insert_with(|| spoken.name_of(&row.by));
            let value = || spoken.value_of(&row.by, &row.value);
            called.entry((row.by.clone(), row.value.clone())).or_insert_with(value);
        }
        called
    }

    /// All of it, of what was decided.
    pub fn basis(self, report: &Report, made_on: Option<Date>) -> Basis {
        let local = Local::of(self.head.parsed(), &self.places);
        // Cases may be of anywhere.
        let mut doubts = match self.places.is_empty() {
            true => Doubts::default(),
            false => Doubts::held_by(local.held),
        };
        let mut dates = BTreeSet::new();
        let mut planned: BTreeMap<(&[String], Option<Date>), Date> = BTreeMap::new();
        for seen in &report.seen {
            let Some(date) = parse_date(&seen.date) else { continue };
            dates.insert(date);
            // Cases are of hundreds of days: what is doubtful of their rules is that of the last.
            let own = Some(date).filter(|_| seen.corpus != CASES);
            let last = planned.entry((&seen.rules, own)).or_insert(date);
            *last = (*last).max(date);
        }
        for ((names, _), date) in planned {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if let Ok(plan) = self.head.plan(date, &names) {
                doubts.of_plan(&plan);
            }
        }
        Basis {
            made_on: made_on.map(|day| day.to_string()),
            dates: dates.into_iter().map(|date| date.to_string()).collect(),
            stands: self.stands,
            places: local.counted,
            doubts: doubts.all.into_iter().collect(),
            ..Basis::default()
        }
    }
}
