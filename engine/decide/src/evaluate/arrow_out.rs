//! Decisions as Arrow arrays: one column a rule, an unknown or an error is null.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{
    Array as _, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::columns::{Array, Certain};
use super::{DecisionColumn, Decisions, Outcome};
use logis_data::{Ids, decimal_digits};
use logis_language::plan::Plan;
use logis_language::value::{Date, Exact, Type, Value, days_between, finite_decimals, mul, power_of_ten};

/// Decimals of a number that has no finite ones, or whose rule has no columnar form.
pub(crate) const MOST_DECIMALS: u32 = 18;

/// Digits that every number fits in.
pub(crate) const MOST_DIGITS: u8 = 38;

impl Decisions {
    /// A batch with the identifiers of the rows first, then one column for each selected rule:
    /// Boolean, Decimal128, Date32 or Utf8; what is not decided is null.
    ///
    /// Numbers have the decimals of `like`, if given, or are Int64 as there: the batches of one file agree. Otherwise
    /// they have those of the rule's unit. They have 18 digits, which files hold in 8 bytes; 38 where that is too few.
    ///
    /// # Errors
    /// The identifiers are not as many as the rows; a number is not whole where `like` has integers, or too large.
    pub fn to_record_batch(
        &self,
        plan: &Plan,
        ids: &Ids,
        like: Option<&Schema>,
    ) -> Result<RecordBatch, ArrowError> {
        let entity = plan.parsed.schema.entities.get(plan.entity);
        let key = entity.map_or("", |e| e.key.as_str());
        let mut fields = vec![Field::new(key, DataType::Utf8, true)];
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(texts(ids)?)];
        for ((name, column), (_, node)) in self.names.iter().zip(&self.columns).zip(&plan.selected) {
            let ty = plan.node(*node).map_or(Type::Bool, |n| n.ty.clone());
            // Parts of one file have the decimals of the first.
            let like = like.and_then(|s| Some(s.field_with_name(name).ok()?.data_type()));
            let array = match like {
                Some(DataType::Int64) => column.to_integers(name)?,
                Some(DataType::Decimal128(digits, scale)) => {
                    column.to_array(&ty, Some((*digits, u32::try_from(*scale).unwrap_or(0))))?
                }
                _ => column.to_array(&ty, None)?,
            };
            fields.push(Field::new(name, array.data_type().clone(), true));
            arrays.push(array);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
    }

    /// Can columns like these hold the outcomes exactly? Parts of one file, each decided by plans of several dates,
    /// may count in other units than the part that the file began with; and numbers may be larger than in that part.
    pub fn fits(&self, like: &Schema) -> bool {
        self.names.iter().zip(&self.columns).all(|(name, column)| {
            match like.field_with_name(name).map(Field::data_type) {
                Ok(DataType::Decimal128(digits, scale)) => {
                    let decimals = u32::try_from(*scale).unwrap_or(0);
                    let unit = column.by_plan.is_none() || column.decimals() <= decimals;
                    unit && column.digits(decimals) <= *digits
                }
                _ => true,
            }
        })
    }
}

impl DecisionColumn {
    /// Which rows are decided: by columns, or row by row; `None` if all are, as Arrow keeps no bitmap then.
    fn nulls(&self, odd: &[(usize, Value)]) -> Option<NullBuffer> {
        let mut known: Vec<bool> = match &self.certain {
            None => vec![false; self.rows],
            Some(certain) if certain.full.left.is_empty() => return None,
            Some(certain) => certain.full.left.iter().map(|&l| l == 0).collect(),
        };
        for (row, _) in odd {
            if let Some(known) = known.get_mut(*row) {
                *known = true;
            }
        }
        let nulls = NullBuffer::from(known);
        (nulls.null_count() > 0).then_some(nulls)
    }

