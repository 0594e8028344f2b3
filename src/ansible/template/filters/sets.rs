//! Filters that treat lists as sets. Ansible gives their results in no particular order; here it is the input's.

use std::{collections::HashSet, sync::Arc};

use super::{Filter, lists};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    meter, ops,
    tree::Binary,
    value::{Key, Val},
};

/// More results than anybody can mean.
const MOST: usize = 1_000_000;

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "union" => union,
        "intersect" => intersect,
        "difference" => difference,
        "symmetric_difference" => symmetric_difference,
        "product" => product,
        "permutations" => permutations,
        "combinations" => combinations,
        _ => return None,
    })
}

fn both(input: &Val, args: &mut Args) -> Outcome<(Vec<Val>, Vec<Val>)> {
    Ok((input.items()?, args.required("b")?.items()?))
}

fn filtered(items: Vec<Val>, others: &[Val], wanted: bool) -> Outcome<Vec<Val>> {
    let others = Val::list(others.to_vec());
    let mut kept = Vec::new();
    for item in items {
        if ops::contains(&others, &item)? == wanted {
            kept.push(item);
        }
    }
    lists::distinct(kept)
}

fn hashable(items: &[Val]) -> bool {
    items.iter().all(|item| Key::new(item.clone()).is_ok())
}

fn union(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let second = args.required("b")?;
    let (one, other) = (input.items()?, second.items()?);
    if !(hashable(&one) && hashable(&other)) {
        let all = ops::binary(Binary::Add, input, &second)?;
        return Ok(Val::list(lists::distinct(all.items()?)?));
    }
    Ok(Val::list(lists::distinct([one, other].concat())?))
}

fn intersect(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (one, other) = both(input, args)?;
    let hashed =
        |items: &[Val]| items.iter().cloned().map(Key::new).collect::<Outcome<HashSet<_>>>();
    // Of equal items of two sets, Python keeps that of the smaller one.
    Ok(Val::list(match (hashed(&one), hashed(&other)) {
        (Ok(own), Ok(theirs)) if theirs.len() <= own.len() => filtered(other, &one, true)?,
        _ => filtered(one, &other, true)?,
    }))
}

fn difference(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (one, other) = both(input, args)?;
    Ok(Val::list(filtered(one, &other, false)?))
}

fn symmetric_difference(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let second = args.required("b")?;
    let (one, other) = (input.items()?, second.items()?);
    if !(hashable(&one) && hashable(&other)) {
        let shared = Val::list(filtered(one, &other, true)?);
        let all = lists::distinct(ops::binary(Binary::Add, input, &second)?.items()?)?;
        let lone = |item: &Val| ops::contains(&shared, item).map(|is_shared| !is_shared);
        let mut kept = Vec::new();
        for item in all {
            kept.extend(lone(&item)?.then_some(item));
        }
        return Ok(Val::list(kept));
    }
    let (left, right) = (filtered(one.clone(), &other, false)?, filtered(other, &one, false)?);
    Ok(Val::list([left, right].concat()))
}

fn too_many() -> Faulty {
    Fault::new(format!("more than {MOST} combinations"))
}

fn product(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let named = args.take_named("repeat").map(|times| Args::of(vec![times]).number("repeat", 1));
    let repeat = usize::try_from(named.transpose()?.unwrap_or(1))
        .map_err(|_| Fault::new("repeat argument cannot be negative"))?;
    let others = std::mem::take(&mut args.positional);
    let lists = std::iter::once(input).chain(&others).map(Val::items);
    let lists = lists.collect::<Outcome<Vec<_>>>()?;
    meter::room_for_items(lists.len().saturating_mul(repeat))?;
    let lists = vec![lists; repeat].concat();
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    for list in lists {
        if rows.len().saturating_mul(list.len()) > MOST {
            return Err(too_many());
        }
        metered(rows.len() * list.len(), rows.first().map_or(0, Vec::len) + 1)?;
        let extended = |row: &Vec<Val>| {
            let row = row.clone();
            list.iter().map(move |item| [&row[..], std::slice::from_ref(item)].concat()).collect()
        };
        rows = rows.iter().flat_map(|row| -> Vec<Vec<Val>> { extended(row) }).collect();
    }
    Ok(Val::list(rows.into_iter().map(Val::tuple).collect()))
}

/// Counts rows of so many cells before they are made.
fn metered(rows: usize, cells: usize) -> Outcome<()> {
    meter::steps(rows.saturating_mul(cells));
    meter::items(rows.saturating_mul(cells), rows);
    meter::checked()
}

/// How many choices there are, at most one more than [`MOST`].
fn count_of_choices(count: usize, size: usize, ordered: bool) -> usize {
    // As many are left over by one choice as by another.
    let size = if ordered { size } else { size.min(count.saturating_sub(size)) };
    let mut found = 1_usize;
    for at in 0..size {
        found = found.saturating_mul(count - at);
        if !ordered {
            found /= at + 1;
        }
        if found > MOST {
            return MOST + 1;
        }
    }
    found
}

/// All choices of `size` places out of `count`, in order; with `ordered` each order is a choice of its own.
fn choices(count: usize, size: usize, ordered: bool) -> Outcome<Vec<Vec<usize>>> {
    if size > count {
        // Python makes room for so many places before it sees that there are not enough.
        let is_endless = size > usize::try_from(u32::MAX >> 6).unwrap_or(usize::MAX);
        return if is_endless {
            Err(Fault::new("the number is too large"))
        } else {
            Ok(Vec::new())
        };
    }
    let most = count_of_choices(count, size, ordered);
    if most > MOST {
        return Err(too_many());
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for length in 1..=size {
        metered(rows.len(), length)?;
        let mut next = Vec::new();
        // In order, enough must be left for the places to come.
        let last = if ordered { count } else { count - (size - length) };
        for row in &rows {
            let from = if ordered { 0 } else { row.last().map_or(0, |last| last + 1) };
            let fresh = (from..last).filter(|at| !row.contains(at));
            next.extend(fresh.map(|at| [&row[..], &[at]].concat()));
        }
        rows = next;
    }
    Ok(rows)
}

fn chosen(input: &Val, size: Option<usize>, ordered: bool) -> Outcome {
    let items = input.items()?;
    let rows = choices(items.len(), size.unwrap_or(items.len()), ordered)?;
    let row = |row: Vec<usize>| {
        Val::tuple(row.into_iter().map(|at| items[at].clone()).collect::<Vec<_>>())
    };
    Ok(Val::list(rows.into_iter().map(row).collect()))
}

fn permutations(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let size = args.int("r")?.map(usize::try_from).transpose();
    let size = size.map_err(|_| Fault::new("r must be non-negative"))?;
    chosen(input, size, true)
}

fn combinations(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let size = args.required("r").and_then(|size| Args::of(vec![size]).number("r", 0))?;
    let size = usize::try_from(size).map_err(|_| Fault::new("r must be non-negative"))?;
    chosen(input, Some(size), false)
}
