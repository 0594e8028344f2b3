//! What a tag makes of a node.

/// Tags that Ansible's configuration files may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// None.
    Plain,
    /// `!`: what it looks like, even in quotation marks.
    Unspecific,
    Null,
    Bool,
    Int,
    Float,
    Text,
    Timestamp,
    Merge,
    List,
    Map,
    Set,
    Pairs,
    Unsafe,
    Vault,
}

/// Bytes, which are of no use in a configuration: Ansible hands them to no module.
pub(super) const BINARY: &str = "tag:yaml.org,2002:binary";

/// The meaning of a tag as libyaml gives it, long form; `None` if Ansible does not know it.
pub(super) fn meaning(tag: Option<&str>) -> Option<Tag> {
    let Some(tag) = tag else { return Some(Tag::Plain) };
    let meaning = match tag {
        "!" => Tag::Unspecific,
        "!unsafe" => Tag::Unsafe,
        "!vault" | "!vault-encrypted" => Tag::Vault,
        _ => match tag.strip_prefix("tag:yaml.org,2002:")? {
            "null" => Tag::Null,
            "bool" => Tag::Bool,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "str" | "python/unicode" => Tag::Text,
            "timestamp" => Tag::Timestamp,
            "merge" => Tag::Merge,
            "seq" => Tag::List,
            "map" | "python/dict" => Tag::Map,
            "set" => Tag::Set,
            "omap" | "pairs" => Tag::Pairs,
            _ => return None,
        },
    };
    Some(meaning)
}
