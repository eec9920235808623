//! What data is expected, as a workbook to fill: a sheet for each table, columns in the order of the request form, lists
//! of values to choose from, and the help of each column in the comment of its header.

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Note, Workbook,
    Worksheet,
};

use super::output::WriteError;
use super::template::{Documented, columns};
use super::write_book::workbook;
use logis_language::pack::schema::{Entity, FieldKind, Origin, Schema};

/// The last row to which lists of values hold: further than a package that is filled by hand goes.
const LAST: u32 = 9_999;

/// Characters that a list of values may have inside its cell's rule; longer ones stand in a sheet of their own.
const INLINE: usize = 250;

/// The sheet of long lists.
const LISTS: &str = "Listes";

struct Formats {
    header: Format,
    required: Format,
    text: Format,
    amount: Format,
    whole: Format,
    day: Format,
}

/// A workbook with an empty sheet per table, and one that documents every column.
///
/// # Errors
/// [`WriteError::Xlsx`] if a name does not fit into a sheet.
pub fn template_xlsx(schema: &Schema) -> Result<Vec<u8>, WriteError> {
    let mut book = workbook()?;
    let header = Format::new().set_bold().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Thin);
    let formats = Formats {
        required: header.clone().set_background_color(Color::RGB(0x00FF_E9C7)),
        header: header.set_background_color(Color::RGB(0x00E8_EDF4)),
        text: Format::new().set_num_format("@"),
        amount: Format::new().set_num_format("#,##0.00"),
        whole: Format::new().set_num_format("0"),
        day: Format::new().set_num_format_index(14),
    };
    let mut dictionary: Vec<[String; 8]> = Vec::new();
    let mut lists: Vec<Vec<String>> = Vec::new();
    for entity in &schema.entities {
        let Origin::Data { table } = &entity.origin else { continue };
        let sheet = book.add_worksheet();
        sheet.set_name(table)?;
        for (at, column) in (0_u16..).zip(in_order(columns(schema, entity))) {
            add_column(sheet, at, &column, kind_of(schema, entity, &column), &formats, &mut lists)?;
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
        sheet.set_freeze_panes(1, 1)?;
    }
    add_dictionary(&mut book, &dictionary, &formats)?;
    add_lists(&mut book, &lists)?;
    Ok(book.save_to_buffer()?)
}

/// What every row must have first, then what the form asks, each of its parts together, then the rest.
fn in_order(columns: Vec<Documented<'_>>) -> Vec<Documented<'_>> {
    let part = |column: &Documented<'_>| column.form.split(" ; ").next().unwrap_or("").to_string();
    let mut parts: Vec<String> = Vec::new();
    for column in columns.iter().filter(|column| !column.form.is_empty()) {
        let part = part(column);
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let place =
        |column: &Documented<'_>| match (column.required, parts.iter().position(|p| *p == part(column))) {
            (true, _) => 0,
            (false, Some(at)) => 1 + at,
            (false, None) => 1 + parts.len(),
        };
    let mut columns = columns;
    // Within a part, in the order of the schema.
    columns.sort_by_key(place);
    columns
}

/// What the cells of a column hold; nothing for identifiers.
fn kind_of<'s>(schema: &'s Schema, entity: &'s Entity, column: &Documented<'_>) -> Option<&'s FieldKind> {
    schema.field_of_column(entity, column.column).map(|field| &field.kind)
}

