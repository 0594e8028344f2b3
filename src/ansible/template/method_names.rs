//! The methods that Python gives each type of value, whether Ymir can call them or not.

use super::{objects::Object, value::Val};

const OF_TEXT: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];
const OF_LISTS: &[&str] = &[
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];
const OF_DICTS: &[&str] = &[
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];
const OF_NUMBERS: &[&str] = &[
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "conjugate",
    "from_bytes",
    "is_integer",
    "to_bytes",
];
const OF_DECIMALS: &[&str] = &["as_integer_ratio", "conjugate", "fromhex", "hex", "is_integer"];

/// The method of this name that the value's type has in Python.
pub(super) fn known(base: &Val, name: &str) -> Option<&'static str> {
    let names = match base {
        Val::Object(object) if matches!(object.as_ref(), Object::Range(_)) => &["count", "index"],
        Val::Object(object) => match object.as_ref() {
            Object::Loop(_) => &["changed", "cycle"],
            Object::Cycler { .. } => &["next", "reset"],
            Object::Moment(moment) => moment.methods(),
            Object::Span(_) => &["total_seconds"],
            _ => &[],
        },
        Val::Str(_) => OF_TEXT,
        Val::List(_) => OF_LISTS,
        Val::Tuple(_) => &["count", "index"],
        Val::Dict(_) => OF_DICTS,
        Val::Bool(_) | Val::Int(_) => OF_NUMBERS,
        Val::Float(_) => OF_DECIMALS,
        Val::None | Val::Omit | Val::Blank | Val::Missing(_) | Val::Lazy(_) => &[],
    };
    names.iter().find(|known| **known == name).copied()
}
