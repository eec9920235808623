//! Numbers for the marks that there are: what a bound weighs is looked up by kind, whatever the number of quotas.

use std::collections::HashMap;

use super::parts::{MOST_KINDS, ProblemError};

/// The different marks of pairs so far, numbered in the order in which they are met.
pub(super) struct Kinds {
    numbers: HashMap<u64, u16>,
    /// By number.
    pub marks: Vec<u64>,
}

impl Kinds {
    /// Those that are there already; of marks that stand twice the first number is given.
    pub fn new(marks: Vec<u64>) -> Kinds {
        let mut numbers = HashMap::new();
        for (number, marks) in (0..).zip(&marks) {
            numbers.entry(*marks).or_insert(number);
        }
        Kinds { numbers, marks }
    }

    /// The number of some marks.
    pub fn of(&mut self, marks: u64) -> Result<u16, ProblemError> {
        if let Some(number) = self.numbers.get(&marks) {
            return Ok(*number);
        }
        let number = u16::try_from(self.marks.len()).ok().filter(|n| usize::from(*n) < MOST_KINDS);
        let number = number.ok_or(ProblemError::Kinds)?;
        self.numbers.insert(marks, number);
        self.marks.push(marks);
        Ok(number)
    }
}
