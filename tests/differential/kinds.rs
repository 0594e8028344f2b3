//! Whether two failures have the same reason.

use serde_json::Value;

/// Why something fails, as far as both sides tell.
///
/// Lumped together as refused is all else: types and arguments that an operator, filter, test, lookup or method does not
/// take (Ansible shows the exception that Python happens to raise there), files that are not there, and what Ymir has
/// not, as docs/templates.md says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that is used is not there.
    Undefined,
    /// There is no such filter, test or lookup.
    Unknown,
    /// The text is no template.
    Syntax,
    /// Variables or macros need themselves.
    Endless,
    Refused,
}

/// Words by which Ymir's messages tell their kind.
const WORDS: &[(Kind, &[&str])] = &[
    (Kind::Unknown, &["No filter named", "No test named", "The lookup plugin"]),
    // What is undefined is only the cause.
    (
        Kind::Refused,
        &[
            "must be of type",
            "unique failed",
            "can't interpret the input",
            "has no len()",
            "requires string as left operand",
            "format: an integer is required",
        ],
    ),
    // Macros and blocks that ask for themselves without end meet Ymir's bound, which is told by its number, where they meet
    // Python's, which Ansible tells as a loop: nobody can know that they would never end.
    (Kind::Endless, &["Recursive loop detected", "blocks and macros are more than"]),
    (Kind::Syntax, &["Syntax error in template"]),
    (
        Kind::Undefined,
        &[
            "is undefined",
            "object of type '",
            "object has no element",
            "sequence was empty",
            "No variable named",
            // Ansible has the same words; without them here, they would pass for a refusal.
            "there is no previous item",
            "there is no next item",
            "No caller defined",
            "was not provided",
            "Mandatory variable has not been overridden",
            "is not set.",
        ],
    ),
];

impl Kind {
    /// The kind that the oracle names.
    fn named(name: &str) -> Self {
        match name {
            "undefined" => Self::Undefined,
            "unknown" => Self::Unknown,
            "syntax" => Self::Syntax,
            "endless" => Self::Endless,
            "refused" => Self::Refused,
            other => panic!("the oracle names the kind {other}"),
        }
    }

    /// The kind of a failure of Ymir.
    fn told(message: &str) -> Self {
        let says = |(_, words): &&(Self, &[&str])| words.iter().any(|word| message.contains(word));
        WORDS.iter().find(says).map_or(Self::Refused, |(kind, _)| *kind)
    }
}

/// Whether Ymir fails for the reason of the oracle's answer, and names what is missing or unknown.
pub(crate) fn same_reason(theirs: &Value, ours: &str) -> bool {
    let said = |key: &str| theirs[key].as_str().unwrap_or_else(|| panic!("no {key} in {theirs}"));
    let reason = said("reason").trim_end_matches('.');
    match Kind::named(said("kind")) {
        // Python's operators tell of a type where Ymir tells what is missing: `'a' + gone` is no sum of text and a marker.
        Kind::Refused
            if ["Marker\"", "Marker' object"].iter().any(|words| reason.contains(words)) =>
        {
            matches!(Kind::told(ours), Kind::Undefined | Kind::Refused)
        }
        // Ansible names the source there, and says in warnings only what is wrong with it.
        Kind::Refused if reason.starts_with("Completely failed to parse inventory source") => true,
        // What `undef(hint=…)` says has words of its own.
        Kind::Undefined if ours.contains(reason) => true,
        kind => Kind::told(ours) == kind && ours.contains(missing(kind, reason)),
    }
}

/// What is missing, without the words about what it is missing in: Python's names for types differ from Ymir's.
fn missing(kind: Kind, reason: &str) -> &str {
    let after = |words| reason.split_once(words).map(|(_, name)| name);
    match kind {
        // At run time Jinja2 has one more word; text that is `safe` has a type of its own there.
        Kind::Unknown if reason.contains("Markup(") => "",
        Kind::Unknown => reason.trim_end_matches(" found"),
        // Python shows a method that is no key with its address, which is another one each time, or with the type that
        // Ansible's insides have given its owner.
        Kind::Undefined
            if ["<built-in method", "<bound method"].iter().any(|words| reason.contains(words)) =>
        {
            " has no attribute <"
        }
        Kind::Undefined => {
            after(" has no attribute ").or_else(|| after(" has no element ")).unwrap_or(reason)
        }
        Kind::Syntax | Kind::Endless | Kind::Refused => "",
    }
}
