//! Data packages: files of tables in, typed columns out, and results written.
mod table;
pub use table::{About, Cells, Column, Dataset, Members, NO_ROW, Table, column_of};
