//! Changes of a JSON value drawn at random: what a damaged or a hostile file may hold.

use rand::{Rng, RngExt};
use serde_json::{Value, json};

/// Numbers at the edges of their types.
fn edges() -> [Value; 18] {
    [
        json!(0),
        json!(1),
        json!(-1),
        json!(60),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1_u64 << 63),
        json!(1_i64 << 60),
        json!((1_i64 << 60) + 1),
        json!(-(1_i64 << 60)),
        json!(1_i64 << 57),
        json!(1_i64 << 32),
        json!(u32::MAX),
        json!((1_i64 << 53) + 1),
        json!(1.5),
        json!(1e300),
        json!(-0.0),
    ]
}

/// The places of all values in a value, as JSON pointers.
pub fn places(value: &Value) -> Vec<String> {
    fn into(value: &Value, at: String, all: &mut Vec<String>) {
        match value {
            Value::Array(own) => own.iter().enumerate().for_each(|(i, v)| into(v, format!("{at}/{i}"), all)),
            Value::Object(own) => own.iter().for_each(|(key, v)| into(v, format!("{at}/{key}"), all)),
            _ => {}
        }
        all.push(at);
    }
    let mut all = Vec::new();
    into(value, String::new(), &mut all);
    all
}

/// One of them.
pub fn one_of<'t, T>(all: &'t [T], random: &mut impl Rng) -> &'t T {
    &all[random.random_range(0..all.len())]
}

/// Changes a value somewhere; `under` begins the places that may change.
pub fn mutate(value: &mut Value, under: &str, random: &mut impl Rng) {
    let places: Vec<String> = places(value).into_iter().filter(|at| at.starts_with(under)).collect();
    if places.is_empty() {
        return;
    }
    let other = value.pointer(one_of::<String>(&places, random)).cloned().unwrap_or_default();
    let Some(own) = value.pointer_mut(one_of::<String>(&places, random)) else { return };
    if random.random_ratio(1, 12) {
        *own = match random.random_range(0..7) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!([]),
            3 => json!({}),
            4 => json!([own.clone()]),
            5 => (0..200).fold(json!(0), |inside, _| json!([inside])),
            _ => other,
        };
        return;
    }
    match own {
        Value::Null => *own = other,
        Value::Bool(yes) => *yes = !*yes,
        Value::Number(number) => {
            let number = number.as_i64().unwrap_or(0);
            *own = match random.random_range(0..8) {
                0 => json!(number.wrapping_add(1)),
                1 => json!(number.wrapping_sub(1)),
                2 => json!(number.wrapping_neg()),
                3 => json!(number.wrapping_mul(2)),
                4 => json!(random.random_range(-5..100)),
                5 if other.is_number() => other,
                _ => one_of(&edges(), random).clone(),
            };
        }
        Value::String(text) => {
            *own = match random.random_range(0..4) {
                0 => json!(""),
                1 => json!(format!("{text}x")),
                2 if other.is_string() => other,
                _ => json!("nothing"),
            };
        }
        Value::Array(all) if all.is_empty() => all.push(other),
        Value::Array(all) => {
            let (a, b) = (random.random_range(0..all.len()), random.random_range(0..all.len()));
            match random.random_range(0..7) {
                0 => all.truncate(a),
                1 => all.swap(a, b),
                2 => all.push(all[a].clone()),
                3 => drop(all.remove(a)),
                4 => all.reverse(),
                5 => all.extend(vec![all[a].clone(); 1000]),
                _ => all[a] = other,
            }
        }
        Value::Object(all) => {
            let keys: Vec<String> = all.keys().cloned().collect();
            if keys.is_empty() || random.random_ratio(1, 4) {
                all.insert("note".to_string(), other);
                return;
            }
            let (a, b) = (one_of(&keys, random).clone(), one_of(&keys, random).clone());
            match random.random_range(0..3) {
                0 => drop(all.remove(&a)),
                1 => {
                    if let Some(value) = all.get(&b).cloned() {
                        all.insert(a, value);
                    }
                }
                _ => {
                    all.insert(a, other);
                }
            }
        }
    }
}
