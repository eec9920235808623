//! Data packages: files of tables in, typed columns out, and results written.
//!
//! A package is a folder of CSV, Parquet or JSON files, or a workbook; or tables in memory ([`read_values`],
//! [`read_texts`], and with the feature `arrow` [`read_batches`]). Everything here works on bytes: opening and saving
//! files is the caller's.
//!
//! # Features
//! None is on by default. `csv`, `json`, `xlsx` (all workbooks, of Excel and LibreOffice) and `parquet` read and write
//! files of that form; a file of another form is an error that names its feature. `arrow` takes tables as batches of
//! Arrow and is part of `parquet`; `nested` takes apart those whose rows hold the rows that belong to them. The tables of packs are read without any of them.

#[cfg(feature = "parquet")]
mod ahead;
#[cfg(feature = "arrow")]
mod arrow_cell;
#[cfg(feature = "arrow")]
mod arrow_column;
#[cfg(feature = "arrow")]
mod arrow_table;
#[cfg(feature = "xlsx")]
mod book;
mod buffers;
mod cells;
mod codes;
mod copies;
#[cfg(all(feature = "csv", feature = "parquet"))]
mod csv_batches;
#[cfg(all(feature = "csv", feature = "parquet"))]
mod csv_cells;
mod csv_file;
#[cfg(all(feature = "csv", feature = "parquet"))]
mod csv_marks;
mod csv_rows;
#[cfg(feature = "parquet")]
mod cursor;
mod day_cells;
mod day_numbers;
#[cfg(feature = "csv")]
mod decode;
#[cfg(not(feature = "csv"))]
mod decode_utf8;
mod dictionary;
#[cfg(feature = "arrow")]
mod digits;
mod draft;
mod files;
mod forms;
#[cfg(feature = "csv")]
mod french_csv;
mod hash;
mod ids;
mod issue;
pub mod issue_code;
#[cfg(feature = "json")]
mod json_file;
mod leave_out;
mod lines;
mod link;
mod lists;
mod looked;
mod mapping;
mod mapping_draft;
mod named_rows;
mod names;
#[cfg(feature = "nested")]
mod nested;
#[cfg(any(feature = "xlsx", feature = "parquet"))]
mod net;
mod numbers;
mod output;
#[cfg(any(feature = "csv", feature = "xlsx", feature = "parquet"))]
mod outside;
#[cfg(feature = "arrow")]
mod pack_tables;
mod package;
#[cfg(feature = "parquet")]
mod parquet_choice;
#[cfg(feature = "parquet")]
mod parquet_file;
#[cfg(feature = "parquet")]
mod parquet_pages;
mod plain;
mod raw;
mod read;
#[cfg(feature = "arrow")]
mod read_batches;
mod read_values;
#[cfg(feature = "xlsx")]
mod reading_book;
mod record;
mod safe_text;
mod share;
mod short_codes;
#[cfg(feature = "parquet")]
mod stream;
mod summary;
mod table;
mod template;
#[cfg(feature = "xlsx")]
mod template_book;
#[cfg(feature = "json")]
mod template_schema;
mod text_rows;
mod text_table;
mod texts;
mod titles;
#[cfg(not(all(feature = "csv", feature = "xlsx", feature = "parquet", feature = "json")))]
mod unbuilt;
#[cfg(all(feature = "arrow", any(feature = "csv", feature = "parquet")))]
mod write_batches;
#[cfg(feature = "xlsx")]
mod write_book;
#[cfg(feature = "csv")]
mod write_csv;
#[cfg(feature = "json")]
mod write_json;
#[cfg(feature = "parquet")]
mod write_parquet;

#[cfg(feature = "parquet")]
pub use ahead::StreamedFile;
/// Columns under one schema, as Arrow has them: what parts of a package and results are.
#[cfg(feature = "arrow")]
pub use arrow_array::RecordBatch;
pub use buffers::{Bits, Shared};
#[cfg(feature = "arrow")]
pub use digits::decimal_digits;
pub use files::STANDARD_INPUT;
#[cfg(feature = "csv")]
pub use french_csv::to_csv_fr;
pub use ids::Ids;
pub use issue::Issue;
pub use issue_code::Code;
pub use lines::Lines;
pub use logis_language::plan::Needs;
pub use mapping::MAPPING_FILE;
pub use mapping_draft::draft_mapping;
#[cfg(feature = "nested")]
pub use nested::{joined, unnest};
pub use output::{Output, OutputColumn, PLAIN, Reading, WriteError};
#[cfg(feature = "arrow")]
pub use pack_tables::PackTables;
#[cfg(feature = "parquet")]
pub use package::NotInOrder;
pub use package::sort as sort_issues;
pub use package::{Absent, InputFile, ReadOutcome};
pub use plain::{EntityRegisters, LEFT, NotPlain, Plain, PlainRows, PlainTable, Registers};
pub use read::{about, read, read_for};
#[cfg(feature = "arrow")]
pub use read_batches::read_batches;
pub use read_values::{ValueTable, read_values};
#[cfg(feature = "xlsx")]
pub use reading_book::{to_reading_workbook, to_result_workbook};
pub use record::Records;
pub use safe_text::{from_csv_cell, to_csv_cell, visible, visible_cell};
pub use share::{NoShare, Share};
#[cfg(feature = "parquet")]
pub use stream::Stream;
pub use summary::{Kind, by_kind, rejects};
pub use table::{About, Cells, Column, Dataset, Links, Members, NO_ROW, Table, column_of};
pub use template::template_csv;
#[cfg(feature = "xlsx")]
pub use template_book::template_xlsx;
#[cfg(feature = "json")]
pub use template_schema::json_schema;
pub use text_rows::{ReadTexts, TextRows, from_text_rows, to_text_rows};
pub use text_table::{TextTable, codes_of_tables, read_texts, text_tables};
pub use text_table::{date_of, number_of};
#[cfg(all(feature = "arrow", any(feature = "csv", feature = "parquet")))]
pub use write_batches::BatchWriter;
#[cfg(feature = "xlsx")]
pub use write_book::to_xlsx;
#[cfg(feature = "csv")]
pub use write_csv::{to_csv, to_csv_rows};
#[cfg(feature = "json")]
pub use write_json::{to_json, to_ndjson};
#[cfg(feature = "parquet")]
pub use write_parquet::{batch_to_parquet, to_batch, to_parquet};

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");
