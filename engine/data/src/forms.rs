//! The forms of files, by the ending of their names. What a build does not read is an error that names its feature.

use super::issue::Issue;
use super::package::InputFile;
use super::raw::RawTable;
use logis_language::pack::schema::Schema;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Parquet,
    Json,
    Workbook,
}

impl Form {
    /// Name without ending, and form, of a file; `None` if its ending is of no form.
    pub fn of(name: &str) -> (&str, Option<Form>) {
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
        let form = match end.to_ascii_lowercase().as_str() {
            "csv" | "txt" | "tsv" => Form::Csv,
            "parquet" | "pq" => Form::Parquet,
            "json" | "ndjson" | "jsonl" => Form::Json,
            "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Form::Workbook,
            _ => return (stem, None),
        };
        (stem, Some(form))
    }
}

/// The names by which columns are found, by the name of a table.
type Expected<'e> = &'e dyn Fn(&str) -> Vec<String>;

/// The table of a CSV file.
#[cfg(feature = "csv")]
pub(super) fn csv(
    name: &str,
    file: &InputFile,
    expected: &[String],
    issues: &mut Vec<Issue>,
) -> Option<RawTable> {
    super::csv_file::read(name, &file.name, &file.bytes, expected, issues)
}

#[cfg(not(feature = "csv"))]
pub(super) fn csv(_: &str, file: &InputFile, _: &[String], issues: &mut Vec<Issue>) -> Option<RawTable> {
    issues.push(super::unbuilt::unbuilt(&file.name, "la lecture du CSV", "csv"));
    None
}

/// The table of a Parquet file.
#[cfg(feature = "parquet")]
pub(super) fn parquet(name: &str, file: InputFile, issues: &mut Vec<Issue>) -> Option<RawTable> {
    super::parquet_file::read(name, &file.name, file.bytes, issues)
}

#[cfg(not(feature = "parquet"))]
pub(super) fn parquet(_: &str, file: InputFile, issues: &mut Vec<Issue>) -> Option<RawTable> {
    issues.push(super::unbuilt::unbuilt(&file.name, "la lecture du Parquet", "parquet"));
    None
}

/// The tables of a JSON file; `name` is the table that its name says it is.
#[cfg(feature = "json")]
pub(super) fn json(
    schema: &Schema,
    name: Option<&str>,
    file: &InputFile,
    issues: &mut Vec<Issue>,
) -> Vec<RawTable> {
    super::json_file::read(schema, &file.name, name, &file.bytes, issues)
}

#[cfg(not(feature = "json"))]
pub(super) fn json(_: &Schema, _: Option<&str>, file: &InputFile, issues: &mut Vec<Issue>) -> Vec<RawTable> {
    issues.push(super::unbuilt::unbuilt(&file.name, "la lecture du JSON", "json"));
    Vec::new()
}

/// The tables of a workbook.
#[cfg(feature = "xlsx")]
pub(super) fn workbook(file: &InputFile, expected: Expected<'_>, issues: &mut Vec<Issue>) -> Vec<RawTable> {
    super::book::read(&file.name, &file.bytes, expected, issues)
}

#[cfg(not(feature = "xlsx"))]
pub(super) fn workbook(file: &InputFile, _: Expected<'_>, issues: &mut Vec<Issue>) -> Vec<RawTable> {
    issues.push(super::unbuilt::unbuilt(&file.name, "la lecture des classeurs", "xlsx"));
    Vec::new()
}
