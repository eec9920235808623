//! Results as CSV. The same result gives the same bytes.

use super::output::{Output, WriteError};
use super::outside::Told;
use super::safe_text::to_csv_cell;
use logis_language::value::Value;

/// UTF-8, commas, one line per row; an unknown is an empty cell. Texts are as of [`to_csv_cell`]; numbers,
/// dates and booleans are nothing that a spreadsheet would compute.
pub fn to_csv(result: &Output) -> Result<Vec<u8>, WriteError> {
    written(result, true)
}

/// The same without the line of the headers: what follows on a part that has it.
pub fn to_csv_rows(result: &Output) -> Result<Vec<u8>, WriteError> {
    written(result, false)
}

fn written(result: &Output, headers: bool) -> Result<Vec<u8>, WriteError> {
    let wrong = |e: csv::Error| WriteError::Csv(e.told());
    let mut writer = csv::Writer::from_writer(Vec::new());
    if headers {
        let header = result.columns.iter().map(|c| to_csv_cell(&c.name).into_owned());
        writer.write_record(header).map_err(wrong)?;
    }
    let cell = |value: &Value| match value {
        Value::Text(_) | Value::List(_) => to_csv_cell(&value.to_string()).into_owned(),
        other => other.to_string(),
    };
    for row in 0..result.rows() {
        let cells = result
            .columns
            .iter()
            .map(|c| c.cells.get(row).and_then(Option::as_ref).map_or_else(String::new, cell));
        writer.write_record(cells).map_err(wrong)?;
    }
    writer.into_inner().map_err(|e| WriteError::Csv(e.error().told()))
}