/// The header of a column with its help, the form of its cells, and what may be chosen.
fn add_column(
    sheet: &mut Worksheet,
    at: u16,
    column: &Documented<'_>,
    kind: Option<&FieldKind>,
    formats: &Formats,
    lists: &mut Vec<Vec<String>>,
) -> Result<(), WriteError> {
    let header = if column.required { &formats.required } else { &formats.header };
    sheet.write_with_format(0, at, column.column, header)?;
    sheet.insert_note(
        0,
        at,
        &Note::new(help(column)).add_author_prefix(false).set_width(320).set_height(160),
    )?;
    let width = column.column.chars().count().clamp(12, 40) + 2;
    sheet.set_column_width(at, u32::try_from(width).unwrap_or(18))?;
    match kind {
        // Codes and identifiers keep their leading zeros only as text.
        None | Some(FieldKind::Text | FieldKind::Codes) => {
            sheet.set_column_format(at, &formats.text)?;
        }
        Some(FieldKind::Date) => {
            sheet.set_column_format(at, &formats.day)?;
        }
        Some(FieldKind::Number { amount: true, .. }) => {
            sheet.set_column_format(at, &formats.amount)?;
        }
        Some(FieldKind::Number { decimals: 0, .. }) => {
            sheet.set_column_format(at, &formats.whole)?;
        }
        Some(FieldKind::Boolean) => choose(sheet, at, &["oui".to_string(), "non".to_string()], lists)?,
        Some(FieldKind::Enum(values)) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            choose(sheet, at, &values, lists)?;
        }
        Some(FieldKind::Number { .. }) => {}
    }
    Ok(())
}

/// Lets the cells of a column be chosen from a list; another value is warned of, not refused: synonyms are read, too.
fn choose(
    sheet: &mut Worksheet,
    at: u16,
    values: &[String],
    lists: &mut Vec<Vec<String>>,
) -> Result<(), WriteError> {
    let length: usize = values.iter().map(|value| value.chars().count() + 1).sum();
    let rule = match length <= INLINE && values.iter().all(|value| !value.contains([',', '"'])) {
        true => DataValidation::new().allow_list_strings(values)?,
        false => {
            let column = u16::try_from(lists.len()).unwrap_or(u16::MAX);
            let letters = rust_xlsxwriter::utility::column_number_to_name(column);
            lists.push(values.to_vec());
            let range = format!("={LISTS}!${letters}$1:${letters}${}", values.len());
            DataValidation::new().allow_list_formula(range.as_str().into())
        }
    };
    let rule = rule
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title("Valeur inattendue")?
        .set_error_message("Cette valeur n'est pas dans la liste de la colonne.")?;
    sheet.add_data_validation(1, at, LAST, at, &rule)?;
    Ok(())
}

/// What the comment of a header says.
fn help(column: &Documented<'_>) -> String {
    let mut lines = vec![column.label.clone(), format!("Type : {}", column.kind)];
    for (name, text) in
        [("Unité", column.unit), ("Valeurs", column.values.as_str()), ("Formulaire", column.form)]
    {
        if !text.is_empty() {
            lines.push(format!("{name} : {text}"));
        }
    }
    lines.push(if column.required { "Obligatoire." } else { "Vide si ce n'est pas connu." }.to_string());
    lines.join("\n")
}

fn add_dictionary(book: &mut Workbook, rows: &[[String; 8]], formats: &Formats) -> Result<(), WriteError> {
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let sheet = book.add_worksheet();
    sheet.set_name("Dictionnaire")?;
    let headers = [
        ("table", 18),
        ("colonne", 26),
        ("libellé", 60),
        ("type", 22),
        ("unité", 14),
        ("valeurs", 50),
        ("obligatoire", 12),
        ("formulaire", 30),
    ];
    for (at, (header, width)) in (0_u16..).zip(headers) {
        sheet.write_with_format(0, at, header, &formats.header)?;
        sheet.set_column_width(at, width)?;
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (at, cell) in (0_u16..).zip(cells) {
            sheet.write_string_with_format(row, at, cell, &wrapped)?;
        }
    }
    sheet.set_freeze_panes(1, 2)?;
    if let Ok(last @ 1..) = u32::try_from(rows.len()) {
        sheet.autofilter(0, 0, last, 7)?;
    }
    Ok(())
}

/// The lists that are too long to stand in their cells' rule.
fn add_lists(book: &mut Workbook, lists: &[Vec<String>]) -> Result<(), WriteError> {
    if lists.is_empty() {
        return Ok(());
    }
    let sheet = book.add_worksheet();
    sheet.set_name(LISTS)?;
    for (at, values) in (0_u16..).zip(lists) {
        for (row, value) in (0_u32..).zip(values) {
            sheet.write_string(row, at, value)?;
        }
    }
    sheet.set_hidden(true);
    Ok(())
}
