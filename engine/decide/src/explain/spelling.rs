//! Codes of closed lists as French writes them: `ile_de_france` is « Île-de-France » where a label of the pack says it
//! so. What no text of the pack spells keeps its letters, with spaces.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use logis_language::diagnostic::fold;
use logis_language::pack::Parsed;

/// The texts of a pack, searched for the spelling of codes.
pub(super) struct Spelling {
    /// Each text as it is written, letter by letter, and the same letters without accents.
    texts: Vec<(Vec<char>, Vec<char>)>,
    found: RefCell<HashMap<String, String>>,
}

impl Spelling {
    /// The labels, doubts, reserves and synonyms of a pack.
    pub(super) fn of(parsed: &Parsed) -> Spelling {
        let mut texts: Vec<&str> = Vec::new();
        for text in parsed.rules.iter().flat_map(|rule| &rule.texts) {
            let doc = &text.doc;
            texts.push(&doc.label);
            texts.extend(doc.doubts.iter().chain(&doc.reserves).map(String::as_str));
        }
        for field in &parsed.schema.fields {
            texts.push(&field.label);
            texts.extend(field.synonyms.iter().map(|(text, _)| &**text));
        }
        texts.extend(parsed.schema.entities.iter().map(|entity| entity.label.as_str()));
        texts.extend(parsed.parameters.iter().map(|parameter| parameter.label.as_str()));
        // A letter that folds to several would shift the rest: none does in French.
        let texts = texts.into_iter().map(|text| (text.chars().collect(), fold(text).chars().collect()));
        let texts = texts.filter(|(letters, plain): &(Vec<char>, Vec<char>)| letters.len() == plain.len());
        Spelling { texts: texts.collect(), found: RefCell::default() }
    }

    /// A value of a closed list in words; any other text as it is.
    pub(super) fn code(&self, code: &str) -> String {
        let is_code = code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && code.bytes().any(|b| b.is_ascii_lowercase());
        if !is_code {
            return code.replace('_', " ");
        }
        if let Some(found) = self.found.borrow().get(code) {
            return found.clone();
        }
        let found = self.written(code).unwrap_or_else(|| self.by_parts(code));
        self.found.borrow_mut().insert(code.to_string(), found.clone());
        found
    }

    /// Word by word, the longest run of words that a text has first; what no text has keeps its letters.
    fn by_parts(&self, code: &str) -> String {
        let words: Vec<&str> = code.split('_').filter(|word| !word.is_empty()).collect();
        let (mut rest, mut out) = (words.as_slice(), Vec::new());
        while let Some((first, others)) = rest.split_first() {
            let mut runs = (1..=rest.len()).rev().filter_map(|count| rest.split_at_checked(count));
            let found = runs.find_map(|(run, left)| Some((self.written(&run.join("_"))?, left)));
            let (word, left) = found.unwrap_or_else(|| ((*first).to_string(), others));
            out.push(word);
            rest = left;
        }
        // A code has no apostrophes.
        let elide = |text: String, vowel: &&str| {
            text.replace(&format!(" d {vowel}"), &format!(" d'{vowel}"))
                .replace(&format!(" l {vowel}"), &format!(" l'{vowel}"))
        };
        ["a", "e", "é", "i", "o", "u", "h"].iter().fold(out.join(" "), elide)
    }

    /// The most usual spelling of a word or of several, if a text has them.
    fn written(&self, code: &str) -> Option<String> {
        let wanted: Vec<char> = code.chars().collect();
        // « a » is « a » or « à », « d » what was « d' ».
        if wanted.len() < 3 {
            return None;
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (letters, plain) in &self.texts {
            for (at, window) in plain.windows(wanted.len()).enumerate() {
                let outside = |c: Option<&char>| c.is_none_or(|c| !c.is_alphanumeric());
                let before = at.checked_sub(1).and_then(|at| plain.get(at));
                if window != wanted || !outside(before) || !outside(plain.get(at + wanted.len())) {
                    continue;
                }
                let written: String = letters.iter().skip(at).take(wanted.len()).collect();
                // A name of the pack in a text spells nothing.
                if letters.get(at.wrapping_sub(1)) == Some(&'_') || written.contains('_') {
                    continue;
                }
                // The capital of a sentence's first word is not the word's.
                let written = if at == 0 { super::french::on(&written) } else { written };
                *seen.entry(written).or_default() += 1;
            }
        }
        // Of several as usual, the first in the alphabet.
        let most = seen.values().copied().max()?;
        seen.into_iter().find(|(_, count)| *count == most).map(|(written, _)| written)
    }
}
