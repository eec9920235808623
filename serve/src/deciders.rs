//! The deciders of a pack that were asked for before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use logis::diagnostic::PackError;
use logis::value::Date;
use logis::{Decider, Pack};

/// Deciders kept for dates and rules that were asked for before; beyond, all are forgotten.
const MOST: usize = 256;

type ByDateAndRules = BTreeMap<(Date, Vec<String>), Arc<Decider>>;

/// Deciders by date and rules.
#[derive(Default)]
pub struct Deciders(Mutex<ByDateAndRules>);

impl Deciders {
    /// The decider of rules as of a date. Names of groups stand for their rules; no name for the results of the pack.
    pub fn of(&self, pack: &Pack, date: Date, names: &[String]) -> Result<Arc<Decider>, PackError> {
        let asked: Vec<&str> = names.iter().map(|name| name.trim()).collect();
        let asked = if asked.is_empty() { pack.results() } else { pack.expand(&asked) };
        let key = (date, asked.iter().map(ToString::to_string).collect());
        // A thread that panicked while it held the lock has left whole deciders behind it.
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let decider = Arc::new(Decider::new(pack.plan(date, &asked)?));
        let mut deciders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if deciders.len() >= MOST {
            deciders.clear();
        }
        deciders.insert(key, decider.clone());
        Ok(decider)
    }
}
