use super::*;
use logis_language::plan::builtins::{Builtin, apply};
use logis_language::plan::ir::Arithmetic;
use logis_language::value::{add, div, mul};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    (-6_i128..7, 1_i128..4).prop_map(|(n, d)| Value::Number(Exact::new(n, d)))
}

/// A domain, and a value in it.
fn holding() -> impl Strategy<Value = (Domain, Value)> {
    let set = prop::collection::btree_set(value(), 1..4)
        .prop_flat_map(|s| (Just(s.clone()), prop::sample::select(s.into_iter().collect::<Vec<_>>())))
        .prop_map(|(s, v)| (Domain::of(s), v));
    let interval = (value(), value(), value(), any::<[bool; 4]>()).prop_map(|(a, b, c, flags)| {
        let mut sorted = [a, b, c];
        sorted.sort();
        let [low, inside, high] = sorted;
        let end = |v: &Value, bounded: bool, open: bool| bounded.then(|| (v.clone(), open && *v != inside));
        let domain =
            Domain::between(end(&low, flags[0], flags[1]), end(&high, flags[2], flags[3]), is_whole(&inside));
        (domain, inside)
    });
    prop_oneof![set, interval]
}

/// Every interval whose ends are whole numbers from -2 to 2, open, closed or none, of all numbers and
/// of whole ones, and every set of at most two of them; each with its members among the halves from
/// -3 to 3, found by the definition of an interval.
fn small_domains() -> Vec<(Domain, Vec<Exact>)> {
    let halves: Vec<Exact> = (-6..=6).map(|n| Exact::new(n, 2)).collect();
    let number = |n: i128| Value::Number(Exact::from_integer(n));
    let ends: Vec<Option<(i128, bool)>> =
        std::iter::once(None).chain((-2..=2).flat_map(|n| [Some((n, false)), Some((n, true))])).collect();
    let mut domains = Vec::new();
    for (low, high, whole) in ends
        .iter()
        .flat_map(|low| ends.iter().map(move |high| (low, high)))
        .flat_map(|(low, high)| [(low, high, false), (low, high, true)])
    {
        let member = |n: &Exact| {
            let above = low.is_none_or(|(l, open)| *n > l.into() || !open && *n == l.into());
            let below = high.is_none_or(|(h, open)| *n < h.into() || !open && *n == h.into());
            above && below && (!whole || n.is_integer())
        };
        let end = |end: &Option<(i128, bool)>| end.map(|(n, open)| (number(n), open));
        let domain = Domain::between(end(low), end(high), whole);
        domains.push((domain, halves.iter().copied().filter(member).collect()));
    }
    for (low, high) in (-2..=2).flat_map(|low| (low..=2).map(move |high| (low, high))) {
        let set = Domain::of([number(low), number(high)].into());
        domains.push((set, vec![low.into(), high.into()]));
    }
    domains
}

/// The four operations on every pair of small domains: no result of two members is lacking. A random
/// pair seldom has two ends at zero, of which one is open.
#[test]
fn no_result_of_small_domains_is_lacking() {
    use Arithmetic::*;
    let domains = small_domains();
    for ((a, of_a), (b, of_b)) in domains.iter().flat_map(|a| domains.iter().map(move |b| (a, b))) {
        for (op, exact) in
            [(Add, add as fn(&Exact, &Exact) -> _), (Subtract, sub), (Multiply, mul), (Divide, div)]
        {
            let domain = arithmetic(op, a, b);
            let mut results: Vec<Exact> =
                of_a.iter().flat_map(|x| of_b.iter().filter_map(move |y| exact(x, y).ok())).collect();
            results.sort_unstable();
            results.dedup();
            for result in results {
                assert!(
                    domain.may_be(&Value::Number(result)),
                    "{a:?} {op:?} {b:?} = {domain:?}, which lacks {result}"
                );
            }
        }
    }
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::*;
    prop::sample::select(vec![Equal, NotEqual, Less, AtMost, Greater, AtLeast])
}

proptest! {
    /// What two values of two domains give lies in what the domains give.
    #[test]
    fn an_operation_keeps_its_values((a, x) in holding(), (b, y) in holding(), op in comparison()) {
        use Arithmetic::*;
        prop_assert!(a.may_be(&x) && b.may_be(&y));
        let (Value::Number(m), Value::Number(n)) = (&x, &y) else { unreachable!() };
        for (op, result) in
            [(Add, add(m, n)), (Subtract, sub(m, n)), (Multiply, mul(m, n)), (Divide, div(m, n))]
        {
            if let Ok(result) = result {
                let domain = arithmetic(op, &a, &b);
                prop_assert!(domain.may_be(&Value::Number(result)), "{a:?} {op:?} {b:?} = {domain:?}");
            }
        }
        let holds = op.holds(x.cmp(&y));
        prop_assert!(compare(op, &a, &b).may_be(&Value::Bool(holds)));
        if holds {
            prop_assert!(a.narrowed(op, &b).may_be(&x), "{a:?} {op:?} {b:?}");
        }
        prop_assert!(a.or(&b).may_be(&x) && a.or(&b).may_be(&y));
        prop_assert!(!b.may_be(&x) || a.and(&b).may_be(&x));
        for (builtin, result) in [(Builtin::Max, x.clone().max(y.clone())), (Builtin::Min, x.min(y))] {
            prop_assert!(call(builtin, &[a.clone(), b.clone()]).may_be(&result));
        }
    }

    /// Rounding, and the totals of lists whose items and lengths are in bounds.
    #[test]
    fn a_function_keeps_its_values(
        (a, x) in holding(),
        items in prop::collection::vec(0_usize..2, 0..4),
        spare in 0_u64..2,
        bounded in any::<bool>(),
    ) {
        for how in [Rounding::Nearest, Rounding::Down, Rounding::Up] {
            let exact = apply(Builtin::Arrondi(how), std::slice::from_ref(&x)).unwrap();
            prop_assert!(call(Builtin::Arrondi(how), std::slice::from_ref(&a)).may_be(&exact));
        }
        let list: Vec<Value> = items.iter().map(|_| x.clone()).collect();
        let n = list.len() as u64;
        let domain = List(Box::new(a), n.saturating_sub(spare), bounded.then_some(n + spare));
        let list = Value::List(list.into());
        prop_assert!(domain.may_be(&list));
        for builtin in [Builtin::Somme, Builtin::Nombre, Builtin::Longueur] {
            let exact = apply(builtin, std::slice::from_ref(&list)).unwrap();
            let found = call(builtin, std::slice::from_ref(&domain));
            prop_assert!(found.may_be(&exact), "{builtin:?} {domain:?} = {found:?}, not {exact}");
        }
    }
}
