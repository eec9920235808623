//! Texts as numbers: each text once, in the order in which they come.

use std::sync::Arc;

use super::hash::HashMap;

/// Texts and their numbers.
#[derive(Default)]
pub(super) struct Dictionary {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Dictionary {
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.numbers.get(text) {
            return code;
        }
        let (text, code): (Arc<str>, u32) =
            (Arc::from(text), u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text.clone());
        self.numbers.insert(text, code);
        code
    }

    pub fn finish(self) -> Arc<[Arc<str>]> {
        self.texts.into()
    }
}
