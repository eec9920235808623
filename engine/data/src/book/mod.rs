//! Workbooks of Excel and LibreOffice: one sheet per entity.
//!
//! Cells are kept as the file lists them, never as the rectangle round them: one stray cell in the
//! last column costs one cell.

mod archive;
mod extent;
mod grid;
mod sheet;

use std::io::Cursor;

use calamine::{Data, ExcelDateTime, Ods, Range, Reader, Xls, Xlsb, Xlsx};

use super::day_numbers::DayNumbers;
use super::issue::Issue;
use super::issue_code::Code;
use super::net::caught;
use super::outside::Told;
use super::raw::{Raw, RawTable};
use logis_language::value::Date;
use sheet::Sheet;

/// The most cells that are read of one workbook.
const CELLS: usize = 24_000_000;

/// Reads the sheets of a workbook. `names` gives the names of the columns of the table that a sheet is.
pub(super) fn read(
    file: &str,
    bytes: &[u8],
    names: &dyn Fn(&str) -> Vec<String>,
    issues: &mut Vec<Issue>,
) -> Vec<RawTable> {
    let unreadable = |said| format!("ce n'est pas un classeur lisible: {said}");
    let sheets = match caught(|| sheets(bytes)).and_then(|read| read.map_err(unreadable)) {
        Ok(sheets) => sheets,
        Err(said) => {
            issues.push(Issue::error(Code::Unreadable, file, said));
            return Vec::new();
        }
    };
    let table = |sheet: Sheet| {
        let place = format!("{file}[{}]", sheet.name);
        let expected = names(&sheet.name);
        grid::table(&place, sheet, &expected, issues)
    };
    sheets.into_iter().filter_map(table).collect()
}

/// What the first bytes say a workbook is: endings lie.
fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    if bytes.is_empty() {
        return Err("le fichier est vide".to_string());
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return xls(bytes);
    }
    if !bytes.starts_with(b"PK") {
        return Err("attendu: XLSX, XLSM, XLSB, XLS ou ODS".to_string());
    }
    archive::check(bytes)?;
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.told())?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("content.xml") {
        return ods(bytes);
    }
    if has("xl/workbook.bin") {
        return xlsb(bytes);
    }
    xlsx(bytes)
}

fn too_many() -> String {
    format!("le classeur a plus de {CELLS} cellules: donnez du CSV ou du Parquet")
}

/// The cells of a sheet that are not empty, from a reader that gives one after the other; `total` counts those of
/// the whole workbook.
fn collect(
    total: &mut usize,
    mut next: impl FnMut() -> Result<Option<((u32, u32), Raw)>, String>,
) -> Result<Vec<(u32, u32, Raw)>, String> {
    let mut cells = Vec::new();
    while let Some(((row, column), value)) = next()? {
        if value != Raw::Empty {
            cells.push((row, column, value));
            *total += 1;
        }
        if *total > CELLS {
            return Err(too_many());
        }
    }
    Ok(cells)
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|e| e.told())?;
    let days = DayNumbers { from_1904: book.has_1904_epoch() };
    let (mut sheets, mut total) = (Vec::new(), 0);
    for name in worksheets(&book) {
        let wrong = |e: calamine::XlsxError| format!("feuille « {name} »: {}", e.told());
        let mut reader = book.worksheet_cells_reader(&name).map_err(wrong)?;
        let cells = collect(&mut total, || {
            let Some(record) = reader.next_cell_with_formula_metadata().map_err(wrong)? else {
                return Ok(None);
            };
            let value = match (Data::from(record.value), record.formula) {
                // What a formula gives is kept beside it, unless a program wrote it.
                (Data::Empty, Some(_)) => Raw::Other("formule sans valeur".into()),
                (value, _) => cell(&value),
            };
            Ok(Some((record.pos, value)))
        })?;
        sheets.push(Sheet { name, cells, days });
    }
    Ok(sheets)
}

fn xlsb(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    let mut book = Xlsb::new(Cursor::new(bytes)).map_err(|e| e.told())?;
    let days = DayNumbers { from_1904: book.has_1904_epoch() };
    let (mut sheets, mut total) = (Vec::new(), 0);
    for name in worksheets(&book) {
        let wrong = |e: calamine::XlsbError| format!("feuille « {name} »: {}", e.told());
        let mut reader = book.worksheet_cells_reader(&name).map_err(wrong)?;
        let cells = collect(&mut total, || {
            let Some(found) = reader.next_cell().map_err(wrong)? else { return Ok(None) };
            Ok(Some((found.get_position(), cell(&Data::from(found.get_value().clone())))))
        })?;
        sheets.push(Sheet { name, cells, days });
    }
    Ok(sheets)
}

