//! Which columns of a Parquet file are read part by part: those that are asked for. Of some of the others the file itself says
//! that there is nothing to say: their type is that of the field, and the statistics of their row groups lie within
//! its bounds. The rest is unchecked, which whoever reads is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field as ArrowField, Fields, Schema as ArrowSchema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Encoding;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::arrow_column::DAYS;
use super::names;
use logis_language::pack::schema::{BelongsTo, EntityId, Field, FieldId, FieldKind, Origin, Schema};
use logis_language::plan::Needs;
use logis_language::value::{Exact, mul, power_of_ten};

/// The columns of a file that are read.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Every header of the file, and whether its column is read.
    pub headers: Vec<(String, bool)>,
    /// The headers of columns that are not read though a cell of them could be wrong.
    pub unchecked: Vec<String>,
    /// What the file says of itself; texts that it holds as numbers into a dictionary are read as such.
    pub about: ArrowReaderMetadata,
}

impl Choice {
    /// All columns, as the file has them.
    pub fn all(about: &ArrowReaderMetadata) -> Choice {
        let fields = about.schema().fields();
        let headers = fields.iter().map(|f| (f.name().clone(), true)).collect();
        Choice { headers, unchecked: Vec::new(), about: about.clone() }
    }

    /// The columns of a table of the schema: see [`self`]. With `only`, those of other fields are left out, and so are
    /// those of relations that are not needed; the column `key` is read in any case.
    pub fn of(
        schema: &Schema,
        id: EntityId,
        only: Option<&BTreeSet<FieldId>>,
        needs: &Needs,
        key: &str,
        about: &ArrowReaderMetadata,
    ) -> Choice {
        let mut choice = Choice::all(about);
        let fields = about.schema().fields();
        let flat = about.parquet_schema().num_columns() == fields.len();
        let Some(entity) = schema.entities.get(id).filter(|_| flat) else { return choice };
        let headers: Vec<String> = fields.iter().map(|f| f.name().clone()).collect();
        let places = names::places(schema, entity, &headers).at;
        if let Some(only) = only {
            let mut read: BTreeSet<usize> = places.get(entity.key.as_str()).copied().into_iter().collect();
            // What a file does not say of a column that nothing asks for.
            let mut open: BTreeSet<usize> = BTreeSet::new();
            for (number, relation) in entity.belongs_to.iter().enumerate() {
                let Some(&at) = places.get(relation.column.as_str()) else { continue };
                let asked = relation.column == key || needs.of_relation(id, number, relation);
                if asked { &mut read } else { &mut open }.insert(at);
            }
            for (field, declared) in entity.fields.iter().filter_map(|f| Some((*f, schema.fields.get(*f)?))) {
                let Some(&at) = places.get(declared.column.as_str()) else { continue };
                let Some(column) = fields.get(at) else { continue };
                let chunks = about.metadata().row_groups().iter().map(|group| group.columns().get(at));
                if only.contains(&field) {
                    read.insert(at);
                } else if !faultless(declared, column, chunks) {
                    open.insert(at);
                }
            }
            for (at, (header, wanted)) in choice.headers.iter_mut().enumerate() {
                *wanted = read.contains(&at);
                if !*wanted && open.contains(&at) {
                    choice.unchecked.push(header.clone());
                }
            }
        }
        // Identifiers differ: a dictionary of them has about as many texts as rows.
        let of_data = |relation: &&BelongsTo| {
            matches!(schema.entities.get(relation.target).map(|e| &e.origin), Some(Origin::Data { .. }))
        };
        let ids =
            entity.belongs_to.iter().filter(of_data).map(|r| r.column.as_str()).chain([entity.key.as_str()]);
        let ids: BTreeSet<usize> = ids.filter_map(|column| places.get(column).copied()).collect();
        let hinted = fields.iter().enumerate().map(|(at, field)| {
            let text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8);
            let mut chunks = about.metadata().row_groups().iter().map(|group| group.columns().get(at));
            match text && !ids.contains(&at) && chunks.all(|chunk| chunk.is_some_and(all_by_dictionary)) {
                true => {
                    let (key, value) = (Box::new(DataType::Int32), Box::new(field.data_type().clone()));
                    Arc::new(field.as_ref().clone().with_data_type(DataType::Dictionary(key, value)))
                }
                false => Arc::clone(field),
            }
        });
        let hinted =
            ArrowSchema::new_with_metadata(hinted.collect::<Fields>(), about.schema().metadata().clone());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(hinted));
        if let Ok(hinted) = ArrowReaderMetadata::try_new(Arc::clone(about.metadata()), options) {
            choice.about = hinted;
        }
        choice
    }

    /// Which columns are read.
    pub fn wanted(&self) -> Vec<bool> {
        self.headers.iter().map(|(_, wanted)| *wanted).collect()
    }

    /// The columns that are read, as the reader is told.
    pub fn mask(&self) -> ProjectionMask {
        let read = self.headers.iter().enumerate().filter(|(_, (_, wanted))| *wanted).map(|(at, _)| at);
        ProjectionMask::roots(self.about.parquet_schema(), read)
    }
}

