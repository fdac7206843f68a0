//! The columns of several rows as one array each, for PostgreSQL: a statement reads the same however many rows there are,
//! so it is parsed once for a connection and not once for each number of rows.

use sea_orm::{Value, sea_query::ArrayType};

/// Columns of rows, as parameters.
#[derive(Debug)]
pub(super) struct Arrays {
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    type_name: &'static str,
    array_type: ArrayType,
    /// Of every row; what is null is replaced.
    values: Vec<Value>,
    nulls: Nulls,
}

#[derive(Debug)]
enum Nulls {
    None,
    /// Which they are.
    Some(Vec<bool>),
    All,
}

impl Arrays {
    /// None: of no rows, or of a type that arrays are not made of here.
    pub(super) fn of(columns: impl IntoIterator<Item = Vec<Value>>) -> Option<Self> {
        let columns = columns.into_iter().map(Column::of);
        Some(Self {
            columns: columns.collect::<Option<_>>()?,
        })
    }

    /// `unnest(…)` of all of them, with parameters from this number on.
    pub(super) fn unnest(&self, first_parameter: usize) -> String {
        let mut parameter = first_parameter;
        let mut arrays = Vec::with_capacity(self.columns.len());
        let mut add = |type_name| {
            arrays.push(format!("${parameter}::{type_name}[]"));
            parameter += 1;
        };
        for column in &self.columns {
            if !matches!(column.nulls, Nulls::All) {
                add(column.type_name);
            }
            if matches!(column.nulls, Nulls::Some(_)) {
                add("bool");
            }
        }
        format!("unnest({})", arrays.join(", "))
    }

    /// What the arrays are called behind `AS table(…)`.
    pub(super) fn names(&self) -> String {
        let mut names = Vec::with_capacity(self.columns.len());
        for (place, column) in self.columns.iter().enumerate() {
            if !matches!(column.nulls, Nulls::All) {
                names.push(format!("v{place}"));
            }
            if matches!(column.nulls, Nulls::Some(_)) {
                names.push(format!("n{place}"));
            }
        }
        names.join(", ")
    }

    /// The value of each column in a row of `table`.
    pub(super) fn expressions(&self, table: &str) -> Vec<String> {
        let expression = |(place, column): (usize, &Column)| match column.nulls {
            Nulls::None => format!("{table}.v{place}"),
            Nulls::Some(_) => {
                format!("CASE WHEN {table}.n{place} THEN NULL ELSE {table}.v{place} END")
            }
            Nulls::All => format!("NULL::{}", column.type_name),
        };
        self.columns.iter().enumerate().map(expression).collect()
    }

    /// The parameters.
    pub(super) fn into_values(self) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.columns.len());
        for column in self.columns {
            let array = || Value::Array(column.array_type, Some(Box::new(column.values)));
            match column.nulls {
                Nulls::None => values.push(array()),
                Nulls::Some(nulls) => values.extend([array(), nulls.into()]),
                Nulls::All => {}
            }
        }
        values
    }
}

impl Column {
    fn of(mut values: Vec<Value>) -> Option<Self> {
        let array_type = values.first()?.array_type();
        let (type_name, instead) = element(&array_type)?;
        let nulls: Vec<bool> = values.iter().map(is_null).collect();
        let nulls = match nulls.iter().filter(|is_null| **is_null).count() {
            0 => Nulls::None,
            all if all == values.len() => Nulls::All,
            _ => {
                for (value, _) in values.iter_mut().zip(&nulls).filter(|(_, null)| **null) {
                    *value = instead.clone();
                }
                Nulls::Some(nulls)
            }
        };
        Some(Self {
            type_name,
            array_type,
            values,
            nulls,
        })
    }
}

/// Whether columns of that type can be given as arrays.
pub(super) fn is_known(value: &Value) -> bool {
    element(&value.array_type()).is_some()
}

fn is_null(value: &Value) -> bool {
    matches!(
        value,
        Value::Bool(None)
            | Value::SmallInt(None)
            | Value::Int(None)
            | Value::BigInt(None)
            | Value::String(None)
            | Value::Bytes(None)
    )
}

/// The database's name of a type, and what stands where a value is null.
fn element(array_type: &ArrayType) -> Option<(&'static str, Value)> {
    Some(match array_type {
        ArrayType::Bool => ("bool", false.into()),
        ArrayType::SmallInt => ("int2", 0_i16.into()),
        ArrayType::Int => ("int4", 0_i32.into()),
        ArrayType::BigInt => ("int8", 0_i64.into()),
        ArrayType::String => ("text", "".into()),
        ArrayType::Bytes => ("bytea", Vec::<u8>::new().into()),
        _ => return None,
    })
}

/// Names of tables and columns are ours and hold no quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_with_gaps_has_a_second_array_that_says_where_and_an_empty_one_has_none() {
        let ids: Vec<Value> = vec![1_i64.into(), 2_i64.into(), 3_i64.into()];
        let empty = vec![Value::Bytes(None), Value::Bytes(None), Value::Bytes(None)];
        let names: Vec<Value> = vec![
            "a".into(),
            Value::String(None),
            Value::String(Some("".into())),
        ];
        let arrays = Arrays::of([ids, empty, names]).unwrap();
        assert_eq!(
            arrays.unnest(4),
            "unnest($4::int8[], $5::text[], $6::bool[])"
        );
        assert_eq!(arrays.names(), "v0, v2, n2");
        assert_eq!(
            arrays.expressions("given"),
            [
                "given.v0",
                "NULL::bytea",
                "CASE WHEN given.n2 THEN NULL ELSE given.v2 END"
            ]
        );
        let values = arrays.into_values();
        assert_eq!(values[2], vec![false, true, false].into());
    }

    #[test]
    fn of_no_rows_or_of_types_that_are_not_known_there_are_no_arrays() {
        assert!(Arrays::of([Vec::new()]).is_none());
        assert!(Arrays::of([vec![Value::Double(Some(1.0))]]).is_none());
    }
}
