//! Loops over slices of equal length, as the kernels are made of.
//!
//! A slice of one value stands for that value in all rows. Each form of a loop is written apart (a column
//! and one value, two columns), so that the compiler makes vector code of it. (Compiled for the
//! wider vectors of the processor at hand too, and chosen where it runs, they took as long.)

use std::borrow::Cow;
use std::ops::Range;

use logis_data::Bits;
use logis_language::plan::ir::Comparison;

/// For each byte, its eight bits as bytes of 0 or 1, lowest bit first.
const BITS: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a constant")]
            {
                table[byte][bit] = (byte >> bit) as u8 & 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Bits as bytes of 0 or 1; none if `rows` reaches past the end.
pub(in crate::evaluate::columns) fn expand(bits: &Bits, rows: Range<usize>, out: &mut Vec<u8>) {
    if rows.end > bits.len() {
        return out.clear();
    }
    // Whole words of 64 bits; what is written past the end is cut off below.
    out.resize(rows.len().next_multiple_of(64), 0);
    for (bytes, bits) in out.chunks_exact_mut(64).zip(bits.words_from(rows.start)) {
        for (bytes, eight) in bytes.chunks_exact_mut(8).zip(bits.to_le_bytes()) {
            if let Some(expanded) = BITS.get(usize::from(eight)) {
                bytes.copy_from_slice(expanded);
            }
        }
    }
    out.truncate(rows.len());
}

/// One value for each of `n` rows: a single one is repeated.
pub(super) fn wide<T: Copy>(values: &[T], n: usize) -> Cow<'_, [T]> {
    match values {
        [one] if n != 1 => Cow::Owned(vec![*one; n]),
        values => Cow::Borrowed(values),
    }
}

/// `f` of each value.
pub(super) fn map<T: Copy>(out: &mut Vec<T>, a: &[T], f: impl Fn(T) -> T) {
    out.clear();
    out.extend(a.iter().map(|&x| f(x)));
}

/// `f` of each pair of values.
pub(super) fn zip_by<T: Copy, U>(out: &mut Vec<U>, a: &[T], b: &[T], f: impl Fn(T, T) -> U) {
    out.clear();
    match (a, b) {
        (a, [y]) => out.extend(a.iter().map(|&x| f(x, *y))),
        ([x], b) => out.extend(b.iter().map(|&y| f(*x, y))),
        (a, b) => out.extend(a.iter().zip(b).map(|(&x, &y)| f(x, y))),
    }
}

/// For each row, `f` of the value in `a` where `c` is true, `g` of that in `b` where not. Nothing if either
/// side has no values of this type.
pub(super) fn choose<T: Copy>(
    out: &mut Vec<T>,
    c: &[u8],
    a: &[T],
    b: &[T],
    f: impl Fn(T) -> T,
    g: impl Fn(T) -> T,
) {
    out.clear();
    // The branches are of another type.
    if a.is_empty() || b.is_empty() {
        return;
    }
    // One loop for each way in which the three are a column or one value.
    let either = |c: u8, x: T, y: T| if c != 0 { f(x) } else { g(y) };
    match (c, a, b) {
        ([c], a, b) => match (*c != 0, a, b) {
            (true, a, _) => out.extend(a.iter().map(|&x| f(x))),
            (false, _, b) => out.extend(b.iter().map(|&y| g(y))),
        },
        (c, [x], [y]) => out.extend(c.iter().map(|&c| either(c, *x, *y))),
        (c, a, [y]) => out.extend(c.iter().zip(a).map(|(&c, &x)| either(c, x, *y))),
        (c, [x], b) => out.extend(c.iter().zip(b).map(|(&c, &y)| either(c, *x, y))),
        (c, a, b) => out.extend(c.iter().zip(a.iter().zip(b)).map(|(&c, (&x, &y))| either(c, x, y))),
    }
}

/// Compares row by row: 0 or 1 each.
pub(super) fn compare<T: Copy + PartialOrd>(out: &mut Vec<u8>, comparison: Comparison, a: &[T], b: &[T]) {
    compare_by(out, comparison, a, b, |x, y| (x, y));
}

/// Compares what `of` makes of the two sides, row by row: one loop for each comparison, so that none is
/// chosen anew for each row.
pub(super) fn compare_by<T: Copy + PartialOrd>(
    out: &mut Vec<u8>,
    comparison: Comparison,
    a: &[T],
    b: &[T],
    of: impl Fn(T, T) -> (T, T),
) {
    macro_rules! each {
        ($sign:tt) => {
            zip_by(out, a, b, |x, y| {
                let (x, y) = of(x, y);
                u8::from(x $sign y)
            })
        };
    }
    match comparison {
        Comparison::Equal => each!(==),
        Comparison::NotEqual => each!(!=),
        Comparison::Less => each!(<),
        Comparison::AtMost => each!(<=),
        Comparison::Greater => each!(>),
        Comparison::AtLeast => each!(>=),
    }
}
