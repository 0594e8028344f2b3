//! Filters that make rows and columns of lists.

use std::sync::Arc;

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    meter,
    value::Val,
};

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
    // No row is ever as long as a size below one or a text, so all is one row.
    let wanted = super::numbers::number(&args.required("linecount")?);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    let size = wanted.filter(|size| size.fract() == 0.0 && *size > 0.0).map(|size| size as usize);
    let size = size.unwrap_or(usize::MAX);
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
    let mut rows: Vec<Val> = rows.collect();
    // A row of no length is full before the first item.
    if wanted == Some(0.0) && !rows.is_empty() {
        rows.insert(0, Val::list(Vec::new()));
    }
    Ok(Val::list(rows))
}

fn slice(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let count =
        args.required("slices").and_then(|count| Args::of(vec![count]).number("slices", 1))?;
    let is_zero = count == 0;
    // There are no columns below none.
    let count = usize::try_from(count).unwrap_or(0);
    let fill = args.take("fill_with").filter(|fill| !matches!(fill, Val::None));
    let items = input.iterate()?;
    meter::room_for_items(count)?;
    if is_zero {
        return Err(Fault::new("integer division or modulo by zero"));
    }
    if count == 0 {
        return Ok(Val::list(Vec::new()));
    }
    let (each, longer) = (items.len() / count, items.len() % count);
    let mut rest = items.into_iter();
    let columns = (0..count).map(|at| {
        let mut column: Vec<Val> = rest.by_ref().take(each + usize::from(at < longer)).collect();
        if let Some(fill) = fill.as_ref().filter(|_| at >= longer) {
            column.push(fill.clone());
        }
        Val::list(column)
    });
    Ok(Val::list(columns.collect()))
}

fn columns(input: &Val, args: &mut Args) -> Outcome<Vec<Vec<Val>>> {
    let others = std::mem::take(&mut args.positional);
    std::iter::once(input).chain(&others).map(Val::elements).collect()
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
    let count = columns.iter().map(Vec::len).min().unwrap_or(0);
    // Python takes items row by row until one list has none left.
    for at in 0..=count {
        for column in &columns {
            let Some(item) = column.get(at) else { break };
            item.clone().used()?;
        }
    }
    rows(&columns, count, &Val::None)
}

fn zip_longest(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let fill = args.take_named("fillvalue").unwrap_or(Val::None);
    let columns = columns(input, args)?;
    columns.iter().flatten().try_for_each(|item| item.clone().used().map(drop))?;
    rows(&columns, columns.iter().map(Vec::len).max().unwrap_or(0), &fill)
}