fn xls(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    extent::xls(bytes)?;
    let mut book = Xls::new(Cursor::new(bytes)).map_err(|e| e.told())?;
    let days = DayNumbers { from_1904: book.has_1904_epoch() };
    dense(&mut book, days)
}

fn ods(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    extent::ods(bytes)?;
    let mut book: Ods<_> = Ods::new(Cursor::new(bytes)).map_err(|e| e.told())?;
    dense(&mut book, DayNumbers { from_1904: false })
}

/// The sheets of a reader that knows full rectangles only.
fn dense<'b, B>(book: &mut B, days: DayNumbers) -> Result<Vec<Sheet>, String>
where
    B: Reader<Cursor<&'b [u8]>>,
    B::Error: Told,
{
    let mut sheets = Vec::new();
    for name in worksheets(book) {
        let wrong = |e: B::Error| format!("feuille « {name} »: {}", e.told());
        let values: Range<Data> = book.worksheet_range(&name).map_err(wrong)?;
        let formulas: Range<String> = book.worksheet_formula(&name).map_err(wrong)?;
        let (row, column) = values.start().unwrap_or((0, 0));
        let place = |r: usize, c: usize| {
            Some((row.checked_add(u32::try_from(r).ok()?)?, column.checked_add(u32::try_from(c).ok()?)?))
        };
        let mut cells: Vec<(u32, u32, Raw)> = Vec::new();
        for (r, c, value) in values.used_cells() {
            if let (Some((row, column)), value) = (place(r, c), cell(value))
                && value != Raw::Empty
            {
                cells.push((row, column, value));
            }
        }
        let (row, column) = formulas.start().unwrap_or((0, 0));
        let mut valueless = Vec::new();
        for (r, c, _) in formulas.used_cells() {
            let at = (
                row.saturating_add(u32::try_from(r).unwrap_or(0)),
                column.saturating_add(u32::try_from(c).unwrap_or(0)),
            );
            if values.get_value(at).is_none_or(|v| *v == Data::Empty) {
                valueless.push((at.0, at.1, Raw::Other("formule sans valeur".into())));
            }
        }
        cells.extend(valueless);
        sheets.push(Sheet { name, cells, days });
    }
    Ok(sheets)
}

/// The names of the sheets that hold cells: charts and macros do not.
fn worksheets<'b>(book: &impl Reader<Cursor<&'b [u8]>>) -> Vec<String> {
    let sheets = book.sheets_metadata().iter();
    sheets.filter(|s| s.typ == calamine::SheetType::WorkSheet).map(|s| s.name.clone()).collect()
}

fn cell(data: &Data) -> Raw {
    match data {
        Data::Empty => Raw::Empty,
        Data::String(text) | Data::DateTimeIso(text) => Raw::text(text),
        Data::Int(value) => Raw::Number(value.to_string().into()),
        Data::Float(value) => Raw::float(*value),
        Data::Bool(value) => Raw::Bool(*value),
        Data::DateTime(when) => moment(when),
        other => Raw::Other(other.to_string().into()),
    }
}

/// A day, a day with a time, or a time alone, which is no day of 1899.
fn moment(when: &ExcelDateTime) -> Raw {
    let value = when.as_f64();
    let (year, month, day, hour, minute, second, milli) = when.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if when.is_duration() || !value.is_finite() || value < 1.0 {
        return Raw::Other(if (0.0..1.0).contains(&value) { time } else { value.to_string() }.into());
    }
    let date = i16::try_from(year).ok().zip(i8::try_from(month).ok().zip(i8::try_from(day).ok()));
    match date.and_then(|(y, (m, d))| Date::new(y, m, d).ok()) {
        Some(date) if (hour, minute, second, milli) == (0, 0, 0, 0) => Raw::Date(date),
        Some(date) => Raw::Moment(date, format!("{date} {time}").into()),
        None => Raw::Other(value.to_string().into()),
    }
}
