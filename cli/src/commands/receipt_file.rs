//! Reading a file of receipts part by part, with its seals.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use logis::diagnostic::foreign;
use logis::exchange::FORMAT;
use logis::receipt::{Line, Receipt, SealCheck};

/// Lines read at a time.
const CHUNK: usize = 1 << 13;

/// Lines of one kind of fault that are told.
const TOLD: usize = 20;

/// Receipts of a file that stand one after the other.
#[derive(Default)]
pub struct Part {
    /// The receipts.
    pub receipts: Vec<Receipt>,
    /// The line of each.
    pub lines: Vec<usize>,
    /// What is wrong with seals: the line, and what.
    pub flaws: Vec<(usize, String)>,
}

/// Reads a file part by part; gives what its seals said.
pub fn for_each_part(path: &Path, mut each: impl FnMut(&Part) -> Result<()>) -> Result<SealCheck> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name}: lecture impossible"))?;
    let mut lines = BufReader::new(file).lines();
    let (mut check, mut last, mut receipts, mut of_before) = (SealCheck::default(), 0, 0, 0);
    loop {
        let chunk: Vec<String> = lines
            .by_ref()
            .take(CHUNK)
            .collect::<std::io::Result<_>>()
            .with_context(|| format!("{name}: lecture impossible"))?;
        let end = chunk.is_empty();
        let (mut part, mut wrong) = (Part::default(), Vec::new());
        for read in Line::read_all(&chunk) {
            last += 1;
            match read {
                Ok(line) => {
                    part.flaws.extend(check.line(&line).into_iter().map(|flaw| (last, flaw.to_string())));
                    if let Line::Receipt(receipt) = line {
                        of_before += usize::from(receipt.is_of_before());
                        part.receipts.push(*receipt);
                        part.lines.push(last);
                    }
                }
                Err(error) => {
                    let (column, words) = (error.column(), foreign::json_without_place(&error));
                    wrong.push(format!("{name}:{last}: ce n'est pas un reçu: colonne {column}: {words}"))
                }
            }
        }
        if !wrong.is_empty() {
            let more = wrong.len().saturating_sub(TOLD);
            wrong.truncate(TOLD);
            if more > 0 {
                wrong.push(format!("… et {more} autres lignes"));
            }
            bail!("{}\nattendu: un reçu par ligne, tel que `logis eval --record` l'écrit", wrong.join("\n"));
        }
        receipts += part.receipts.len();
        if end {
            if receipts == 0 {
                bail!("{name}: ce fichier ne contient aucun reçu");
            }
            part.flaws.extend(check.end().map(|flaw| (last, flaw.to_string())));
        }
        each(&part)?;
        if end {
            if of_before > 0 {
                eprintln!(
                    "{name}: {of_before} reçu(s) d'avant le format {FORMAT} : lus comme avant, leurs résultats comparés comme textes"
                );
            }
            return Ok(check);
        }
    }
}
