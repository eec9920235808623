//! Things that are made once for what they depend on.

use std::sync::{Arc, Mutex, PoisonError};

/// The things made last, by what they depend on.
pub(super) struct Memo<T> {
    most: usize,
    items: Mutex<Vec<(String, Arc<T>)>>,
}

impl<T> Memo<T> {
    /// Keeps `most` values.
    pub fn new(most: usize) -> Memo<T> {
        Memo { most, items: Mutex::default() }
    }

    /// What is kept under a key; otherwise it is made. Two threads may make it at once: what they
    /// make is equal.
    pub fn get<E>(&self, key: &str, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        // A thread that panicked while it held the lock has left whole things behind it.
        let items = || self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, item)) = items().iter().find(|(k, _)| k == key) {
            return Ok(item.clone());
        }
        let item = Arc::new(make()?);
        let mut kept = items();
        if kept.len() >= self.most {
            kept.remove(0);
        }
        kept.push((key.to_string(), item.clone()));
        Ok(item)
    }
}
