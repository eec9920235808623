//! Results as CSV for a spreadsheet that is set to French: semicolons, decimal commas, days as 31/12/2017, `oui` and
//! `non`, and a mark of UTF-8 before it all. The same result gives the same bytes.

use super::output::{Output, WriteError};
use super::outside::Told;
use super::safe_text::to_csv_cell;
use logis_language::value::{Date, Exact, Rounding, Value, format_number, round};

/// By this a spreadsheet knows that the file is UTF-8.
pub(super) const MARK: &str = "\u{feff}";

/// Decimals of a number that has no finite ones; the cell says that it is rounded.
const ROUNDED: u32 = 6;

/// Semicolons, one line per row; an empty cell where nothing is known. Texts are as of [`to_csv_cell`].
///
/// # Errors
/// None that a result can cause: the writer's own.
pub fn to_csv_fr(result: &Output) -> Result<Vec<u8>, WriteError> {
    let wrong = |e: csv::Error| WriteError::Csv(e.told());
    let mut writer = form().from_writer(MARK.as_bytes().to_vec());
    writer.write_record(result.columns.iter().map(|c| to_csv_cell(&c.name).into_owned())).map_err(wrong)?;
    for row in 0..result.rows() {
        let cells = result.columns.iter().map(|c| c.cells.get(row).and_then(Option::as_ref));
        writer.write_record(cells.map(|value| value.map_or_else(String::new, cell))).map_err(wrong)?;
    }
    writer.into_inner().map_err(|e| WriteError::Csv(e.error().told()))
}

/// Semicolons, and lines that end as Windows ends them.
pub(super) fn form() -> csv::WriterBuilder {
    let mut form = csv::WriterBuilder::new();
    form.delimiter(b';').terminator(csv::Terminator::CRLF);
    form
}

/// What stands for yes and for no.
pub(super) fn truth(holds: bool) -> &'static str {
    if holds { "oui" } else { "non" }
}

/// `31/12/2017`.
pub(super) fn day(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Bool(holds) => truth(*holds).to_string(),
        Value::Number(number) => number_of(number),
        Value::Date(date) => day(*date),
        Value::Text(_) | Value::List(_) => to_csv_cell(&value.to_string()).into_owned(),
    }
}

/// `1234,5`. A fraction without finite decimals is rounded and says so: `1/3` would be a day to a spreadsheet.
fn number_of(number: &Exact) -> String {
    let text = format_number(number);
    match text.contains('/') {
        false => text.replace('.', ","),
        true => {
            let rounded = round(number, ROUNDED, Rounding::Nearest).unwrap_or(*number);
            format!("≈ {}", format_number(&rounded).replace('.', ","))
        }
    }
}
