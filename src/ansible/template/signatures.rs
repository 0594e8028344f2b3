//! What the filters and tests of Ansible and Jinja2 can be given, beside the value itself.
//!
//! Python looks at all arguments of a call before the function looks at any of them, so a call that does not fit fails
//! for that, whatever else is wrong.

use std::{collections::HashMap, sync::LazyLock};

use super::{call::Args, fault::Outcome, value::Val};

/// The parameters of a filter: their names, with `?` where they may be absent, `*` for any number more, behind which are
/// names only, and `**` for any name. `None` where the filter looks for itself.
pub(super) fn of_filter(name: &str) -> Option<&'static str> {
    static BY_NAME: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let each = |(names, parameters): &(&'static str, &'static str)| {
            let parameters = *parameters;
            names.split_ascii_whitespace().map(move |name| (name, parameters))
        };
        FILTERS.iter().flat_map(each).collect()
    });
    BY_NAME.get(name).copied()
}

/// Filters, and what they can be given.
const FILTERS: &[(&str, &str)] = &[
    (
        "abs basename bool capitalize count dirname e escape expandvars expanduser fileglob \
         first forceescape from_yaml from_yaml_all items last length list lower md5 normpath \
         path_join pprint quote reverse safe splitext string striptags title type_debug upper \
         urlencode win_basename win_dirname win_splitdrive wordcount",
        "",
    ),
    ("attr", "name"),
    ("b64decode b64encode", "encoding? urlsafe?"),
    ("batch", "linecount fill_with?"),
    ("center", "width?"),
    ("checksum sha1", "hash_func?"),
    ("combinations", "r"),
    ("comment", "style? **"),
    ("d default", "default_value? boolean?"),
    ("dict2items items2dict", "key_name? value_name?"),
    ("dictsort", "case_sensitive? by? reverse?"),
    ("difference intersect symmetric_difference union", "b"),
    ("extract", "container morekeys?"),
    ("filesizeformat", "binary?"),
    ("flatten", "levels? skip_nulls?"),
    ("float", "default?"),
    ("groupby", "attribute default? case_sensitive?"),
    ("hash", "hashtype?"),
    ("human_readable", "isbits? unit?"),
    ("human_to_bytes", "default_unit? isbits?"),
    ("indent", "width? first? blank?"),
    ("int", "default? base?"),
    ("join", "d? attribute?"),
    ("log root", "base?"),
    ("mandatory", "msg?"),
    ("max min unique", "case_sensitive? attribute?"),
    ("password_hash", "hashtype? salt? salt_size? rounds? ident?"),
    ("permutations", "r?"),
    ("pow", "y"),
    ("random", "start? step? seed?"),
    ("regex_escape", "re_type?"),
    ("regex_findall", "regex multiline? ignorecase?"),
    ("regex_replace", "pattern? replacement? ignorecase? multiline? count? mandatory_count?"),
    ("reject rejectattr select selectattr", "* **"),
    ("rekey_on_member", "key duplicates?"),
    ("replace", "old new count?"),
    ("round", "precision? method?"),
    ("shuffle", "seed?"),
    ("slice", "slices fill_with?"),
    ("sort", "reverse? case_sensitive? attribute?"),
    ("strftime", "second? utc?"),
    ("subelements", "subelements skip_missing?"),
    ("sum", "attribute? start?"),
    ("ternary", "true_val false_val none_val?"),
    ("to_datetime", "format?"),
    ("to_uuid", "namespace?"),
    ("tojson", "indent?"),
    ("trim", "chars?"),
    ("truncate", "length? killwords? end? leeway?"),
    ("unvault", "secret vault_id?"),
    ("urldecode", "encoding? errors?"),
    ("urlsplit", "query? alias?"),
    ("vault", "secret salt? vault_id? wrap_object?"),
    ("product", "* repeat?"),
    ("split", "sep? maxsplit?"),
    ("zip", "*"),
    ("zip_longest", "* fillvalue?"),
    ("wordwrap", "width? break_long_words? wrapstring? break_on_hyphens?"),
    ("xmlattr", "autospace?"),
];

/// The parameters of a test, as [`of_filter`] has them.
pub(super) fn of_test(name: &str) -> Option<&'static str> {
    Some(match name {
        "!=" | "<" | "<=" | "==" | ">" | ">=" | "eq" | "equalto" | "ge" | "greaterthan" | "gt"
        | "le" | "lessthan" | "lt" | "ne" | "sameas" => "other",
        "contains" => "value",
        "divisibleby" => "num",
        "falsy" | "truthy" => "convert_bool?",
        "in" => "seq",
        "is_in" => "container",
        "issubset" | "issuperset" | "subset" | "superset" => "b",
        "is_same_file" | "same_file" => "f2",
        "match" | "search" => "pattern? ignorecase? multiline?",
        "regex" => "pattern? ignorecase? multiline? match_type?",
        "uri" | "url" => "schemes?",
        "version" | "version_compare" => "version operator? strict? version_type?",
        // Those of collections look for themselves.
        name if name.contains('.') => return None,
        _ => "",
    })
}

/// The parameters of a method that may look into what it is given or at; they have no names there.
pub(super) fn of_method(base: &Val, name: &str) -> Option<&'static str> {
    Some(match (base, name) {
        (Val::List(_) | Val::Dict(_), "clear" | "copy")
        | (Val::List(_), "reverse")
        | (Val::Dict(_), "items" | "keys" | "popitem" | "values") => "",
        (Val::List(_), "append" | "count" | "extend" | "remove")
        | (Val::Tuple(_), "count")
        | (Val::Str(_), "join") => "1",
        (Val::List(_) | Val::Tuple(_), "index") => "1 2? 3?",
        (Val::List(_), "insert") => "1 2",
        (Val::List(_), "pop") => "1?",
        (Val::Dict(_), "get" | "pop" | "setdefault") => "1 2?",
        _ => return None,
    })
}

/// Whether a call can be given these arguments.
pub(super) fn check(args: &Args, parameters: &str) -> Outcome<()> {
    let all: Vec<&str> = parameters.split_ascii_whitespace().collect();
    let places: Vec<&str> = all.iter().copied().take_while(|name| !name.contains('*')).collect();
    let taken = places.iter().take(args.positional.len());
    let twice = taken.map(|name| name.trim_end_matches('?')).find(|name| args.has_named(name));
    if let Some(name) = twice {
        return Err(Args::wrong(format!("got multiple values for argument '{name}'")));
    }
    let is_known = |name: &str| all.iter().any(|known| known.trim_end_matches('?') == name);
    let mut names = args.named.iter().filter(|_| !all.contains(&"**"));
    if let Some((name, _)) = names.find(|(name, _)| !is_known(name)) {
        return Err(Args::unexpected(name));
    }
    if args.positional.len() > places.len() && !all.contains(&"*") {
        return Err(Args::surplus());
    }
    let needed = places.iter().skip(args.positional.len()).filter(|name| !name.ends_with('?'));
    let mut missing = needed.filter(|name| !args.has_named(name));
    missing.next().map_or(Ok(()), |name| Err(Args::missing(name)))
}
