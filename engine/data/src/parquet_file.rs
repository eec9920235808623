//! Parquet files, through Arrow.

use arrow_array::{RecordBatch, RecordBatchReader};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;

use super::arrow_table::table;
use super::issue::Issue;
use super::issue_code::Code;
use super::net::caught;
use super::outside::Told;
use super::parquet_pages;
use super::raw::RawTable;

/// The most rows that are read at once.
const ROWS: i64 = 100_000_000;

/// The most rows that a byte of a file can stand for: identifiers differ.
const ROWS_PER_BYTE: i64 = 1000;

/// Reads a Parquet file; rows are numbered from 1.
pub(super) fn read(name: &str, file: &str, bytes: Vec<u8>, issues: &mut Vec<Issue>) -> Option<RawTable> {
    let batch = match caught(|| whole(bytes)) {
        Ok(Ok(batch)) => batch,
        Ok(Err(said)) => {
            issues.push(Issue::error(Code::Unreadable, file, said));
            return None;
        }
        Err(said) => {
            issues.push(Issue::error(Code::Unreadable, file, said));
            return None;
        }
    };
    if batch.num_rows() == 0 {
        issues.push(Issue::error(Code::EmptyFile, file, "le fichier est vide"));
        return None;
    }
    Some(table(name, file, &batch, 0, issues))
}

fn whole(bytes: Vec<u8>) -> Result<RecordBatch, String> {
    let (builder, rows) = open(bytes::Bytes::from(bytes))?;
    if rows > ROWS {
        return Err(format!("le fichier annonce {rows} lignes ; au plus {ROWS} à la fois"));
    }
    let reader =
        builder.build().map_err(|e| format!("ce n'est pas un fichier Parquet lisible: {}", e.told()))?;
    let schema = reader.schema();
    let batches: Result<Vec<RecordBatch>, _> = reader.collect();
    let batches =
        batches.map_err(|e| format!("le fichier Parquet ne se lit pas jusqu'au bout: {}", e.told()))?;
    let batch = arrow_select::concat::concat_batches(&schema, &batches)
        .map_err(|e| format!("le fichier Parquet ne se lit pas: {}", e.told()))?;
    // No more and no fewer than the file says.
    if usize::try_from(rows) != Ok(batch.num_rows()) {
        let found = batch.num_rows();
        return Err(format!("le fichier Parquet annonce {rows} lignes et en a {found}: il est endommagé"));
    }
    Ok(batch)
}

/// Opens a file once what it says of itself is looked at; gives its rows.
pub(super) fn open<R: ChunkReader + 'static>(
    file: R,
) -> Result<(ParquetRecordBatchReaderBuilder<R>, i64), String> {
    let (about, rows) = about(&file)?;
    parquet_pages::check(&file, about.metadata(), |_| true, |_| true)?;
    Ok((ParquetRecordBatchReaderBuilder::new_with_metadata(file, about), rows))
}

/// What a file says of itself, once that is looked at, its pages left out; and its rows.
pub(super) fn about<R: ChunkReader>(file: &R) -> Result<(ArrowReaderMetadata, i64), String> {
    let wrong =
        |e: parquet::errors::ParquetError| format!("ce n'est pas un fichier Parquet lisible: {}", e.told());
    let about = ArrowReaderMetadata::load(file, ArrowReaderOptions::new()).map_err(wrong)?;
    let rows = plausible(about.metadata(), file.len())?;
    Ok((about, rows))
}

/// Is what a file says of itself possible in so many bytes? Gives its rows.
fn plausible(about: &ParquetMetaData, size: u64) -> Result<i64, String> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let rows = about.file_metadata().num_rows();
    if !(0..=size.saturating_mul(ROWS_PER_BYTE)).contains(&rows) {
        return Err(format!("le fichier annonce {rows} lignes en {size} octets: il est endommagé"));
    }
    let mut sum = 0_i64;
    for (number, group) in (1..).zip(about.row_groups()) {
        let broken = |what: &str| format!("le fichier est endommagé: {what} (groupe de lignes {number})");
        sum = sum.checked_add(group.num_rows()).ok_or_else(|| broken("trop de lignes"))?;
        if group.num_columns() == 0 || group.num_rows() < 0 {
            return Err(broken("pas de colonnes, ou moins de zéro ligne"));
        }
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            let inside = start >= 0
                && column.data_page_offset() >= 0
                && column.compressed_size() >= 0
                && column.uncompressed_size() >= 0
                && end.is_some_and(|end| end <= size);
            if !inside {
                return Err(broken(&format!(
                    "la colonne « {} » est hors du fichier",
                    column.column_path().string()
                )));
            }
        }
    }
    if sum != rows {
        return Err(format!("le fichier annonce {rows} lignes, ses groupes {sum}: il est endommagé"));
    }
    Ok(rows)
}