    /// The outcomes as an array; `ty` is the type of the rule, `number` the digits of numbers and how many of them are
    /// decimals, if given.
    fn to_array(&self, ty: &Type, number: Option<(u8, u32)>) -> Result<ArrayRef, ArrowError> {
        let odd: Vec<(usize, Value)> = match &self.by_plan {
            // The plans may count in different units: each value is taken by itself.
            Some(_) => (0..self.rows).filter_map(|row| Some((row, self.value(row)?))).collect(),
            None => {
                let known =
                    self.odd.iter().filter_map(|(row, outcome)| Some((*row, outcome.value()?.clone())));
                known.collect()
            }
        };
        let nulls = self.nulls(&odd);
        let certain = self.certain.as_ref();
        let array = certain.map(|c| &c.full.array);
        Ok(match ty {
            Type::Bool => {
                if let (Some(Array::Bool(values)), []) = (array, odd.as_slice()) {
                    let bits = BooleanBuffer::collect_bool(values.len(), |row| {
                        values.get(row).is_some_and(|&value| value != 0)
                    });
                    return Ok(Arc::new(BooleanArray::new(bits, nulls)));
                }
                let mut bits: Vec<bool> = match array {
                    Some(Array::Bool(values)) => values.iter().map(|&b| b != 0).collect(),
                    _ => vec![false; self.rows],
                };
                put(&mut bits, &odd, |value| match value {
                    Value::Bool(b) => Some(*b),
                    _ => None,
                });
                Arc::new(BooleanArray::new(BooleanBuffer::from(bits), nulls))
            }
            Type::Number => {
                let (digits, decimals) = number.unwrap_or_else(|| {
                    let decimals = self.decimals();
                    (self.digits(decimals), decimals)
                });
                let mut units = self.decimal_units(certain, decimals);
                let unit = Exact::from_integer(power_of_ten(decimals).unwrap_or(1));
                put(&mut units, &odd, |value| match value {
                    Value::Number(n) => Some((n * unit).round().to_integer()),
                    _ => None,
                });
                let scale = i8::try_from(decimals).unwrap_or(18);
                Arc::new(
                    Decimal128Array::try_new(ScalarBuffer::from(units), nulls)?
                        .with_precision_and_scale(digits, scale)?,
                )
            }
            Type::Date => {
                let mut days: Vec<i32> = match array {
                    Some(Array::Date(values)) => values.to_vec(),
                    _ => vec![0; self.rows],
                };
                put(&mut days, &odd, |value| match value {
                    Value::Date(d) => i32::try_from(days_between(Date::constant(1970, 1, 1), *d)).ok(),
                    _ => None,
                });
                Arc::new(Date32Array::try_new(ScalarBuffer::from(days), nulls)?)
            }
            Type::Text(_) | Type::List(_) => Arc::new(
                (0..self.rows).map(|row| self.value(row).map(|v| v.to_string())).collect::<StringArray>(),
            ),
        })
    }

    /// Whole numbers as Int64.
    fn to_integers(&self, name: &str) -> Result<ArrayRef, ArrowError> {
        let wrong =
            || ArrowError::CastError(format!("`{name}`: un résultat n'est pas un nombre entier de 64 bits"));
        if !self.has_decimals(0) {
            return Err(wrong());
        }
        let decimals = self.to_array(&Type::Number, Some((MOST_DIGITS, 0)))?;
        let units = decimals.as_primitive_opt::<Decimal128Type>().ok_or_else(wrong)?;
        let integers = units.values().iter().map(|n| i64::try_from(*n)).collect::<Result<Vec<i64>, _>>();
        let integers = integers.map_err(|_| wrong())?;
        Ok(Arc::new(Int64Array::try_new(ScalarBuffer::from(integers), units.nulls().cloned())?))
    }

    /// Has no number of it more than so many decimals?
    pub(crate) fn has_decimals(&self, decimals: u32) -> bool {
        if let Some(by_plan) = &self.by_plan {
            return by_plan.columns.iter().all(|column| column.has_decimals(decimals));
        }
        let unit = power_of_ten(decimals).unwrap_or(1);
        let odd = |outcome: &Outcome| match outcome {
            Outcome::Known(Value::Number(n)) => {
                mul(n, &Exact::from_integer(unit)).is_ok_and(|units| units.is_integer())
            }
            _ => true,
        };
        let certain = match self.certain.as_ref().map(|c| (&c.full.array, i128::from(c.denominator))) {
            Some((Array::Number(units), denominator)) if unit % denominator != 0 => {
                units.iter().all(|n| i128::from(*n) * unit % denominator == 0)
            }
            _ => true,
        };
        certain && self.odd.values().all(odd)
    }

