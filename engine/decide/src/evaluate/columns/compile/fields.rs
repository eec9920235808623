//! Fields: bound to the columns of the data.

use super::super::kernels::expand;
use super::super::program::{Array, CodesColumn, Compiled, Full, Instruction, NO_PLACE, Repr};
use super::tables::plain_repr;
use super::{Compiler, NO_BOUNDS, out};
use logis_data::{Bits, Cells, Shared};
use logis_language::pack::schema::EntityId;
use logis_language::plan::ir::NodeId;
use logis_language::value::{Type, Value};

/// Up to this number of rows, a column is brought to the program's form whole, so that rows of other tables
/// find their values there; beyond, block by block.
const FEW: usize = 1 << 16;

impl Compiler<'_> {
    /// Binds a field to its column; its rows too, if they are there whole.
    pub(super) fn field(&mut self, id: NodeId, entity: EntityId) -> (Compiled, Option<Full>) {
        let Some(column) = self.context.column(id) else { return (self.without_column(id, entity), None) };
        let left = left_over(column.known());
        // Columns of the data are bound as they are where their form is the program's; the others are
        // brought to it here if they are short, else block by block.
        let mut bounds = NO_BOUNDS;
        let compiled = |instruction, repr, bounds| Compiled { instruction, repr, bounds, entity };
        let (repr, array) = match column.cells() {
            Cells::Bool(bits) if bits.len() <= FEW => {
                let mut bytes = Vec::new();
                expand(bits, 0..bits.len(), &mut bytes);
                (Repr::Bool, Array::Bool(bytes.into()))
            }
            Cells::Bool(bits) => {
                return (compiled(Instruction::Bits(bits.clone(), left), Repr::Bool, NO_BOUNDS), None);
            }
            Cells::Number { units, decimals } => {
                let Some(d) = 10_i64.checked_pow(*decimals) else { return (out(entity), None) };
                let (low, high) = column.extremes().unwrap_or((0, 0));
                // Zero lies within all bounds: it is what a row left over holds.
                bounds = (i128::from(low.min(0)), i128::from(high.max(0)));
                (Repr::Number(d), Array::Number(units.clone()))
            }
            Cells::Date(days) => (Repr::Date, Array::Date(days.clone())),
            Cells::Text { codes, dictionary } => {
                let numbers: Vec<u32> = dictionary.iter().map(|t| self.texts.number(t)).collect();
                let same = (0..).zip(&numbers).all(|(place, &number)| place == number);
                if !same && codes.len() <= FEW {
                    let number = |&c: &u32| numbers.get(c as usize).copied().unwrap_or(NO_PLACE);
                    let texts = Array::Text(codes.iter().map(number).collect());
                    let full = Full { array: texts, left };
                    return (compiled(Instruction::Full, Repr::Text, NO_BOUNDS), Some(full));
                }
                if !same {
                    let instruction = Instruction::Texts(codes.clone(), numbers.into(), left);
                    return (compiled(instruction, Repr::Text, NO_BOUNDS), None);
                }
                (Repr::Text, Array::Text(codes.clone()))
            }
            Cells::Codes { offsets, codes, dictionary } => {
                let numbers: Vec<u32> = dictionary.iter().map(|t| self.texts.number(t)).collect();
                let number = |&c: &u32| numbers.get(c as usize).copied().unwrap_or(NO_PLACE);
                let codes = codes.iter().map(number).collect();
                self.codes.insert(id, CodesColumn { offsets: offsets.clone(), codes, left });
                return (out(entity), None);
            }
        };
        (compiled(Instruction::Full, repr, bounds), Some(Full { array, left }))
    }
}

impl Compiler<'_> {
    /// A field whose column the data lack: a constant, or no code on any row, if the field says what an empty cell is; else
    /// what every row lacks, so that what is settled without it stays in the columns.
    fn without_column(&mut self, id: NodeId, entity: EntityId) -> Compiled {
        let value = self.context.value_without_column(id);
        let ty = self.context.plan.node(id).map(|node| &node.ty);
        let compiled = match (&value, ty) {
            (Some(Value::List(_)), _) | (None, Some(Type::List(_))) => {
                let rows = usize::try_from(self.context.rows_of(entity)).unwrap_or(0);
                let left = if value.is_none() { vec![1; rows].into() } else { Shared::default() };
                let none = CodesColumn { offsets: vec![0; rows + 1].into(), codes: Vec::new(), left };
                self.codes.insert(id, none);
                None
            }
            (Some(value), _) => self.literal(value),
            (None, ty) => ty.and_then(plain_repr).map(|repr| (Instruction::Nothing, repr, NO_BOUNDS)),
        };
        compiled.map_or_else(
            || out(entity),
            |(instruction, repr, bounds)| Compiled { instruction, repr, bounds, entity },
        )
    }
}

/// The marks of cells that are missing; empty if all are known.
fn left_over(known: Option<&Bits>) -> Shared<u8> {
    let Some(known) = known.filter(|k| k.zeros() > 0) else { return Shared::default() };
    let mut left = Vec::new();
    expand(known, 0..known.len(), &mut left);
    left.iter_mut().for_each(|l| *l ^= 1);
    left.into()
}
