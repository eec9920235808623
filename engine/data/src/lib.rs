//! Data packages: files of tables in, typed columns out, and results written.
//!
//! A package is a folder of CSV or Parquet files, or a workbook. Everything here works on bytes:
//! opening and saving files is the caller's.

mod arrow_column;
mod book;
mod cells;
mod codes;
mod csv_file;
mod csv_rows;
mod day_cells;
mod decode;
mod draft;
mod files;
mod issue;
pub mod issue_code;
mod json_file;
mod leave_out;
mod link;
mod lists;
mod mapping;
mod mapping_draft;
mod names;
mod net;
mod numbers;
mod outside;
mod parquet_file;
mod parquet_pages;
mod raw;
mod read;
mod reading_book;
mod record;
mod safe_text;
mod stream;
mod summary;
mod table;
mod template;
mod text_rows;
mod text_table;
mod titles;
mod write;

/// Columns under one schema, as Arrow has them: what parts of a package and results are.
pub use arrow_array::RecordBatch;
pub use files::STANDARD_INPUT;
pub use issue::Issue;
pub use issue_code::Code;
pub use logis_language::plan::Needs;
pub use mapping::MAPPING_FILE;
pub use mapping_draft::draft_mapping;
pub use read::sort as sort_issues;
pub use read::{Absent, InputFile, ReadOutcome, about, read, read_batches};
pub use reading_book::{Reading, to_reading_workbook};
pub use record::Records;
pub use safe_text::{from_csv_cell, to_csv_cell, visible, visible_cell};
pub use stream::{NotInOrder, Stream, StreamedFile};
pub use summary::{Kind, by_kind, rejects};
pub use table::{About, Cells, Column, Dataset, Links, Members, NO_ROW, Table, column_of};
pub use template::{json_schema, template_csv, template_xlsx};
pub use text_rows::{ReadTexts, TextRows, from_text_rows, to_text_rows};
pub use text_table::{TextTable, read_texts, text_tables};
pub use text_table::{date_of, number_of};
pub use write::{
    BatchWriter, Output, OutputColumn, WriteError, batch_to_parquet, to_csv, to_json, to_ndjson, to_parquet,
    to_xlsx,
};

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");
