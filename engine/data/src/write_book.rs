//! Results as workbooks. The same result gives the same bytes.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::output::{Output, WriteError};
use super::outside::Told;
use logis_language::value::{Value, format_number};

impl From<XlsxError> for WriteError {
    fn from(error: XlsxError) -> WriteError {
        WriteError::Xlsx(error.told())
    }
}

/// A workbook with one sheet.
pub fn to_xlsx(result: &Output) -> Result<Vec<u8>, WriteError> {
    to_workbook(std::slice::from_ref(result))
}

/// A workbook with a sheet for each result, in their order.
pub(crate) fn to_workbook(results: &[Output]) -> Result<Vec<u8>, WriteError> {
    let mut book = workbook()?;
    for result in results {
        add_sheet(&mut book, result)?;
    }
    Ok(book.save_to_buffer()?)
}

fn add_sheet(book: &mut Workbook, result: &Output) -> Result<(), WriteError> {
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    sheet.set_name(if result.name.is_empty() { "resultat" } else { &result.name })?;
    for (at, column) in (0_u16..).zip(&result.columns) {
        sheet.write_with_format(0, at, column.name.as_str(), &bold)?;
        for (row, cell) in (1_u32..).zip(&column.cells) {
            match cell {
                None => {}
                Some(Value::Bool(b)) => {
                    sheet.write_boolean(row, at, *b)?;
                }
                Some(Value::Number(n)) => match format_number(n).parse::<f64>() {
                    Ok(number) => {
                        sheet.write_number(row, at, number)?;
                    }
                    Err(_) => {
                        sheet.write_string(row, at, format_number(n))?;
                    }
                },
                Some(Value::Date(d)) => {
                    let (y, m, d) =
                        (d.year().unsigned_abs(), d.month().unsigned_abs(), d.day().unsigned_abs());
                    sheet.write_datetime_with_format(row, at, ExcelDateTime::from_ymd(y, m, d)?, &day)?;
                }
                Some(other) => {
                    sheet.write_string(row, at, other.to_string())?;
                }
            }
        }
    }
    Ok(())
}

/// An empty workbook that does not tell when it was made.
pub(super) fn workbook() -> Result<Workbook, WriteError> {
    let mut book = Workbook::new();
    let when = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&when));
    Ok(book)
}
