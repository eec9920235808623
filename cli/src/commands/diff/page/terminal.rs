//! The report for a terminal.

use std::fmt::Write as _;

use super::differences::{Line, Shown};
use super::{Found, Page, WITHHELD};
use crate::text;

/// Examples that the terminal shows, gains and losses first: what each explanation says that the other does
/// not.
const EXAMPLES: usize = 6;

/// Values of a field that the terminal shows.
const VALUES: usize = 10;

/// For the terminal.
pub fn text(found: &Found) -> String {
    let page = Page::of(found);
    let mut out = format!("De {} à {}\n", page.base, page.head);
    for line in &page.rests {
        let _ = writeln!(out, "{line}");
    }
    out.push('\n');
    let _ = writeln!(out, "Ce que les règles disent autrement");
    if page.structure.is_empty() {
        out.push_str("   rien\n");
    }
    for line in &page.structure {
        let _ = writeln!(out, "   {}{}", line.what, line.values());
    }
    out.push_str("\nCe qui a été comparé\n");
    if page.seen.is_empty() {
        out.push_str("   aucune règle ne peut décider autrement : rien à comparer\n");
    }
    for line in &page.seen {
        let _ = writeln!(out, "   {line}");
    }
    for note in &page.notes {
        let _ = writeln!(out, "   note : {note}");
    }
    out.push_str("\nCe qui change\n");
    if page.differences.is_empty() {
        out.push_str("   rien\n");
    } else {
        for line in &page.changed {
            let _ = writeln!(out, "   {line}");
        }
        let mut table =
            text::empty(&["Corpus", "Règle", "Devient", "Effet", "Lignes", "Au", "Mouvement", "D'où"]);
        for d in &page.differences {
            table.add_row([&d.corpus, &d.rule, &d.kind, &d.effect, &d.count, &d.dates, &d.moved, &d.cause]);
        }
        let _ = writeln!(out, "{table}");
    }
    if !page.reserves.is_empty() {
        out.push_str("\nCe qui est accordé sous d'autres réserves\n");
    }
    for line in &page.reserves {
        let _ = writeln!(out, "   {line}");
    }
    for by in &page.by {
        let _ = writeln!(out, "\nPar {} (chaque ligne une fois)", by.name);
        let mut table = text::empty(&[&by.column, "Gagnent", "Perdent", "Autres"]);
        for row in by.rows.iter().take(VALUES) {
            table.add_row([&row.value, &row.gain, &row.loss, &row.other]);
        }
        text::align_numbers(&mut table);
        let _ = writeln!(out, "{table}");
        if by.rows.len() > VALUES {
            let _ = writeln!(out, "   … et {} autres (--format json ou html)", by.rows.len() - VALUES);
        }
    }
    let mut examples: Vec<&Shown> = page.differences.iter().collect();
    examples.sort_by_key(|d| ["gain", "perte", "neutre"].iter().position(|effect| *effect == d.effect));
    let shown = examples.iter().filter_map(|d| Some((d, d.example.as_ref()?)));
    for (d, example) in shown.take(EXAMPLES) {
        let (about, before, after) = (&example.about, &example.before, &example.after);
        let _ = writeln!(out, "\nExemple : {about}, {} {before} → {after} (au {})", d.rule, example.date);
        let mut table = text::empty(&["Avant", "Après"]);
        table.add_row([other_lines(&example.explained_before), other_lines(&example.explained_after)]);
        let _ = writeln!(out, "{table}");
    }
    if examples.iter().any(|d| d.example.is_some()) {
        out.push_str("\nUn exemple de chaque sorte, expliqué en entier : --format html ou json\n");
    }
    if page.withheld {
        let _ = writeln!(out, "\n{WITHHELD}");
    }
    if !page.verdict.is_empty() {
        out.push('\n');
        for line in &page.verdict {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// The lines that the other side says otherwise.
fn other_lines(lines: &[Line]) -> String {
    let text: Vec<&str> = lines.iter().filter(|line| line.other).map(|line| line.text.trim()).collect();
    text.join("\n")
}
