//! A workbook for people to read: a first sheet that says what it is, then one for each table, with widths,
//! formats of numbers, headers that stay, and filters.

use rust_xlsxwriter::{Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Url, Workbook, Worksheet};

use super::output::{Reading, WriteError};
use super::write_book::workbook;
use logis_language::value::{Value, format_number};

/// The widest that a column is, in characters.
const WIDEST: usize = 60;

struct Formats {
    header: Format,
    text: Format,
    title: Format,
    link: Format,
}

/// A workbook with a first sheet of lines (`about`: the first is the title) and a sheet for each table.
///
/// # Errors
/// A name that a workbook does not allow.
pub fn to_reading_workbook(about: &[String], tables: &[Reading]) -> Result<Vec<u8>, WriteError> {
    book_of(about, tables, true)
}

/// A workbook with a sheet for each table, and a last one of lines (`about`: the first is the title): what stands first
/// is the result, for programs too.
///
/// # Errors
/// A name that a workbook does not allow.
pub fn to_result_workbook(tables: &[Reading], about: &[String]) -> Result<Vec<u8>, WriteError> {
    book_of(about, tables, false)
}

fn book_of(about: &[String], tables: &[Reading], first: bool) -> Result<Vec<u8>, WriteError> {
    let mut book = workbook()?;
    let formats = Formats {
        header: Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_background_color(Color::RGB(0x00E8_EDF4))
            .set_border_bottom(FormatBorder::Thin),
        text: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        title: Format::new().set_bold().set_font_size(15),
        link: Format::new().set_font_color(Color::RGB(0x001F_5FA8)).set_align(FormatAlign::Top),
    };
    if first {
        contents(&mut book, about, tables, &formats)?;
    }
    for table in tables {
        sheet(book.add_worksheet(), table, &formats)?;
    }
    if !first {
        contents(&mut book, about, tables, &formats)?;
    }
    Ok(book.save_to_buffer()?)
}

fn contents(
    book: &mut Workbook,
    about: &[String],
    tables: &[Reading],
    formats: &Formats,
) -> Result<(), WriteError> {
    let sheet = book.add_worksheet();
    sheet.set_name("Lisez-moi")?;
    sheet.set_column_width(0, 26)?;
    sheet.set_column_width(1, 44)?;
    sheet.set_column_width(2, 90)?;
    let mut row = 0;
    for (at, line) in about.iter().enumerate() {
        let format = if at == 0 { &formats.title } else { &formats.text };
        match at {
            0 => sheet.write_with_format(row, 0, line, format).map(|_| ())?,
            _ => sheet.merge_range(row, 0, row, 2, line, format).map(|_| ())?,
        }
        // A merged cell does not grow with its text.
        let lines = line.chars().count().div_ceil(150).max(1);
        if at > 0 && lines > 1 {
            sheet.set_row_height(row, 15.0 * lines as f64)?;
        }
        row += 1;
    }
    row += 1;
    for (at, name) in (0_u16..).zip(["Feuille", "Contenu", "Calcul et source"]) {
        sheet.write_with_format(row, at, name, &formats.header)?;
    }
    for table in tables {
        row += 1;
        let place = Url::new(format!("internal:'{}'!A1", table.name)).set_text(&table.name);
        sheet.write_url_with_format(row, 0, place, &formats.link)?;
        sheet.write_with_format(row, 1, &table.title, &formats.text)?;
        sheet.write_with_format(row, 2, &table.note, &formats.text)?;
    }
    Ok(())
}

/// `# ##0,0`, as the reader's own settings write it.
fn pattern(decimals: u32, signed: bool) -> String {
    let mut plain = "#,##0".to_string();
    if decimals > 0 {
        plain.push('.');
        plain.extend((0..decimals).map(|_| '0'));
    }
    if signed { format!("+{plain};-{plain};{plain}") } else { plain }
}

fn sheet(sheet: &mut Worksheet, table: &Reading, formats: &Formats) -> Result<(), WriteError> {
    sheet.set_name(&table.name)?;
    // A day as the reader's own settings write it.
    let day = Format::new().set_num_format_index(14).set_align(FormatAlign::Top);
    // What is written at once takes a format each: few, made once.
    let numbers: Vec<[Format; 2]> = (0..=6)
        .map(|decimals| {
            [false, true].map(|signed| {
                Format::new().set_num_format(pattern(decimals, signed)).set_align(FormatAlign::Top)
            })
        })
        .collect();
    for (at, name) in (0_u16..).zip(&table.header) {
        sheet.write_with_format(0, at, name, &formats.header)?;
        let texts = table.rows.iter().filter_map(|r| match r.get(usize::from(at))? {
            (Some(Value::Text(text)), _) => Some(text.chars().count()),
            (Some(_), _) => Some(10),
            (None, _) => None,
        });
        // A header may take three lines.
        let words = name.split_whitespace().map(|w| w.chars().count()).max().unwrap_or(0);
        let header = words.max(name.chars().count().div_ceil(3));
        let width = texts.max().unwrap_or(0).max(header).clamp(9, WIDEST) + 2;
        sheet.set_column_width(at, u32::try_from(width).unwrap_or(20))?;
    }
    for (row, cells) in (1_u32..).zip(&table.rows) {
        for (at, (value, decimals)) in (0_u16..).zip(cells) {
            let signed = table.signed.get(usize::from(at)) == Some(&true);
            match value {
                None => {}
                Some(Value::Number(n)) => {
                    let text = format_number(n);
                    let format = numbers.get(*decimals as usize);
                    match (text.parse::<f64>(), format) {
                        (Ok(number), Some([plain, sign])) => {
                            let format = if signed { sign } else { plain };
                            sheet.write_number_with_format(row, at, number, format)?;
                        }
                        (Ok(number), None) => {
                            sheet.write_number(row, at, number)?;
                        }
                        (Err(_), _) => {
                            sheet.write_string(row, at, text)?;
                        }
                    }
                }
                Some(Value::Bool(b)) => {
                    sheet.write_boolean(row, at, *b)?;
                }
                Some(Value::Date(d)) => {
                    let (y, m, d) =
                        (d.year().unsigned_abs(), d.month().unsigned_abs(), d.day().unsigned_abs());
                    sheet.write_datetime_with_format(row, at, ExcelDateTime::from_ymd(y, m, d)?, &day)?;
                }
                Some(other) => {
                    sheet.write_string_with_format(row, at, other.to_string(), &formats.text)?;
                }
            }
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    let (rows, columns) = (u32::try_from(table.rows.len()), u16::try_from(table.header.len()));
    if let (Ok(rows @ 1..), Ok(columns @ 1..)) = (rows, columns) {
        sheet.autofilter(0, 0, rows, columns - 1)?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    Ok(())
}
