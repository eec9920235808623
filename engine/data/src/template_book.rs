//! What data is expected, as a workbook to fill.

use rust_xlsxwriter::Format;

use super::output::WriteError;
use super::template::columns;
use super::write_book::workbook;
use logis_language::pack::schema::{Origin, Schema};

/// A workbook with an empty sheet per table, and one that documents every column.
///
/// # Errors
/// [`WriteError::Xlsx`] if a name does not fit into a sheet.
pub fn template_xlsx(schema: &Schema) -> Result<Vec<u8>, WriteError> {
    let mut book = workbook()?;
    let bold = Format::new().set_bold();
    let mut dictionary: Vec<[String; 8]> = Vec::new();
    for entity in &schema.entities {
        let Origin::Data { table } = &entity.origin else { continue };
        let sheet = book.add_worksheet();
        sheet.set_name(table)?;
        for (at, column) in (0_u16..).zip(columns(schema, entity)) {
            sheet.write_with_format(0, at, column.column, &bold)?;
            // Codes and identifiers keep their leading zeros only as text.
            if matches!(column.kind.as_str(), "identifiant" | "texte" | "codes séparés par des espaces") {
                sheet.set_column_format(at, &Format::new().set_num_format("@"))?;
            }
            sheet.set_column_width(at, 18)?;
            let required = if column.required { "oui" } else { "non" };
            let row = [
                table,
                column.column,
                &column.label,
                &column.kind,
                column.unit,
                &column.values,
                required,
                column.form,
            ];
            dictionary.push(row.map(str::to_string));
        }
    }
    let sheet = book.add_worksheet();
    sheet.set_name("Dictionnaire")?;
    let headers = ["table", "colonne", "libellé", "type", "unité", "valeurs", "obligatoire", "formulaire"];
    for (at, header) in (0_u16..).zip(headers) {
        sheet.write_with_format(0, at, header, &bold)?;
        sheet.set_column_width(at, 24)?;
    }
    for (row, cells) in (1_u32..).zip(&dictionary) {
        for (at, cell) in (0_u16..).zip(cells) {
            sheet.write_string(row, at, cell)?;
        }
    }
    Ok(book.save_to_buffer()?)
}