/// Is every cell of a chunk a number into its dictionary?
fn all_by_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    chunk.dictionary_page_offset().is_some()
        && chunk.page_encoding_stats_mask().is_some_and(|mask| {
            mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(Encoding::PLAIN_DICTIONARY)
        })
}

/// Does the file say that no cell of a column could be wrong as one of the field?
fn faultless<'c>(
    field: &Field,
    column: &ArrowField,
    chunks: impl Iterator<Item = Option<&'c ColumnChunkMetaData>>,
) -> bool {
    let bounds: Option<(i128, i128)> = match (&field.kind, column.data_type()) {
        (FieldKind::Boolean, DataType::Boolean) => None,
        (FieldKind::Text, DataType::Utf8 | DataType::LargeUtf8) if field.of.is_none() && !field.required => {
            None
        }
        (FieldKind::Date, DataType::Date32) => Some((i128::from(*DAYS.start()), i128::from(*DAYS.end()))),
        (FieldKind::Number { decimals, .. }, kind) => {
            let scale = match kind {
                DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => 0,
                DataType::Decimal128(_, scale) => match u32::try_from(*scale) {
                    Ok(scale) => scale,
                    Err(_) => return false,
                },
                _ => return false,
            };
            match stored_bounds(field, *decimals, scale) {
                Some(bounds) => Some(bounds),
                None => return false,
            }
        }
        _ => return false,
    };
    chunks.into_iter().all(|chunk| {
        let Some(chunk) = chunk else { return false };
        let nulls = chunk.statistics().and_then(Statistics::null_count_opt);
        if field.required && nulls != Some(0) {
            return false;
        }
        let Some((low, high)) = bounds else { return true };
        let empty = nulls.is_some() && nulls == u64::try_from(chunk.num_values()).ok();
        empty || extremes(chunk).is_some_and(|(least, most)| low <= least && most <= high)
    })
}

/// The numbers that a field takes, as counts of ten to the power of minus `scale`.
fn stored_bounds(field: &Field, decimals: u32, scale: u32) -> Option<(i128, i128)> {
    let times = power_of_ten(decimals.checked_sub(scale)?)?;
    let (mut low, mut high) = (i128::from(i64::MIN) / times, i128::from(i64::MAX) / times);
    if let Some((least, most)) = &field.range {
        let unit = Exact::from_integer(power_of_ten(scale)?);
        low = low.max(mul(least, &unit).ok()?.ceil().to_integer());
        high = high.min(mul(most, &unit).ok()?.floor().to_integer());
    }
    Some((low, high))
}

/// The least and the largest value of a chunk, as its statistics have them.
fn extremes(chunk: &ColumnChunkMetaData) -> Option<(i128, i128)> {
    let statistics = chunk.statistics().filter(|s| !s.is_min_max_deprecated())?;
    match statistics {
        Statistics::Int32(of) => Some((i128::from(*of.min_opt()?), i128::from(*of.max_opt()?))),
        Statistics::Int64(of) => Some((i128::from(*of.min_opt()?), i128::from(*of.max_opt()?))),
        Statistics::FixedLenByteArray(of) => {
            Some((whole(of.min_opt()?.data())?, whole(of.max_opt()?.data())?))
        }
        _ => None,
    }
}

/// A whole number from its bytes, the highest first.
fn whole(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let missing = 16_usize.checked_sub(bytes.len())?;
    let mut all = [sign; 16];
    all.get_mut(missing..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}
