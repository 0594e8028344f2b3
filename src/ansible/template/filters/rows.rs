//! Filters that make rows and columns of lists.

use std::sync::Arc;

use super::Filter;
use crate::ansible::template::{call::Args, env::Env, fault::Outcome, meter, value::Val};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "batch" => batch,
        "slice" => slice,
        "zip" => zip,
        "zip_longest" => zip_longest,
        _ => return None,
    })
}

fn batch(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    // No row is ever as long as a size below one, so all is one row.
    let size = args.int("linecount")?.and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| *size > 0).unwrap_or(usize::MAX);
    let fill = args.take("fill_with").filter(|fill| !matches!(fill, Val::None));
    let items = input.iterate()?;
    if fill.is_some() && !items.is_empty() {
        meter::room_for_items(size)?;
    }
    let rows = items.chunks(size).map(|row| {
        let mut row = row.to_vec();
        if let Some(fill) = &fill {
            row.resize(size, fill.clone());
        }
        Val::list(row)
    });
    Ok(Val::list(rows.collect()))
}

fn slice(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let count = args.size("slices", 1)?.max(1);
    meter::room_for_items(count)?;
    let fill = args.take("fill_with").filter(|fill| !matches!(fill, Val::None));
    let items = input.iterate()?;
    let (each, longer) = (items.len() / count, items.len() % count);
    let mut rest = items.into_iter();
    let columns = (0..count).map(|at| {
        let mut column: Vec<Val> = rest.by_ref().take(each + usize::from(at < longer)).collect();
        if let Some(fill) = fill.as_ref().filter(|_| at >= longer && longer > 0) {
            column.push(fill.clone());
        }
        Val::list(column)
    });
    Ok(Val::list(columns.collect()))
}

fn columns(input: &Val, args: &mut Args) -> Outcome<Vec<Vec<Val>>> {
    let others = std::mem::take(&mut args.positional);
    std::iter::once(input).chain(&others).map(Val::iterate).collect()
}

fn rows(columns: &[Vec<Val>], count: usize, fill: &Val) -> Outcome {
    meter::room_for_items(columns.len().saturating_mul(count))?;
    let row = |at| {
        let cells = columns.iter().map(|column| column.get(at).unwrap_or(fill).clone());
        Val::tuple(cells.collect::<Vec<_>>())
    };
    Ok(Val::list((0..count).map(row).collect()))
}

fn zip(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let columns = columns(input, args)?;
    rows(&columns, columns.iter().map(Vec::len).min().unwrap_or(0), &Val::None)
}

fn zip_longest(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let fill = args.take_named("fillvalue").unwrap_or(Val::None);
    let columns = columns(input, args)?;
    rows(&columns, columns.iter().map(Vec::len).max().unwrap_or(0), &fill)
}