    /// Decimals of the unit that it counts in: of several plans, the most.
    fn decimals(&self) -> u32 {
        match &self.by_plan {
            Some(by_plan) => by_plan.columns.iter().map(DecisionColumn::decimals).max().unwrap_or(0),
            None => decimals_of(self.certain.as_ref()),
        }
    }

    /// How many digits numbers of so many decimals are held in: see [`decimal_digits`].
    fn digits(&self, decimals: u32) -> u8 {
        let unit = power_of_ten(decimals).unwrap_or(1).unsigned_abs();
        let certain = match self.certain.as_ref().map(|c| (&c.full.array, c.denominator)) {
            Some((Array::Number(units), denominator)) => {
                let most = units.iter().map(|n| n.unsigned_abs()).fold(0, u64::max);
                u128::from(most) * unit / u128::from(denominator.unsigned_abs()).max(1)
            }
            _ => 0,
        };
        let number = |value: &Value| match value {
            // What does not fit in so many decimals fits in few digits no more.
            Value::Number(n) => Some(
                mul(n, &Exact::from_integer(unit.cast_signed()))
                    .map_or(u128::MAX, |n| n.round().to_integer().unsigned_abs()),
            ),
            _ => None,
        };
        let others: Option<u128> = match &self.by_plan {
            Some(_) => (0..self.rows).filter_map(|row| number(&self.value(row)?)).max(),
            None => self.odd.values().filter_map(|outcome| number(outcome.value()?)).max(),
        };
        decimal_digits(decimals, certain.max(others.unwrap_or(0)))
    }

    /// The certain numbers as counts of ten to the power of minus `decimals`, rounded if they have more.
    fn decimal_units(&self, certain: Option<&Certain>, decimals: u32) -> Vec<i128> {
        let Some((Array::Number(units), denominator)) = certain.map(|c| (&c.full.array, c.denominator))
        else {
            return vec![0; self.rows];
        };
        let (denominator, unit) = (i128::from(denominator), power_of_ten(decimals).unwrap_or(1));
        // Mostly the column's unit goes into the decimal one a whole number of times: then nothing is divided by row.
        if unit % denominator == 0 {
            let times = unit / denominator;
            // Mostly all products fit 64 bits, as the smallest and the largest do.
            let (low, high) =
                units.iter().fold((0, 0), |(low, high): (i64, i64), &n| (low.min(n), high.max(n)));
            if let Ok(times) = i64::try_from(times)
                && low.checked_mul(times).is_some()
                && high.checked_mul(times).is_some()
            {
                return units.iter().map(|n| i128::from(n.wrapping_mul(times))).collect();
            }
            return units.iter().map(|&n| i128::from(n) * times).collect();
        }
        let rounded = |&n: &i64| Exact::new(i128::from(n) * unit, denominator).round().to_integer();
        units.iter().map(rounded).collect()
    }
}

/// Identifiers as an array: their texts stand one behind the other already.
fn texts(ids: &Ids) -> Result<StringArray, ArrowError> {
    let (texts, ends) = ids.packed();
    let offsets = std::iter::once(Ok(0)).chain(ends.iter().map(|end| i32::try_from(*end)));
    match offsets.collect::<Result<Vec<i32>, _>>() {
        Ok(offsets) => {
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            StringArray::try_new(offsets, Buffer::from(texts.as_bytes()), None)
        }
        Err(_) => Err(ArrowError::OffsetOverflowError(texts.len())),
    }
}

/// Decimals of the unit that a column counts in.
fn decimals_of(certain: Option<&Certain>) -> u32 {
    let finite = certain.and_then(|c| finite_decimals(i128::from(c.denominator)));
    finite.filter(|d| *d <= MOST_DECIMALS).unwrap_or(MOST_DECIMALS)
}

/// Puts the values of single rows in their places.
fn put<T>(all: &mut [T], odd: &[(usize, Value)], of: impl Fn(&Value) -> Option<T>) {
    for (row, value) in odd {
        if let (Some(slot), Some(value)) = (all.get_mut(*row), of(value)) {
            *slot = value;
        }
    }
}
