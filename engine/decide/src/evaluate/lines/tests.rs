use super::*;

fn number(text: &str) -> Value {
    Value::Number(logis_language::value::parse_number(text).unwrap())
}

fn day(text: &str) -> Date {
    logis_language::value::parse_date(text).unwrap()
}

/// An income in cents: `0.9 * x >= 18 000` holds from 20 000.00 on.
#[test]
fn where_a_line_crosses_a_ceiling_is_solved() {
    let mut lines = Lines::default();
    let x = lines.begin(100, false, 1_000_000_000).unwrap();
    let part = lines.times(&x, 9, 10).unwrap();
    let apart = lines.difference(&part, &Form::Fixed(number("18000"))).unwrap();
    assert_eq!(apart.around(Comparison::AtLeast, 0), (Ordering::Less, None, Some(1_999_999)));
    assert_eq!(apart.around(Comparison::AtLeast, 2_000_000), (Ordering::Equal, Some(2_000_000), None));
    assert_eq!(apart.around(Comparison::Greater, 0), (Ordering::Less, None, Some(2_000_000)));
    assert_eq!(
        apart.around(Comparison::Equal, 2_000_000),
        (Ordering::Equal, Some(2_000_000), Some(2_000_000))
    );
    // The ceiling between two cents: 2/3 of a cent above 0.
    let apart = lines.difference(&Form::Fixed(number("1/150")), &Form::Moving(x)).unwrap();
    assert_eq!(apart.around(Comparison::Greater, 0), (Ordering::Greater, None, Some(0)));
    assert_eq!(apart.around(Comparison::Greater, 1), (Ordering::Less, Some(1), None));
}

/// Born on 29 February 1992: 25 years on 1 March 2017, not a day before.
#[test]
fn an_age_falls_by_steps_as_the_birth_is_later() {
    let mut lines = Lines::default();
    let birth = lines.begin(1, true, 3_000_000).unwrap();
    let today = Form::Fixed(Value::Date(day("2017-02-28")));
    let age = lines.elapsed(Builtin::AnneesEntre, &Form::Moving(birth), &today).unwrap();
    let at = |date: &str| lines.at(age.source, day_number(day(date)).into()).unwrap();
    assert_eq!((at("1992-02-28"), at("1992-02-29"), at("2018-03-01")), (25, 24, -1));
    assert!(!lines.rises(age.source));
}

/// The sum, the difference and the product at single values are what exact fractions give.
#[test]
fn lines_are_what_fractions_give() {
    let mut lines = Lines::default();
    let x = Form::Moving(lines.begin(100, false, 1_000_000).unwrap());
    let constants = ["3", "-0.5", "7/3", "0.01", "-12.34"];
    for (a, b) in constants.iter().flat_map(|a| constants.iter().map(move |b| (number(a), number(b)))) {
        let (Value::Number(p), Value::Number(q)) = (&a, &b) else { panic!() };
        let Form::Moving(line) = lines.sum(&x, &Form::Fixed(a.clone()), 1).unwrap() else { panic!() };
        let line = lines.times(&line, *q.numer(), *q.denom()).unwrap();
        let result = lines.sum(&line, &x, -1).unwrap();
        for n in [-1_000_000, -250, 0, 1, 99, 12_345] {
            let exact = Exact::new(n, 100);
            let expected = Value::Number((exact + p) * q - exact);
            let found = match &result {
                Form::Moving(line) => lines.value(line, n).unwrap(),
                Form::Fixed(value) => value.clone(),
                Form::Items(_) => panic!(),
            };
            assert_eq!(found, expected, "({n}/100 + {a}) * {b} - {n}/100");
        }
    }
}

/// Rounding, at values on both sides of a half and of zero.
#[test]
fn a_rounded_line_is_rounded_as_rules_round() {
    for how in [Rounding::Nearest, Rounding::Down, Rounding::Up] {
        for decimals in [0, 1, 2] {
            let mut lines = Lines::default();
            let x = lines.begin(1000, false, 1_000_000).unwrap();
            let Form::Moving(line) = lines.times(&x, -7, 3).unwrap() else { panic!() };
            let rounded = lines.rounded(line, how, decimals).unwrap();
            for n in -3000..3000 {
                let expected =
                    logis_language::value::round(&(Exact::new(n, 1000) * Exact::new(-7, 3)), decimals, how);
                let found = lines.value(&rounded, n).unwrap();
                assert_eq!(found, Value::Number(expected.unwrap()), "{how:?} of -7/3 of {n}/1000");
            }
        }
    }
}
