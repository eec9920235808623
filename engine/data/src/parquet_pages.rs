//! The pages of a Parquet file, looked at by their headers: what they announce must be what their column
//! has, and possible in so many bytes. A reader takes memory for what is announced before it reads it.

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::ChunkReader;

/// The most bytes that a page may unpack to.
const PAGE: i64 = 1 << 30;

/// Bytes in which the header of a page is looked for: it holds statistics, with texts.
const HEADERS: [u64; 3] = [512, 1 << 14, 1 << 20];

/// Looks at the headers of all pages of the row groups and columns that are `read`, by their numbers.
pub(super) fn check(
    file: &impl ChunkReader,
    about: &ParquetMetaData,
    groups: impl Fn(usize) -> bool,
    read: impl Fn(usize) -> bool,
) -> Result<(), String> {
    for (at, group) in about.row_groups().iter().enumerate().filter(|(at, _)| groups(*at)) {
        let number = at + 1;
        for (_, column) in group.columns().iter().enumerate().filter(|(at, _)| read(*at)) {
            check_column(file, column).map_err(|what| {
                let name = column.column_path().string();
                format!("le fichier est endommagé: colonne « {name} », groupe de lignes {number}: {what}")
            })?;
        }
    }
    Ok(())
}

fn check_column(file: &impl ChunkReader, column: &ColumnChunkMetaData) -> Result<(), String> {
    let start = column.dictionary_page_offset().filter(|at| *at > 0).unwrap_or(column.data_page_offset());
    let end = start.saturating_add(column.compressed_size());
    let (mut at, mut values) = (start, 0_i64);
    while values < column.num_values() && at < end {
        let page = header(file, at, end)?;
        let all = page.length.checked_add(page.packed).filter(|_| page.packed >= 0);
        let next = all.and_then(|all| at.checked_add(all)).filter(|next| *next <= end);
        at = next
            .ok_or_else(|| format!("une page annonce {} octets, plus que la colonne n'en a", page.packed))?;
        if !(0..=PAGE).contains(&page.unpacked) {
            return Err(format!("une page annonce {} octets une fois décompressée", page.unpacked));
        }
        match page.kind {
            // A value of a dictionary takes a byte at least.
            Kind::Dictionary if !(0..=page.unpacked).contains(&page.values) => {
                return Err(format!(
                    "un dictionnaire annonce {} valeurs en {} octets",
                    page.values, page.unpacked
                ));
            }
            Kind::Data if page.values < 0 => return Err("une page annonce moins de zéro valeur".to_string()),
            Kind::Data => values = values.saturating_add(page.values),
            Kind::Dictionary | Kind::Other => {}
        }
    }
    match values == column.num_values() {
        true => Ok(()),
        false => Err(format!("ses pages ont {values} valeurs ; annoncé: {}", column.num_values())),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Dictionary,
    Other,
}

/// What the header of a page says.
struct Page {
    kind: Kind,
    /// Bytes of the header.
    length: i64,
    packed: i64,
    unpacked: i64,
    values: i64,
}

fn header(file: &impl ChunkReader, at: i64, end: i64) -> Result<Page, String> {
    let start = u64::try_from(at).map_err(|_| "une page est avant le début du fichier".to_string())?;
    let left = u64::try_from(end.saturating_sub(at)).unwrap_or(0);
    for most in HEADERS {
        let length = usize::try_from(most.min(left)).unwrap_or(0);
        let bytes = file.get_bytes(start, length).map_err(|e| e.to_string())?;
        let mut thrift = Thrift { bytes: &bytes, at: 0 };
        if let Some(page) = thrift.page() {
            return Ok(page);
        }
        if most >= left {
            break;
        }
    }
    Err("l'en-tête d'une page ne se lit pas".to_string())
}

/// A reader of Thrift's compact protocol, as far as headers of pages need it.
struct Thrift<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Thrift<'_> {
    /// `PageHeader` of the Parquet format.
    fn page(&mut self) -> Option<Page> {
        let (mut kind, mut unpacked, mut packed) = (None, None, None);
        let (mut of_data, mut of_dictionary) = (None, None);
        let mut last = 0;
        while let Some((field, form)) = self.field(&mut last)? {
            match (field, form) {
                (1, 5) => kind = Some(self.number()?),
                (2, 5) => unpacked = Some(self.number()?),
                (3, 5) => packed = Some(self.number()?),
                (5 | 8, 12) => of_data = Some(self.first_number()?),
                (7, 12) => of_dictionary = Some(self.first_number()?),
                (_, form) => self.skip(form, 0)?,
            }
        }
        let (kind, values) = match kind? {
            0 | 3 => (Kind::Data, of_data?),
            2 => (Kind::Dictionary, of_dictionary?),
            _ => (Kind::Other, 0),
        };
        let length = i64::try_from(self.at).ok()?;
        Some(Page { kind, length, packed: packed?, unpacked: unpacked?, values })
    }

    /// The first field of a structure, a number of values, once the structure is read through.
    fn first_number(&mut self) -> Option<i64> {
        let (mut last, mut found) = (0, None);
        while let Some((field, form)) = self.field(&mut last)? {
            match (field, form) {
                (1, 5) => found = Some(self.number()?),
                (_, form) => self.skip(form, 1)?,
            }
        }
        found
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn variable(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn number(&mut self) -> Option<i64> {
        let value = self.variable()?;
        let half = i64::try_from(value >> 1).ok()?;
        Some(if value & 1 == 0 { half } else { -half - 1 })
    }

    /// The number and form of the next field; the inner `None` at the end of the structure.
    #[allow(clippy::option_option)]
    fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        let step = i64::from(byte >> 4);
        *last = if step == 0 { self.number()? } else { last.checked_add(step)? };
        Some(Some((*last, byte & 0x0f)))
    }

    fn skip(&mut self, form: u8, depth: u32) -> Option<()> {
        if depth > 8 {
            return None;
        }
        match form {
            // Booleans of fields stand in their form.
            1 | 2 => {}
            3 => drop(self.byte()?),
            4..=6 => drop(self.variable()?),
            7 => self.at = self.at.checked_add(8)?,
            8 => {
                let length = usize::try_from(self.variable()?).ok()?;
                self.at = self.at.checked_add(length).filter(|at| *at <= self.bytes.len())?;
            }
            9 | 10 => {
                let byte = self.byte()?;
                let count = if byte >> 4 == 15 { self.variable()? } else { u64::from(byte >> 4) };
                for _ in 0..count {
                    match byte & 0x0f {
                        1 | 2 => drop(self.byte()?),
                        form => self.skip(form, depth + 1)?,
                    }
                }
            }
            12 => {
                let mut last = 0;
                while let Some((_, form)) = self.field(&mut last)? {
                    self.skip(form, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}
